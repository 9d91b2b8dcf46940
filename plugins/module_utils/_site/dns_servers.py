# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Offline checks 48, 49, 52 and 53: who serves names, and the addresses that this takes."""

from __future__ import annotations

import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._net.addresses import parse_range, usable

from .finding import Finding, shown
from .inputs import nearest
from .model import DNS_SERVERS, Site, parse_address

RESOLVERS = ("", "stub", "local")
FREE = "Choose a free address of the primary's network."


def check(site: Site) -> t.Iterator[Finding]:
    """Yield what is wrong with the servers and their addresses."""
    yield from _primary(site)
    yield from _address(site)
    yield from _resolver(site)
    yield from _secondaries(site)


def _primary(site: Site) -> t.Iterator[Finding]:
    wanted = site.value("site_dns_primary")
    if wanted and site.dns_primary is None:
        servers = [host.name for host in site.dns_servers]
        expected = f"one of {DNS_SERVERS}: {', '.join(servers) or '(empty)'}"
        yield Finding("V48", "site_dns_primary", shown(wanted), expected, nearest(wanted, servers))


def _address(site: Site) -> t.Iterator[Finding]:
    if not site.dns_servers:
        return
    if len(site.dns_servers) > 1 and not site.value("site_dns_address"):
        expected = "an address for writes to the DNS that outlives the primary"
        yield Finding("V49", "site_dns_address", "(empty)", expected, FREE)
    address = site.address("site_dns_address")
    if address is None:
        return
    taken = {name: other for name, other in site.node_addresses().items() if other == address}
    owners = [*taken, *(["site_api_vip"] if site.address("site_api_vip") == address else [])]
    try:
        pool = parse_range(str(site.value("site_load_balancer_range")))
        owners += ["site_load_balancer_range"] if address in pool else []
    except ValueError:
        pass
    if owners:
        expected = "an address that belongs to nothing else; it follows the primary"
        yield Finding("V49", "site_dns_address", f"{address}, also of {', '.join(owners)}", expected, FREE)
    network = site.network("site_network")
    # which networks a primary outside of the cluster has, it tells itself
    if network and site.dns_primary in site.nodes and not usable(address, network):
        yield Finding("V49", "site_dns_address", str(address), f"a host address inside site_network {network}", FREE)


def _resolver(site: Site) -> t.Iterator[Finding]:
    given = site.value("site_resolver")
    if given not in RESOLVERS:
        expected = "stub, local, or an empty text for what the hosts have"
        yield Finding("V52", "site_resolver", shown(given), expected, nearest(given, filter(None, RESOLVERS)))


def _secondaries(site: Site) -> t.Iterator[Finding]:
    addresses = site.node_addresses()
    ours = {addresses.get(host.name) for host in site.dns_servers} | {site.address("site_dns_address")}
    for number, given in enumerate(site.value("site_dns_secondaries")):
        variable, address = f"site_dns_secondaries[{number}]", parse_address(given)
        if address is None:
            yield Finding("V53", variable, shown(given), "an IP address", "Correct it.")
        elif address in ours:
            expected = f"a server that somebody else runs; those of {DNS_SERVERS} get all zones anyway"
            yield Finding("V53", variable, shown(given), expected, "Remove it.")
