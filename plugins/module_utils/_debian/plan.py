# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to be done with the packages of a site's hosts, and what speaks against it. Pure."""

from __future__ import annotations

import typing as t

Found = t.Mapping[str, t.Any]


def _listed(packages: t.Iterable[t.Mapping[str, str]]) -> str:
    return ", ".join(f"{package['name']} from {package['from']} to {package['to']}" for package in packages)


def reasons(found: Found, policy: str) -> list[str]:
    """Why a host is to be rebooted, under the policy C(needed), C(never) or C(always)."""
    if policy == "never":
        return []
    why = [*found["reboot"], *found["reboot_expected"]]
    return why or (["that is asked for"] if policy == "always" else [])


def work(found: Found, policy: str) -> str:
    """What is to be done on a host, in one line; empty if nothing is."""
    why = reasons(found, policy)
    parts = (
        ("update ", _listed(found["packages"])),
        ("add ", ", ".join(found["added"])),
        ("finish ", ", ".join(found["unfinished"])),
        ("reboot, because ", "; ".join(why)),
    )
    return ", ".join(verb + what for verb, what in parts if what)


def _refusals(name: str, found: Found, policy: str, controller: str) -> t.Iterator[str]:
    if found["removals"]:
        yield (
            f"{name}: {', '.join(found['removals'])} would be removed by these updates -> decide that on the host, or"
            " hold what asks for it with apt-mark"
        )
    # One that needs none yet may need one once its packages are there.
    may_reboot = policy == "always" or (policy == "needed" and work(found, policy))
    if may_reboot and controller and found["boot_id"].strip() == controller.strip():
        yield (
            f"{name}: this run is on the very machine that it may reboot, and would end half-way -> run it from"
            " another place; or without reboots (patch_hosts_reboot=never); or, if it may end there and is run again"
            " afterwards, with patch_hosts_reboot_controller=true"
        )


def _notes(name: str, found: Found, policy: str) -> t.Iterator[str]:
    if found["held"]:
        yield f"{name}: {', '.join(found['held'])} stays as it is, held by apt-mark"
    if found["kept"]:
        yield f"{name}: {', '.join(found['kept'])} can't become newer -> see apt-get dist-upgrade on the host"
    if policy == "never" and found["reboot"] + found["reboot_expected"]:
        yield f"{name}: stays in need of a reboot: {'; '.join([*found['reboot'], *found['reboot_expected']])}"


def plan(found: t.Mapping[str, Found], policy: str, controller: str = "") -> dict[str, t.Any]:
    """For all hosts, by name. C(controller) is the boot id of the machine that must not be rebooted."""
    return {
        "work": {name: work(host, policy) for name, host in found.items()},
        "reboots": {name: bool(reasons(host, policy)) for name, host in found.items()},
        "refusals": [text for name, host in found.items() for text in _refusals(name, host, policy, controller)],
        "notes": [text for name, host in found.items() for text in _notes(name, host, policy)],
    }
