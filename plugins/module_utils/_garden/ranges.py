# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The networks of a garden: that they are some, and have nothing in common with each other or with others. Pure."""

from __future__ import annotations

import ipaddress
import itertools
import typing as t

from .._metal_stack.inputs import overlap

Given = t.Mapping[str, t.Any]
Network = t.Union[ipaddress.IPv4Network, ipaddress.IPv6Network]  # noqa: UP007

OWN = ("nodes", "pods", "services", "virtual_services")
# A cluster has one range of Services of a family (validateVirtualCluster of Gardener).
MOST_SERVICES = 2


class Named(t.NamedTuple):
    """group: networks of one are parts of the same, and may not overlap those of another. name: is told."""

    group: str
    name: str
    network: Network


def mistakes(given: Given) -> list[str]:
    """What is wrong with the networks of a garden."""
    found: list[str] = []
    known: list[Named] = []
    for option in OWN:
        known += _read(option, f"garden.{option}", given[option], found)
    for name, text in given["taken_networks"].items():
        known += _read(f"taken {name}", f"garden.taken_networks.{name}", [text], found)
    for one in given["others"]:
        known += _read(f"other {one['name']}", f"networks of garden.others {one['name']}", one["networks"], found)
    return found + _services(given["virtual_services"]) + _overlaps(known)


def _read(group: str, name: str, texts: t.Sequence[str], wrong: list[str]) -> list[Named]:
    found = []
    for text in texts:
        try:
            found.append(Named(group, name, ipaddress.ip_network(str(text))))
        except ValueError as error:
            wrong.append(f"{name} has {text!r}, expected a network in CIDR notation: {error}")
    return found


def _services(texts: t.Sequence[str]) -> list[str]:
    families = ["6" if ":" in str(one) else "4" for one in texts]
    if len(families) > MOST_SERVICES or len(families) != len(set(families)):
        return [f"garden.virtual_services has {', '.join(texts)}, expected one network, or one of each family"]
    return []


def _overlaps(known: t.Sequence[Named]) -> list[str]:
    """Those of others are compared with ours alone."""
    return [
        f"{one.name} {one.network} and {other.name} {other.network} overlap -> give each a network of its own"
        for one, other in itertools.combinations(known, 2)
        if one.group != other.group
        and (one.group in OWN or other.group in OWN)
        and _matters(one, other)
        and overlap(one.network, other.network)
    ]


def _matters(one: Named, other: Named) -> bool:
    """A range that somebody else has taken counts for the virtual garden alone: the cluster below is there already."""
    foreign = [each for each in (one, other) if each.group not in OWN]
    return not foreign or "virtual_services" in (one.group, other.group)


def outside(address: str, networks: t.Sequence[str]) -> bool:
    """Whether an address, or a network, is in none of these of its family; False where there are none of it."""
    found = ipaddress.ip_network(address, strict=False)
    same = [each for each in map(ipaddress.ip_network, networks) if each.version == found.version]
    return bool(same) and not any(found.subnet_of(each) for each in same)  # type: ignore[arg-type]
