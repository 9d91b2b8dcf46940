from __future__ import annotations

import ipaddress

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._net.addresses import (
    networks_of,
    parse_range,
    vip_problems,
)

SUBNET = "198.51.100.0/24"
NODES = ["198.51.100.11", "198.51.100.12"]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("198.51.100.200-198.51.100.219", "198.51.100.200", "198.51.100.219"),
        ("198.51.100.200 - 198.51.100.219", "198.51.100.200", "198.51.100.219"),
        ("198.51.100.192/28", "198.51.100.192", "198.51.100.207"),
        ("198.51.100.10", "198.51.100.10", "198.51.100.10"),
    ],
)
def test_a_range_is_read_in_each_notation(text: str, first: str, last: str) -> None:
    assert parse_range(text) == (ipaddress.ip_address(first), ipaddress.ip_address(last))


@pytest.mark.parametrize("text", ["", "198.51.100.9-198.51.100.1", "198.51.100.1-2001:db8::1", "198.51.100.1/24", "x"])
def test_a_range_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_range(text)


def test_a_range_is_covered_by_networks_exactly() -> None:
    networks = [ipaddress.ip_network(network) for network in networks_of("198.51.100.200-198.51.100.219")]
    assert sum(network.num_addresses for network in networks) == 20


@pytest.mark.parametrize(
    ("address", "services_range", "found"),
    [
        ("198.51.100.10", "198.51.100.200-198.51.100.219", []),
        ("", "", []),
        ("203.0.113.10", "", ["virtual IP 203.0.113.10 is not a host address of the subnet 198.51.100.0/24"]),
        ("198.51.100.255", "", ["virtual IP 198.51.100.255 is not a host address of the subnet 198.51.100.0/24"]),
        ("198.51.100.12", "", ["virtual IP 198.51.100.12 is the address of a node; it must be an address of its own"]),
        ("vip.lab.example", "", ["virtual IP 'vip.lab.example' is not an address"]),
        (
            "198.51.100.210",
            "198.51.100.200-198.51.100.219",
            ["service address range 198.51.100.200-198.51.100.219 holds the virtual IP 198.51.100.210"],
        ),
        (
            "",
            "198.51.100.1-198.51.100.11",
            ["service address range 198.51.100.1-198.51.100.11 holds the node address 198.51.100.11"],
        ),
        (
            "",
            "198.51.100.250-198.51.101.5",
            ["service address range 198.51.100.250-198.51.101.5 does not lie inside the subnet 198.51.100.0/24"],
        ),
    ],
)
def test_addresses_are_judged(address: str, services_range: str, found: list[str]) -> None:
    assert vip_problems(address, SUBNET, NODES, services_range) == found


def test_all_mistakes_are_told_at_once() -> None:
    assert len(vip_problems("198.51.100.11", SUBNET, NODES, "198.51.100.10-198.51.100.12")) == 4


def test_a_subnet_with_host_bits_is_refused() -> None:
    assert "is not a network" in vip_problems("198.51.100.10", "198.51.100.5/24", NODES)[0]
