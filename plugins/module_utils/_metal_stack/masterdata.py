# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a partition is described by at metal-stack's API, and what of it cannot be. Nobody is asked. Pure."""

from __future__ import annotations

import ipaddress
import typing as t

from .inputs import HEADSCALE, Network, overlap

Entry = t.Mapping[str, t.Any]
Masterdata = t.Mapping[str, t.Sequence[Entry]]

KINDS = ("sizes", "images", "networks", "filesystem_layouts", "size_reservations")
# What a partition may need of them, whoever defines it.
NEEDED = ("sizes", "images", "networks")


def complaints(partition: str, data: Masterdata, needs: t.Mapping[str, t.Sequence[str]], taken: Entry) -> list[str]:
    """What is wrong with a description by itself. partition: its id. taken: networks that others have, by a name."""
    found = []
    for kind in KINDS:
        ids = [str(one.get("id") or "") for one in data[kind]]
        found += [f"{kind}: an entry has no id" for one in ids if not one]
        found += [f"{kind}: {one} is there twice" for one in dict.fromkeys(ids) if one and ids.count(one) > 1]
    gone = {kind: {one.get("id") for one in data[kind] if one.get("state") == "absent"} for kind in NEEDED}
    found += [
        f"{kind}: {name} is removed, and the partition needs it -> leave it, or take it out of needs"
        for kind in NEEDED
        for name in needs[kind]
        if name in gone[kind]
    ]
    found += [
        f"networks: {one['id']} is of partition {one['partition']}, and this is {partition} -> describe it there"
        for one in _present(data["networks"])
        if one.get("partition") not in (None, "", partition)
    ]
    return found + _overlaps(data["networks"], taken)


def missing(
    data: Masterdata, needs: t.Mapping[str, t.Sequence[str]], known: t.Mapping[str, t.Collection[str]]
) -> list[str]:
    """What a partition needs and nobody defines. known: ids of each kind that the API has."""
    wanted: dict[str, dict[str, str]] = {kind: dict.fromkeys(needs[kind], "needs") for kind in NEEDED}
    for one in _present(data["size_reservations"]):
        if one.get("size"):
            wanted["sizes"].setdefault(one["size"], f"size reservation {one['id']}")
    for one in _present(data["filesystem_layouts"]):
        for size in (one.get("constraints") or {}).get("sizes") or []:
            wanted["sizes"].setdefault(size, f"filesystem layout {one['id']}")
    found = []
    for kind, names in wanted.items():
        defined = {one["id"] for one in _present(data[kind])} | set(known[kind])
        found += [
            f"{kind}: {name} is defined by nobody, and {by} {'name' if by == 'needs' else 'names'} it -> describe it in"
            f" {kind}, or take it out there"
            for name, by in names.items()
            if name not in defined
        ]
    return found


def _present(entries: t.Sequence[Entry]) -> list[Entry]:
    return [one for one in entries if one.get("state", "present") == "present" and one.get("id")]


def _overlaps(networks: t.Sequence[Entry], taken: Entry) -> list[str]:
    found, others = [], {}
    for name, text in {"headscale": HEADSCALE, **taken}.items():
        try:
            others[name] = ipaddress.ip_network(text)
        except ValueError as error:
            found.append(f"networks_taken: {name} is {text!r}, expected a network in CIDR notation: {error}")
    ours: list[tuple[str, Network]] = []
    for one in _present(networks):
        for text in one.get("prefixes") or []:
            try:
                ours.append((one["id"], ipaddress.ip_network(text)))
            except ValueError as error:
                found.append(f"networks: {one['id']} has {text!r}, expected a network in CIDR notation: {error}")
    found += [
        f"networks: {name} ({network}) and {other} ({there}) overlap -> give each a network of its own"
        for name, network in ours
        for other, there in others.items()
        if overlap(network, there)
    ]
    return found + [
        f"networks: {name} ({network}) and {other} ({there}) overlap -> give each a network of its own"
        for place, (name, network) in enumerate(ours)
        for other, there in ours[place + 1 :]
        if overlap(network, there)
    ]
