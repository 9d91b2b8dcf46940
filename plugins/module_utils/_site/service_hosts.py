# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host pass over who serves names, time, images and the page: ports, packages, and who is the primary."""

from __future__ import annotations

import ipaddress
import typing as t

from .finding import Finding
from .model import Host, Site, parse_address
from .registry import PORT as REGISTRY_PORT
from .status_page import PORT as PAGE_PORT

Facts = t.Mapping[str, t.Any]

OURS = ("pdns_server", "chronyd", "unbound", "haproxy")
EVERYWHERE = {"*": (4, 6), "0.0.0.0": (4,), "::": (6,)}
# whose PowerDNS is the last of its kind without security updates
END_OF_LIFE = "12"


def check(site: Site, host: Host, facts: Facts) -> t.Iterator[Finding]:
    """Yield what is wrong with one host."""
    yield from _ports(site, host, facts)
    major = facts["os_version"].partition(".")[0]
    if host not in site.dns_servers:
        return
    if facts["os"] == "debian" and major == END_OF_LIFE and not site.value("site_dns_accept_end_of_life"):
        yield Finding(
            "V55",
            "host",
            f"Debian {major}, whose PowerDNS 4.7 has had no security updates since October 2025",
            "a DNS server on Debian 13",
            "Install Debian 13, or set site_dns_accept_end_of_life: true and accept it.",
        )
    if host == site.dns_primary and host not in site.nodes:
        yield from _address(site, facts)


def _ports(site: Site, host: Host, facts: Facts) -> t.Iterator[Finding]:
    """A port counts as taken where ours would have to bind to it, which leaves systemd-resolved's stub alone."""
    addresses = {parse_address("127.0.0.1")} if site.value("site_resolver") == "local" else set()
    if host in site.dns_servers:
        addresses |= {parse_address(host.node_address), site.address("site_dns_address")}
    for listener in facts["listeners"]:
        port, where = listener["port"], listener["address"]
        if listener["program"] in OURS or (listener["program"] == "nginx" and _is_ours(site, facts, port)):
            continue
        if (
            (port == "53" and _binds(where, addresses))
            or (port == "123" and _is_clock(site, host, listener))
            or (host in site.page_servers and _is_at(site, host, listener, PAGE_PORT))
            or (host in site.registry_servers and _is_at(site, host, listener, REGISTRY_PORT))
        ):
            program = listener["program"] or "a program whose name is not known"
            yield Finding(
                "V54",
                "host",
                f"{listener['protocol']} port {port} of {where} is taken by {program}",
                "a port that is free, or held by the site's own servers",
                f"Stop {program} and keep it from starting, or take the host out of the group.",
            )


def _binds(where: str, addresses: t.Collection[t.Any]) -> bool:
    wanted = [address for address in addresses if address is not None]
    families = EVERYWHERE.get(where)
    if families:
        return any(address.version in families for address in wanted)
    return parse_address(where) in wanted


def _is_clock(site: Site, host: Host, listener: t.Mapping[str, str]) -> bool:
    return host in site.time_servers and listener["protocol"] == "udp"


def _is_ours(site: Site, facts: Facts, port: str) -> bool:
    """Whether an nginx of ours may hold the port."""
    registry = facts.get("serves_images") and port == str(site.value(REGISTRY_PORT))
    return bool(facts["serves_page"] and port != str(site.value(REGISTRY_PORT))) or bool(registry)


def _is_at(site: Site, host: Host, listener: t.Mapping[str, str], variable: str) -> bool:
    """Whether it holds the port that a variable names, at the address of the host."""
    wanted = ("tcp", str(site.value(variable)))
    here = [parse_address(host.node_address)]
    return (listener["protocol"], listener["port"]) == wanted and _binds(listener["address"], here)


def _address(site: Site, facts: Facts) -> t.Iterator[Finding]:
    """A primary outside of the cluster tells which networks it has."""
    address = site.address("site_dns_address")
    networks = [ipaddress.ip_interface(one).network for found in facts["interfaces"].values() for one in found]
    if address is not None and not any(address in network for network in networks):
        yield Finding(
            "V49",
            "site_dns_address",
            str(address),
            f"an address inside a network of the primary: {', '.join(map(str, networks)) or 'none'}",
            "Choose a free address of the primary's network.",
        )


def primary(site: Site, facts: t.Mapping[str, Facts]) -> t.Iterator[Finding]:
    """Yield row 56: the inventory names another primary than the host that is it."""
    wanted = site.dns_primary
    claimants = [name for name, found in facts.items() if found["dns_role"] == "primary"]
    if wanted is None or wanted.name in claimants or len(claimants) != 1:
        return
    yield Finding(
        "V56",
        "site_dns_primary",
        f"{wanted.name}, but {claimants[0]} is the primary",
        "the host that is written to: another one would start with older zones, or with none",
        f"Set site_dns_primary: {claimants[0]}, or run promote_dns.",
    )
