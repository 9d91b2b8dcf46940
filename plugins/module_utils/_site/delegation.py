# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Offline check 38: zones that are there twice, that no name server serves, or that nobody could find."""

from __future__ import annotations

import typing as t
from collections import defaultdict

from . import zones
from .finding import Finding
from .model import Site
from .zones import Zone

GLUE = "a name server elsewhere, or the address (A, AAAA) of this one among the records of the zone above"


def check(site: Site) -> t.Iterator[Finding]:
    """Yield what is wrong with the zones of a site that serves some."""
    if not site.dns_servers:
        return
    findings: list[Finding] = []
    found = zones.read(site, findings)
    yield from findings
    yield from _twice(found)
    yield from _unserved(found)
    yield from _lost(found)
    for zone in found:
        yield from _delegations(zone, {each.name for each in found})


def _twice(found: t.Sequence[Zone]) -> t.Iterator[Finding]:
    where: dict[str, list[str]] = defaultdict(list, {zones.CATALOG: ["the catalog of the zones"]})
    for zone in found:
        where[zone.name].append(zone.variable)
    for name, variables in where.items():
        if len(variables) > 1:
            yield Finding(
                "V38",
                variables[-1],
                f"{name} is also {', '.join(variables[:-1])}",
                "a name of its own for every zone",
                "Remove one of them; records of the initial zone go into site_dns_records.",
            )


def _unserved(found: t.Sequence[Zone]) -> t.Iterator[Finding]:
    for zone in found:
        if zone.whole and not zone.servers_of(zone.name):
            yield Finding(
                "V38",
                zone.variable,
                f"{zone.name} without name servers",
                "at least one NS record: a zone without is answered by nobody who asks its parent",
                "Write nameservers.",
            )


def _lost(found: t.Sequence[Zone]) -> t.Iterator[Finding]:
    """Zones whose name servers have names that only these zones themselves could tell the address of."""
    waiting = {zone.name: zone for zone in found if zone.whole and zone.servers_of(zone.name)}
    known = {zone.name for zone in found}
    while True:
        reached = {
            name
            for name, zone in waiting.items()
            if any(_reached(server, zone, known, waiting) for server in zone.servers_of(name))
        }
        if not reached:
            break
        waiting = {name: zone for name, zone in waiting.items() if name not in reached}
    for name, zone in waiting.items():
        servers = ", ".join(zone.servers_of(name))
        yield Finding("V38", zone.variable, f"{name} is served by {servers}", GLUE, "Add the address to rrsets.")


def _reached(server: str, zone: Zone, known: t.Collection[str], waiting: t.Collection[str]) -> bool:
    homes = [name for name in known if within(server, name)]
    home = max(homes, key=len, default="")
    return zone.has_address(server) if home == zone.name else home not in waiting


def _delegations(zone: Zone, known: t.Collection[str]) -> t.Iterator[Finding]:
    """Children that are given away to servers inside of themselves; one that is here too is found here."""
    for child in sorted({one.name for one in zone.sets if one.type == "NS"} - {zone.name, *known}):
        servers = zone.servers_of(child)
        if servers and all(within(server, child) and not zone.has_address(server) for server in servers):
            value = f"{child} is served by {', '.join(servers)}"
            yield Finding("V38", zone.variable, value, GLUE, f"Add the address to the records of {zone.name}")


def within(name: str, zone: str) -> bool:
    """Tell whether a name is a zone's, or the zone itself."""
    return name == zone or name.endswith(f".{zone}")
