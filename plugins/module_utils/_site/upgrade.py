# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an upgrade makes of the programs that a site has beside Kubernetes."""

from __future__ import annotations

import re
import typing as t

# They keep nothing, so that a version which does not run is left for the one before; and no address moves without them.
ADDRESSES = ("kube-vip", "kube-vip-cloud-provider")
# Of a version, or of an image's tag.
NUMBERS = re.compile(r"(?:^|:)v?(\d+(?:\.\d+)*)[^/:]*$")


class Wanted(t.TypedDict):
    """Hosts in the order of their turns, and what each is to have then: versions, or images, by program."""

    hosts: t.Sequence[str]
    versions: t.Mapping[str, str]


class Plan(t.TypedDict):
    """Names of programs by host, what is to be done in words, and what speaks against it."""

    due: dict[str, list[str]]
    summary: list[str]
    refusals: list[str]


def plan(
    wanted: t.Iterable[Wanted],
    facts: t.Mapping[str, t.Mapping[str, t.Any]],
    cluster: t.Mapping[str, t.Sequence[str]],
) -> Plan:
    """Compare what is wanted with what is there.

    C(facts) are those of M(metalstack.autonomous.site_facts) by host, C(cluster) the images that run on the cluster, by
    program. A program that is nowhere yet is for bootstrap to bring, but for those of addresses.
    """
    found: Plan = {"due": {}, "summary": [], "refusals": []}
    for host, name, version in _turns(wanted):
        present = list(cluster[name] if name in cluster else facts[host]["programs"].get(name, []))
        if present == [version] or (not present and name not in ADDRESSES):
            continue
        where = f"{name} on {'the cluster' if name in cluster else host}"
        found["due"].setdefault(host, []).append(name)
        found["summary"].append(f"upgrade {where} from {', '.join(present) or 'none'} to {version}")
        newer = [one for one in present if is_older(version, one)]
        if newer and name not in ADDRESSES:
            found["refusals"].append(
                f"{where}: has {', '.join(newer)}, the inventory asks for {version}, and no upgrade goes back -> ask"
                f" for {newer[-1]}; where the notes of its release say that an older version reads what it has"
                " written, the playbook bootstrap goes back"
            )
    return found


def _turns(wanted: t.Iterable[Wanted]) -> t.Iterator[tuple[str, str, str]]:
    for one in wanted:
        for host in one["hosts"]:
            for name, version in one["versions"].items():
                yield host, name, version


def is_older(one: str, other: str) -> bool:
    """Whether one is older than the other, as far as both tell: a digest tells nothing, C(v12) nothing of C(v12.4)."""
    numbers = [_numbers(version) for version in (one, other)]
    known = min(len(each) for each in numbers)
    return numbers[0][:known] < numbers[1][:known]


def _numbers(version: str) -> tuple[int, ...]:
    found = NUMBERS.search(version.partition("@")[0])
    return tuple(int(number) for number in found.group(1).split(".")) if found else ()
