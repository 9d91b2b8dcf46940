# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses and ranges: what a virtual IP may be. Private to this collection."""

from __future__ import annotations

import ipaddress
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    Address: t.TypeAlias = "ipaddress.IPv4Address | ipaddress.IPv6Address"
    Network: t.TypeAlias = "ipaddress.IPv4Network | ipaddress.IPv6Network"


class AddressRange(t.NamedTuple):
    """First and last address of a range, both included."""

    first: Address
    last: Address

    def __contains__(self, address: object) -> bool:
        return (
            isinstance(address, (ipaddress.IPv4Address, ipaddress.IPv6Address))
            and address.version == self.first.version
            and int(self.first) <= int(address) <= int(self.last)
        )

    def overlaps(self, other: AddressRange) -> bool:
        return self.first in other or other.first in self


def parse_range(text: str) -> AddressRange:
    """Read C(first-last), a network or a single address.

    >>> parse_range("198.51.100.200-198.51.100.219").last
    IPv4Address('198.51.100.219')
    """
    if "-" in text:
        first, last = (ipaddress.ip_address(part.strip()) for part in text.split("-", 1))
        if first.version != last.version or int(first) > int(last):
            raise ValueError(f"range {text!r} does not run from a lower to a higher address of one family")
        return AddressRange(first, last)
    network = ipaddress.ip_network(text.strip(), strict=True)
    return AddressRange(network.network_address, network.broadcast_address)


def networks_of(text: str) -> list[str]:
    """The networks that cover a range exactly."""
    first, last = parse_range(text)
    return [str(network) for network in ipaddress.summarize_address_range(first, last)]


def usable(address: Address, network: Network) -> bool:
    """Whether a host of the network may carry the address."""
    if address.version != network.version or address not in network:
        return False
    if network.num_addresses <= 2:
        return True
    return address not in (network.network_address, network.broadcast_address)


def vip_problems(address: str, subnet: str, node_addresses: Sequence[str], services_range: str = "") -> list[str]:
    """What speaks against a virtual IP or a range of service addresses; empty when nothing does."""
    try:
        network = ipaddress.ip_network(subnet, strict=True)
    except ValueError as error:
        return [f"subnet {subnet!r} is not a network: {error}"]
    nodes = {ipaddress.ip_address(node) for node in node_addresses}
    problems = []
    vip: Address | None = None
    if address:
        try:
            vip = ipaddress.ip_address(address)
        except ValueError:
            return [f"virtual IP {address!r} is not an address"]
        if not usable(vip, network):
            problems.append(f"virtual IP {vip} is not a host address of the subnet {network}")
        if vip in nodes:
            problems.append(f"virtual IP {vip} is the address of a node; it must be an address of its own")
    if services_range:
        try:
            pool = parse_range(services_range)
        except ValueError as error:
            return [*problems, f"service address range {services_range!r} is not usable: {error}"]
        if not (usable(pool.first, network) and usable(pool.last, network)):
            problems.append(f"service address range {services_range} does not lie inside the subnet {network}")
        if vip is not None and vip in pool:
            problems.append(f"service address range {services_range} holds the virtual IP {vip}")
        problems.extend(
            f"service address range {services_range} holds the node address {node}"
            for node in sorted(nodes, key=int)
            if node in pool
        )
    return problems
