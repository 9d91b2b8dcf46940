# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of a site's DNS as data, out of what pdns_info found on each of its servers."""

from __future__ import annotations

import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import releases

from . import zones
from .failure import failure
from .model import Host, Site
from .zones import CATALOG

Found = t.Mapping[str, t.Any]
Failures = t.Iterator[dict[str, str]]

# what the kind of the catalog makes of a server
ROLES = {"Producer": "primary", "Consumer": "secondary"}
SPREAD = ("Master", "Primary")
# Before, the list of zones does not say which catalog they belong to.
TELLS_CATALOGS = (4, 8)
FEW = 5


def describe(
    site: Site, found: t.Mapping[str, Found], addresses: t.Mapping[str, t.Collection[str]]
) -> tuple[dict[str, t.Any], list[dict[str, str]]]:
    """Return the state and what does not hold; a host that is not in C(found) did not answer.

    C(addresses) are those that hosts have on their interfaces, as far as that is known.
    """
    primary = site.dns_primary
    source = _zones(found[primary.name]) if primary and primary.name in found else None
    shared = site.value("site_dns_address")
    holders = {host: shared in held for host, held in addresses.items()} if shared else {}
    rows = [
        {**_row(host, found.get(host.name), source, host == primary), "holder": holders.get(host.name)}
        for host in site.dns_servers
    ]
    findings = [each for host, row in zip(site.dns_servers, rows, strict=True) for each in _findings(site, host, row)]
    if primary and source is not None:
        findings.extend(_of_primary(site, primary, source, holders))
    return {"primary": primary.name if primary else "", "address": shared, "servers": rows}, findings


def _zones(found: Found) -> dict[str, Found]:
    return {zone["name"]: zone for zone in found["zones"]}


def _row(host: Host, found: Found | None, source: t.Mapping[str, Found] | None, is_primary: bool) -> dict[str, t.Any]:
    row: dict[str, t.Any] = {
        "host": host.name,
        "address": host.node_address,
        "answers": found is not None,
        "version": "",
        "role": "",
        "zones": None,
        "members": None,
        "missing": [],
        "skewed": {},
        "different": {},
        "left_over": [],
    }
    if found is None:
        return row
    here = _zones(found)
    catalog = here.pop(CATALOG, {"kind": ""})
    members = [name for name, zone in here.items() if zone.get("catalog") == CATALOG]
    row = {
        **row,
        "version": found["server"]["version"],
        "role": ROLES.get(catalog["kind"], catalog["kind"]),
        "zones": len(here),
        "members": len(members) if releases.numbers(found["server"]["version"]) >= TELLS_CATALOGS else None,
    }
    if is_primary or source is None:
        return row
    spread = {name: zone for name, zone in source.items() if zone["kind"] in SPREAD}
    return {
        **row,
        "missing": sorted(spread.keys() - here.keys()),
        "skewed": {
            name: {"serial": here[name]["serial"], "primary": zone["serial"]}
            for name, zone in sorted(spread.items())
            if name in here and here[name]["serial"] != zone["serial"]
        },
        "different": {
            name: {"records": here[name]["contents"]["records"], "primary": zone["contents"]["records"]}
            for name, zone in sorted(spread.items())
            if name in here and _differs(here[name].get("contents"), zone.get("contents"))
        },
        "left_over": sorted(set(members) - source.keys()),
    }


def _differs(here: Found | None, there: Found | None) -> bool:
    """Tell whether a secondary holds something else than the primary; with another serial it may be about to follow."""
    return bool(here and there and here["serial"] == there["serial"] and here["hash"] != there["hash"])


def _findings(site: Site, host: Host, row: t.Mapping[str, t.Any]) -> Failures:
    if not row["answers"]:
        remedy = f"run the bootstrap playbook, or read 'journalctl -u pdns' on {host.name}"
        yield failure(host.name, "PowerDNS answers", "no answer", "an answer of its API on the host", remedy)
        return
    yield from _role(site, host, row["role"], "primary" if host == site.dns_primary else "secondary")
    yield from _copies(host, row)


def _of_primary(
    site: Site, primary: Host, here: t.Mapping[str, Found], holders: t.Mapping[str, bool | None]
) -> Failures:
    lacking = sorted(set(zones.names_of(site)) - here.keys())
    if lacking:
        seen, expected = f"missing: {_few(lacking)}", "all that the inventory names"
        remedy = "run the bootstrap playbook; what others wrote into them has to be restored from a backup"
        yield failure(primary.name, "the zones of the site are there", seen, expected, remedy)
    own = zones.initial(site)
    if (here.get(own, {}).get("contents") or {}).get("bare"):
        seen, expected = "nothing but SOA and NS", "the names of its hosts and services"
        remedy = "run the bootstrap playbook; what others wrote into it has to be restored from a backup"
        yield failure(primary.name, f"{own} names the site", seen, expected, remedy)
    having = [host for host, holds in holders.items() if holds]
    if primary.name in holders and having != [primary.name]:
        seen = f"{site.value('site_dns_address')} on {', '.join(having) or 'no host'}"
        remedy = f"read 'journalctl -u pdns-primary' on {', '.join(dict.fromkeys([primary.name, *having]))}"
        yield failure(primary.name, "the primary has the address of the DNS", seen, f"on {primary.name}", remedy)


def _role(site: Site, host: Host, role: str, wanted: str) -> Failures:
    shared = len(site.dns_servers) > 1 or bool(site.value("site_dns_secondaries"))
    if role == wanted or not (role or shared):
        return
    if not role:
        seen, remedy = f"no zone {CATALOG}", "run the bootstrap playbook"
        yield failure(host.name, "the catalog of zones is there", seen, f"the catalog of a {wanted}", remedy)
    else:
        remedy = "set site_dns_primary to the host that is the primary, or run promote_dns"
        yield failure(host.name, f"the server is the {wanted} of the inventory", f"a {role}", f"a {wanted}", remedy)


def _copies(host: Host, row: t.Mapping[str, t.Any]) -> Failures:
    look = f"wait ten seconds and look again; then read 'journalctl -u pdns' on {host.name}"
    if row["missing"]:
        seen = f"missing: {_few(row['missing'])}"
        yield failure(host.name, "every zone of the primary is here", seen, "all of its zones", look)
    if row["skewed"]:
        pairs = [f"{name} {both['serial']} instead of {both['primary']}" for name, both in row["skewed"].items()]
        yield failure(host.name, "every zone is as new as the primary's", _few(pairs), "the same serials", look)
    if row["different"]:
        pairs = [f"{name} {both['records']} (there {both['primary']})" for name, both in row["different"].items()]
        seen, expected = f"other records with the same serial: {_few(pairs)}", "the same records"
        remedy = f"on {host.name} run 'pdns_control retrieve <zone>'; where the primary is wrong, bootstrap or a backup"
        yield failure(host.name, "every zone holds what the primary's does", seen, expected, remedy)
    if row["left_over"]:
        seen = f"left over: {_few(row['left_over'])}"
        yield failure(host.name, "no zone is here that the primary has removed", seen, "the primary's zones only", look)


def _few(names: t.Sequence[str]) -> str:
    more = len(names) - FEW
    return ", ".join(names[:FEW]) + (f" and {more} more" if more > 0 else "")
