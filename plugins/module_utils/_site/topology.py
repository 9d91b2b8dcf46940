# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Offline checks 1 to 9: which hosts there are, what they are called and how they are reached."""

from __future__ import annotations

import re
import typing as t
from collections import defaultdict

from ansible_collections.metalstack.autonomous.plugins.module_utils._net.addresses import usable

from .finding import Finding, shown
from .model import AGENTS, SERVERS, STANDBY, Site

# RFC 1123: labels of lower-case letters, digits and hyphens, 253 characters in all
NODE_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*")


def check(site: Site) -> t.Iterator[Finding]:
    """Yield what is wrong with the site's hosts."""
    yield from _counts(site)
    yield from _names(site)
    yield from _duplicates(site)
    yield from _locations(site)
    yield from _vip(site)


def _counts(site: Site) -> t.Iterator[Finding]:
    count = len(site.servers)
    if count == 0:
        yield Finding(
            "V01", SERVERS, "(empty)", "one server, or an odd number from three on", f"Add hosts to {SERVERS}."
        )
    elif count % 2 == 0:
        yield Finding(
            "V02",
            SERVERS,
            f"{count} servers",
            "an odd number: an even one loses its quorum with fewer failures",
            f"Run {count - 1} or {count + 1} servers; the spare host can be one of {AGENTS}.",
        )
    agents = {host.name for host in site.agents}
    for host in site.servers:
        if host.name in agents:
            yield Finding(
                "V06",
                host.name,
                f"in {SERVERS} and {AGENTS}",
                "a host is a server or an agent; servers run workloads too",
                f"Remove it from {AGENTS}.",
            )
    nodes = {host.name for host in site.nodes}
    for host in site.standby:
        if host.name in nodes:
            yield Finding(
                "V06",
                host.name,
                f"in {STANDBY} and in {SERVERS} or {AGENTS}",
                "a host carries the cluster, or waits to carry it",
                f"Remove it from {STANDBY}.",
            )


def _names(site: Site) -> t.Iterator[Finding]:
    for host in site.nodes:
        if not NODE_NAME.fullmatch(host.name):
            yield Finding(
                "V05",
                "inventory_hostname",
                host.name,
                "a name Kubernetes takes for a node: lower-case letters, digits, hyphens",
                f"Rename the host, for example to {re.sub('[^a-z0-9.-]+', '-', host.name.lower()).strip('-.')}.",
            )


def _duplicates(site: Site) -> t.Iterator[Finding]:
    by_address: dict[str, list[str]] = defaultdict(list)
    for name, parsed in site.node_addresses().items():
        by_address[str(parsed)].append(name)
    for address, names in by_address.items():
        if len(names) > 1:
            yield Finding(
                "V03",
                "ansible_host",
                f"{address} of {', '.join(names)}",
                "an address of its own for every host",
                "Correct the address of all but one.",
            )
    by_node: dict[str, list[str]] = defaultdict(list)
    for host in site.nodes:
        by_node[str(host.variables.get("k3s_cluster_node_name") or host.name).lower()].append(host.name)
    for node, names in by_node.items():
        if len(names) > 1:
            yield Finding(
                "V04",
                "inventory_hostname",
                ", ".join(names),
                f"a node name of its own for every host; these all become {node}",
                "Rename all but one.",
            )


def _locations(site: Site) -> t.Iterator[Finding]:
    where: dict[str, int] = defaultdict(int)
    for host in site.servers:
        where[str(host.variables.get("site_location") or "")] += 1
    largest, count = max(where.items(), key=lambda item: item[1], default=("", 0))
    majority = len(site.servers) // 2 + 1
    survives = len(site.servers) - count >= majority
    if len(where) > 1 and not survives and not site.value("site_allow_stretched"):
        yield Finding(
            "V07",
            "site_location",
            ", ".join(f"{place or '(none)'}: {number}" for place, number in sorted(where.items())),
            f"a quorum that survives the loss of any location; losing {largest or '(none)'} would lose it",
            "Keep all servers in one location with a warm standby in the other, spread them over a third one,"
            " or set site_allow_stretched: true and accept it.",
        )


def _vip(site: Site) -> t.Iterator[Finding]:
    vip = site.address("site_api_vip")
    if vip is None:
        return
    owners = [name for name, address in site.node_addresses().items() if address == vip]
    if owners:
        yield Finding(
            "V08",
            "site_api_vip",
            f"{vip}, also the address of {', '.join(owners)}",
            "an address that no host has; it moves between the servers",
            "Choose a free address of site_network.",
        )
    network = site.network("site_network")
    if network is None or network.version != vip.version:
        return
    if not usable(vip, network):
        yield Finding(
            "V09",
            "site_api_vip",
            str(vip),
            f"a host address inside site_network {network}",
            "Choose a free address of site_network, or correct site_network.",
        )


def missing_vip(site: Site) -> t.Iterator[Finding]:
    """Yield row 41: several servers that share no address."""
    if len(site.servers) > 1 and not site.given("site_api_vip") and not site.given("site_api_name"):
        yield Finding(
            "V41",
            "site_api_vip",
            shown(site.given("site_api_vip")),
            "an address for the API that outlives a server",
            "Set site_api_vip to a free address of site_network, or site_api_name to your own load balancer.",
        )
