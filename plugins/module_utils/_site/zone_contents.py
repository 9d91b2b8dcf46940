# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the zones of a site hold, as options of the module pdns_zone. Pure.

The initial zone names every host, and the services of the site that are reached by name. The others are filled by
Gardener; they are delegated from the initial zone where they lie below it.
"""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import names

from .zones import DOMAINS, INITIAL

Zone = dict[str, t.Any]
# Names of services, beside the hosts' own.
DNS, TIME = "dns", "ntp"


def compose(site: t.Mapping[str, t.Any]) -> list[Zone]:
    """Of ``domain``, ``domains``, ``hosts``, ``services``, ``name_servers``, ``records`` and ``zones``, see the filter.

    A name of ``services`` is a whole name, or one of the initial zone; it has one or several addresses.
    """
    named = _domains(site["domain"], site["domains"])
    initial = named.get(INITIAL, "")
    servers = [_absolute(name, initial or names.zone_name(site["domain"])) for name in site["name_servers"]]
    zones = [
        {"zone": zone, "nameservers": servers, "rrsets": _records(site, named, servers) if kind == INITIAL else []}
        for kind, zone in named.items()
    ]
    return [*zones, *site["zones"]]


def _domains(domain: str, given: t.Mapping[str, str]) -> dict[str, str]:
    wanted = {kind: f"{before}{domain}" for kind, before in DOMAINS.items()} | dict(given)
    return {kind: names.zone_name(zone) for kind, zone in wanted.items() if zone}


def _records(site: t.Mapping[str, t.Any], named: t.Mapping[str, str], servers: list[str]) -> list[Zone]:
    zone = named[INITIAL]
    addresses = {_absolute(name, zone): [address] for name, address in site["hosts"].items()}
    for name, found in site["services"].items():
        whole = names.zone_name(name) if "." in name else _absolute(name, zone)
        if _lies_in(whole, zone) and found:
            addresses[whole] = list(dict.fromkeys(found))
    given = {(names.owner(one.get("name", "@"), zone), one["type"].upper()) for one in site["records"]}
    delegated = [other for other in named.values() if other != zone and _lies_in(other, zone)]
    made = [
        *(one for name, found in addresses.items() for one in _address_sets(name, found)),
        *({"name": other, "type": "NS", "records": servers} for other in delegated),
    ]
    # What the inventory gives itself wins.
    return [*(one for one in made if (one["name"], one["type"]) not in given), *site["records"]]


def _address_sets(name: str, addresses: list[str]) -> t.Iterator[Zone]:
    for rtype, version in (("A", 4), ("AAAA", 6)):
        found = [address for address in addresses if ipaddress.ip_address(address).version == version]
        if found:
            yield {"name": name, "type": rtype, "records": found}


def _absolute(name: str, zone: str) -> str:
    return names.owner(name, zone)


def _lies_in(name: str, zone: str) -> bool:
    return name == zone or name.endswith(f".{zone}")
