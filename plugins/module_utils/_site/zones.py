# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The zones of a site: those that every site has, and those that its inventory adds. Offline check 38 in part."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import names, rrset

from .finding import Finding, shown
from .inputs import nearest
from .model import Site

if t.TYPE_CHECKING:
    from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.rrset import RRset

CATALOG = "catalog.invalid."
# what a zone of every site is for, and what stands before site_domain
INITIAL = "initial"
DOMAINS = {INITIAL: "", "internal": "internal.", "default": "shoot.", "ingress": "ingress."}
OWN_KINDS = ("primary", "master", "native")
TTL = 3600


@dataclass(frozen=True)
class Zone:
    """A zone, where it stands, and what the inventory puts into it.

    C(whole) when nobody adds more of its own, C(own) unless it is a copy of what others serve.
    """

    variable: str
    name: str
    sets: tuple[RRset, ...] = ()
    whole: bool = False
    own: bool = True

    def servers_of(self, owner: str) -> tuple[str, ...]:
        """The name servers that are given for a name of the zone."""
        return tuple(server for one in self.sets if one.key == (owner, "NS") for server in one.records)

    def has_address(self, name: str) -> bool:
        """Whether an address is given for a name."""
        return any(one.name == name and one.type in ("A", "AAAA") for one in self.sets)


def read(site: Site, findings: list[Finding]) -> list[Zone]:
    """Return the zones of a site; what can't be read is left out and goes to the findings."""
    return [*_every_site_has(site, findings), *_added(site, findings)]


def names_of(site: Site) -> list[str]:
    """Return the names of all zones that a site's inventory asks for."""
    return [zone.name for zone in read(site, [])]


def initial(site: Site) -> str:
    """Return the name of the zone that names the hosts; nothing where it is turned off."""
    given = site.value("site_dns_domains").get(INITIAL, site.value("site_domain"))
    return f"{given.rstrip('.').lower()}." if given else ""


def _every_site_has(site: Site, findings: list[Finding]) -> t.Iterator[Zone]:
    given, domain = site.value("site_dns_domains"), site.value("site_domain")
    for kind in sorted(given.keys() - DOMAINS.keys()):
        expected = f"one of {', '.join(DOMAINS)}"
        findings.append(Finding("V38", "site_dns_domains", shown(kind), expected, nearest(kind, DOMAINS)))
    for kind, before in DOMAINS.items():
        variable = f"site_dns_domains.{kind}"
        if kind in given:
            name = _name(variable, given[kind], findings) if given[kind] != "" else ""
        else:
            # a site_domain that is malformed or missing is a mistake of its own
            name = _name("site_domain", f"{before}{domain}", []) if domain else ""
        if name:
            yield Zone(variable, name, _records(site, name, findings) if kind == INITIAL else ())
    if site.value("site_dns_records") and given.get(INITIAL) == "":
        expected, fix = "an initial zone to put them into", "Remove them, or turn the zone on in site_dns_domains."
        findings.append(Finding("V38", "site_dns_records", "records without their zone", expected, fix))


def _records(site: Site, zone: str, findings: list[Finding]) -> tuple[RRset, ...]:
    return _sets("site_dns_records", site.value("site_dns_records"), zone, findings)


def _added(site: Site, findings: list[Finding]) -> t.Iterator[Zone]:
    for number, entry in enumerate(site.value("site_dns_zones")):
        variable = f"site_dns_zones[{number}]"
        if not isinstance(entry, t.Mapping) or not entry.get("zone"):
            expected, fix = "options of the module pdns_zone, zone among them", "Name the zone."
            findings.append(Finding("V38", variable, shown(entry), expected, fix))
            continue
        name = _name(f"{variable}.zone", entry["zone"], findings)
        if not name or entry.get("state") == "absent":
            continue
        sets = _sets(f"{variable}.rrsets", entry.get("rrsets") or (), name, findings)
        sets += _servers(f"{variable}.nameservers", entry.get("nameservers") or (), name, findings)
        own = str(entry.get("kind") or OWN_KINDS[0]).lower() in OWN_KINDS
        elsewhere = entry.get("rrsets_file") or entry.get("zone_text") is not None
        yield Zone(variable, name, sets, whole=own and not elsewhere, own=own)


def _servers(variable: str, given: t.Any, zone: str, findings: list[Finding]) -> tuple[RRset, ...]:
    if not given:
        return ()
    try:
        if not isinstance(given, (list, tuple)):
            raise names.BadName(f"{given!r} is no list")
        servers = [names.target(str(server), zone) for server in given]
    except names.BadName as error:
        findings.append(Finding("V38", variable, shown(str(error)), "a list of names of hosts", "Correct it."))
        return ()
    return _sets(variable, [{"type": "NS", "records": servers}], zone, findings)


def _name(variable: str, given: t.Any, findings: list[Finding]) -> str:
    try:
        if isinstance(given, str):
            return names.zone_name(given)
    except names.BadName:
        pass
    expected, fix = "the name of a zone, with or without its final dot", "Correct it."
    findings.append(Finding("V38", variable, shown(given), expected, fix))
    return ""


def _sets(variable: str, given: t.Any, zone: str, findings: list[Finding]) -> tuple[RRset, ...]:
    if not isinstance(given, (list, tuple)):
        findings.append(Finding("V38", variable, shown(given), "a list of sets of records", "Write a list."))
        return ()
    found = []
    for number, one in enumerate(given):
        try:
            if not isinstance(one, t.Mapping):
                raise rrset.BadRRset(f"{one!r} has no type and records")
            # what only the server could judge is taken as it is
            found.append(rrset.canonical(rrset.from_input(one, zone, TTL), zone, lambda _name, _type, data: data))
        except ValueError as error:
            expected, fix = "a set of records as the module pdns_zone takes it", "Correct it."
            findings.append(Finding("V38", f"{variable}[{number}]", shown(str(error)), expected, fix))
    return tuple(found)
