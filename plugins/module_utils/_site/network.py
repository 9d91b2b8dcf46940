# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Offline checks 11 to 15, 17 and 42: ranges and addresses."""

from __future__ import annotations

import contextlib
import ipaddress
import itertools
import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._net.addresses import parse_range, usable

from .finding import Finding, shown
from .model import Site, parse_address, parse_network

if t.TYPE_CHECKING:
    from .model import Address, Network

CIDRS = ("site_cluster_cidr", "site_service_cidr")
NODE_MASK = 23
EXAMPLE_RANGE = "198.51.100.200-198.51.100.219"
# kube-apiserver takes at most 20 bits; a site with metal-stack and Gardener needs more than a /25 of Services
SERVICES = range(8, 21)


def check(site: Site) -> t.Iterator[Finding]:
    """Yield what is wrong with the site's ranges and addresses."""
    yield from _malformed(site)
    yield from _families(site)
    yield from _overlaps(site)
    yield from _sizes(site)
    yield from _cluster_dns(site)
    yield from _load_balancer_range(site)


def overlap(one: Network, other: Network) -> bool:
    """Tell whether two networks share an address; those of different families never do."""
    return one.version == other.version and one.overlaps(other)


def is_of_services(site: Site, name: str) -> bool:
    """Tell whether an address is one of the range of Services; another check tells of a range that is malformed."""
    address, text = site.address(name), str(site.value("site_load_balancer_range"))
    try:
        return address is not None and address in parse_range(text)
    except ValueError:
        return address is not None and bool(text)


def _malformed(site: Site) -> t.Iterator[Finding]:
    for name in (*CIDRS, "site_network"):
        yield from _malformed_network(name, site.value(name))
    for host in site.hosts:
        if parse_address(host.node_address) is None:
            expected = "the address that the other nodes reach it at"
            yield Finding(
                "V14", "ansible_host", f"{shown(host.node_address)} of {host.name}", expected, "Write an IP address."
            )
    for name in ("site_admin_networks", "site_partition_networks"):
        for number, value in enumerate(site.value(name)):
            yield from _malformed_network(f"{name}[{number}]", value)
    for name, value in site.value("site_networks_taken").items():
        yield from _malformed_network(f"site_networks_taken.{name}", value)
    addresses = {name: site.value(name) for name in ("site_api_vip", "site_cluster_dns", "site_dns_address")}
    addresses |= {f"site_upstream_dns[{number}]": value for number, value in enumerate(site.value("site_upstream_dns"))}
    for name, value in addresses.items():
        if value and parse_address(value) is None:
            yield Finding("V14", name, shown(value), "an IP address", "Correct the address.")


def _malformed_network(name: str, value: t.Any) -> t.Iterator[Finding]:
    if not value or parse_network(value) is not None:
        return
    fix = "Write it as <network>/<length>, for example 198.18.0.0/16."
    with contextlib.suppress(ValueError):
        fix = f"Write {ipaddress.ip_network(str(value), strict=False)}."
    yield Finding("V14", name, shown(value), "a network in CIDR notation without host bits", fix)


def _families(site: Site) -> t.Iterator[Finding]:
    found: dict[str, Address | Network | None] = {name: site.network(name) for name in (*CIDRS, "site_network")}
    found |= {name: site.address(name) for name in ("site_api_vip", "site_cluster_dns")}
    addresses = site.node_addresses()
    found |= {host.name: addresses.get(host.name) for host in site.nodes}
    families: dict[int, list[str]] = {4: [], 6: []}
    for name, value in found.items():
        if value is not None:
            families[value.version].append(name)
    if families[6] and not families[4]:
        yield Finding(
            "V17",
            ", ".join(families[6]),
            "IPv6",
            "IPv4: kube-vip's ARP, the VIP's checks and the join addresses of this version speak nothing else",
            "Give hosts, VIP, pods and services IPv4 addresses.",
        )
    if families[4] and families[6]:
        fewer = families[4] if len(families[4]) < len(families[6]) else families[6]
        yield Finding(
            "V17",
            ", ".join(fewer),
            f"IPv4: {', '.join(families[4])}; IPv6: {', '.join(families[6])}",
            "one address family for hosts, VIP, pods and services: the cluster is not dual stack",
            "Give all of them in the same family.",
        )


def _overlaps(site: Site) -> t.Iterator[Finding]:
    cluster, service = (site.network(name) for name in CIDRS)
    if cluster and service and overlap(cluster, service):
        yield Finding(
            "V11",
            "site_service_cidr",
            f"{service} overlaps site_cluster_cidr {cluster}",
            "separate ranges for pods and services",
            "Choose another range for one of them.",
        )
    for name, cidr in zip(CIDRS, (cluster, service), strict=True):
        taken = list(itertools.chain.from_iterable(_taken_by(site, cidr) if cidr else ()))
        if taken:
            yield Finding(
                "V12",
                name,
                f"{cidr} holds {', '.join(taken)}",
                "a range that no host, VIP or host network lies in",
                "Choose a range that is used nowhere else in the data centre.",
            )


def _taken_by(site: Site, cidr: Network) -> t.Iterator[list[str]]:
    network = site.network("site_network")
    if network and overlap(cidr, network):
        yield [f"site_network {network}"]
        return
    points = _points(site, "site_api_vip", "site_dns_address")
    yield [f"{name} {address}" for name, address in points.items() if address in cidr]


def _points(site: Site, *variables: str) -> dict[str, Address]:
    """Return the addresses of all hosts and of these variables, by name."""
    given = {name: site.address(name) for name in variables}
    return {**site.node_addresses(), **{name: address for name, address in given.items() if address is not None}}


def _sizes(site: Site) -> t.Iterator[Finding]:
    cluster, service = (site.network(name) for name in CIDRS)
    if cluster:
        mask = int(site.given("k3s_cluster_node_cidr_mask") or (NODE_MASK if cluster.version == 4 else 64))
        room = 2 ** (mask - cluster.prefixlen) if cluster.prefixlen <= mask else 0
        needed = len(site.nodes) + 1
        if room < needed:
            yield Finding(
                "V13",
                "site_cluster_cidr",
                f"{cluster}, room for {room} nodes of a /{mask} each",
                f"room for {needed} nodes: every host and one replacement",
                f"Choose at least a /{mask - (needed - 1).bit_length()}.",
            )
    if service and service.max_prefixlen - service.prefixlen not in SERVICES:
        longest, shortest = (service.max_prefixlen - bits for bits in (SERVICES[0], SERVICES[-1]))
        yield Finding(
            "V13",
            "site_service_cidr",
            str(service),
            f"between a /{shortest} and a /{longest}",
            f"Choose a /{longest - 8}." if service.version == 4 else f"Choose a /{shortest}.",
        )


def _cluster_dns(site: Site) -> t.Iterator[Finding]:
    dns, service = site.address("site_cluster_dns"), site.network("site_service_cidr")
    if dns is None or service is None or dns.version != service.version:
        return
    if dns not in service or int(dns) - int(service.network_address) < 2:
        yield Finding(
            "V15",
            "site_cluster_dns",
            str(dns),
            f"an address of site_service_cidr {service} after its first, which is the API's",
            f"Write {service.network_address + 10}, or leave it out.",
        )


def _load_balancer_range(site: Site) -> t.Iterator[Finding]:
    text = site.value("site_load_balancer_range")
    if not text:
        return
    try:
        pool = parse_range(str(text))
    except ValueError:
        expected = "two addresses, first-last, or a network"
        yield Finding("V42", "site_load_balancer_range", shown(text), expected, f"Write it as {EXAMPLE_RANGE}.")
        return
    taken = _points(site, "site_api_vip")
    inside = [f"{name} {address}" for name, address in taken.items() if address in pool]
    network = site.network("site_network")
    routed = site.given("kube_vip_mode") == "bgp"
    if inside:
        yield Finding(
            "V42",
            "site_load_balancer_range",
            f"{text} holds {', '.join(inside)}",
            "addresses that belong to nothing else",
            "Choose a free part of site_network.",
        )
    elif network and not routed and not (usable(pool.first, network) and usable(pool.last, network)):
        yield Finding(
            "V42",
            "site_load_balancer_range",
            str(text),
            f"addresses inside site_network {network}",
            "Correct the range.",
        )
