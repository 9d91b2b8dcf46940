"""Networks: a super network, of which the servers want most."""

from __future__ import annotations

from typing import Any

from ansible_collections.metalstack.autonomous.plugins.modules import metal_network, metal_network_info
from case import Case, Entry
from metalstack.api.v2 import ip_pb2, machine_pb2, network_pb2

MACHINE = "00000000-0000-0000-0000-000000000001"
PROJECT = "00000000-0000-0000-0000-00000000000a"
V1: Entry = {
    "id": "super",
    "name": "Tenants",
    "description": "of all projects",
    "type": "super",
    "partition": "fra-equ01",
    "project": PROJECT,
    "prefixes": ["10.128.0.0/14", "2001:db8::/48"],
    "destination_prefixes": ["0.0.0.0/0", "::/0"],
    "default_child_prefix_length": {"ipv4": 22, "ipv6": 64},
    "vrf": 7,
    "additional_announcable_cidrs": ["10.240.0.0/12"],
    "labels": {"hall": "1"},
}
V2: Entry = {**V1, "min_child_prefix_length": {"ipv4": 18, "ipv6": 56}, "nat_type": "ipv4-masq"}


def entry(**fields: Any) -> Entry:
    return {"id": "super", **fields}


def new(kind: str, **fields: Any) -> Entry:
    return {"id": "other", "type": kind, "prefixes": ["10.0.0.0/16"], **fields}


def external(**fields: Any) -> Entry:
    return new("external", **{"vrf": 8, **fields})


def underlay(**fields: Any) -> Entry:
    return new("underlay", partition="fra-equ01", **fields)


LENGTH = {"ipv4": 22}
ONCE = "and stays so: both APIs take it of a new network only"
BOTH: list[tuple[bool, Entry, str]] = [
    (False, {"id": "other", "prefixes": ["10.0.0.0/16"]}, "network other: type: required for a new one"),
    (False, {"id": "other", "type": "external", "vrf": 8}, "prefixes: required for a new one"),
    (False, external(vrf=0), "vrf: expected more than 0, found 0"),
    (False, external(prefixes=["10.0.0.1/16"]), "prefixes: expected prefixes such as 10.0.0.0/16, without bits of"),
    (False, external(prefixes=["10.0.0.0"]), "hosts, found 10.0.0.0"),
    (False, external(prefixes=["10.0.0.0/16"] * 2), "prefixes: expected each once, found 10.0.0.0/16 more than once"),
    (False, external(prefixes=["10.0.0.0/16", "10.0.1.0/24"]), "prefixes: 10.0.0.0/16 overlaps with 10.0.1.0/24"),
    (False, external(destination_prefixes=["::/0"]), "destination_prefixes: ::/0 is ipv6, of which there is no prefix"),
    (
        False,
        external(default_child_prefix_length=LENGTH),
        "default_child_prefix_length: a network of type external has",
    ),
    (False, external(additional_announcable_cidrs=["10.9.0.0/16"]), "additional_announcable_cidrs: a network of type"),
    (
        False,
        underlay(default_child_prefix_length=LENGTH),
        "default_child_prefix_length: a network of type underlay has",
    ),
    (False, underlay(additional_announcable_cidrs=["10.9.0.0/16"]), "additional_announcable_cidrs: a network of type"),
    (False, underlay(nat_type="ipv4-masq"), "nat_type: a network of type underlay has none"),
    (False, new("super"), "default_child_prefix_length: a new network of type super needs it"),
    (False, new("super", default_child_prefix_length={"ipv6": 64}), "default_child_prefix_length.ipv4: needed, for"),
    (False, new("super", default_child_prefix_length={"ipv4": 22, "ipv6": 64}), "length.ipv6: there is no ipv6 prefix"),
    (False, new("super", default_child_prefix_length={"ipv4": 16}), "expected more than the 16 bits of 10.0.0.0/16"),
    (
        True,
        external(prefixes=["10.130.0.0/24"]),
        "network other: prefixes: 10.130.0.0/24 overlaps with 10.128.0.0/14 of",
    ),
    (True, new("external", vrf=7), "network other: vrf: 7 is that of network super"),
    (
        True,
        new("super", partition="fra-equ01", default_child_prefix_length=LENGTH),
        "network other: partition: fra-equ01 takes one of type super, which is network super",
    ),
    (True, entry(type="external"), f"type: is 'super', not 'external', {ONCE}"),
    (True, entry(partition="muc"), f"partition: is 'fra-equ01', not 'muc', {ONCE}"),
    (True, entry(project=PROJECT[:-1] + "b"), ONCE),
    (True, entry(vrf=9), f"vrf: is 7, not 9, {ONCE}"),
    (True, entry(prefixes=[]), "prefixes: cannot be emptied: to both APIs an empty list means no change"),
    (True, entry(destination_prefixes=[]), "destination_prefixes: cannot be emptied: to both APIs an empty list means"),
    (True, entry(default_child_prefix_length={}), "default_child_prefix_length: cannot be emptied: a super network"),
    (True, entry(default_child_prefix_length=LENGTH), "default_child_prefix_length.ipv6: needed, for there are ipv6"),
    (True, entry(default_child_prefix_length={"ipv4": 14, "ipv6": 64}), "ipv4: expected more than the 14 bits of"),
    (True, entry(prefixes=["10.128.0.0/14", "2001:db8::/65"]), "ipv6: expected more than the 65 bits of 2001:db8::/65"),
]

NETWORK = Case(
    kind="network",
    plural="networks",
    module=metal_network,
    info=metal_network_info,
    new={"v1": V1, "v2": V2},
    change={
        "description": "of some projects",
        "prefixes": ["10.128.0.0/14", "10.132.0.0/14", "2001:db8::/48"],
        "default_child_prefix_length": {"ipv4": 24, "ipv6": 64},
        "additional_announcable_cidrs": ["10.224.0.0/12", "10.240.0.0/12"],
    },
    # Its own table last, for it is emptied then.
    users={
        "v1": [
            ("machine", {"id": MACHINE, "allocation": {"networks": [{"networkid": "super"}]}}),
            ("ip", {"ipaddress": "10.128.0.9", "networkid": "super", "networkprefix": "10.128.0.0/14"}),
            ("network", {"id": "tenant", "parentnetworkid": "super", "networktype": "child"}),
        ],
        "v2": [
            (
                "machine",
                machine_pb2.Machine(
                    uuid=MACHINE,
                    allocation=machine_pb2.MachineAllocation(networks=[machine_pb2.MachineNetwork(network="super")]),
                ),
            ),
            ("ip", ip_pb2.IP(ip="10.128.0.9", network="super")),
            (
                "network",
                network_pb2.Network(id="tenant", parent_network="super", type=network_pb2.NETWORK_TYPE_CHILD),
            ),
        ],
    },
    told=(f"1 machine ({MACHINE})", "1 IP (10.128.0.9)", "1 network (tenant)"),
    refused={
        "v1": [
            *BOTH,
            (False, new("super-namespaced"), "type: API v1 makes none that is super-namespaced"),
            (
                False,
                new("super", min_child_prefix_length=LENGTH),
                "min_child_prefix_length: API v1 has no least length",
            ),
            (
                False,
                new("super", nat_type="ipv4-masq", default_child_prefix_length=LENGTH),
                "nat_type: a network of type super has none",
            ),
            (True, entry(nat_type="ipv4-masq"), "nat_type: is 'none', not 'ipv4-masq', and stays so: API v1 takes it"),
            (
                True,
                entry(
                    prefixes=["10.128.0.0/22", "2001:db8::/48"], default_child_prefix_length={"ipv4": 24, "ipv6": 64}
                ),
                "prefixes: API v1 looks at the child prefix length that was there: ipv4: expected more than the 22",
            ),
        ],
        "v2": [
            *BOTH,
            (False, new("external"), "vrf: a new network of type external needs it"),
            (
                False,
                external(min_child_prefix_length=LENGTH),
                "min_child_prefix_length: a network of type external has",
            ),
            (False, new("underlay"), "partition: a new network of type underlay needs it"),
            (False, underlay(project=PROJECT), "project: a network of type underlay has none"),
            (False, underlay(vrf=8), "vrf: a network of type underlay has none"),
            (
                False,
                underlay(destination_prefixes=["0.0.0.0/0"]),
                "destination_prefixes: a network of type underlay has",
            ),
            (
                False,
                underlay(min_child_prefix_length=LENGTH),
                "min_child_prefix_length: a network of type underlay has",
            ),
            (False, underlay(prefixes=["2001:db8::/48"]), "prefixes: to API v2 an underlay has IPv4 only"),
            (
                False,
                new("super-namespaced", partition="fra", default_child_prefix_length=LENGTH),
                "partition: a network of type super-namespaced has none",
            ),
            (
                False,
                new("super", default_child_prefix_length=LENGTH, min_child_prefix_length={"ipv4": 8}),
                "min_child_prefix_length.ipv4: expected more than the 16 bits of 10.0.0.0/16, found 8",
            ),
            (True, entry(min_child_prefix_length={"ipv4": 19}), "and stays so: API v2 leaves a change of it undone"),
            (
                True,
                entry(prefixes=["10.0.0.0/8", "2001:db8::/48"], default_child_prefix_length={"ipv4": 12, "ipv6": 64}),
                "API v2 looks at the prefixes that were there: ipv4: expected more than the 14 bits of 10.128.0.0/14",
            ),
            (False, external(name="x"), "name: must be within 2 and 128 characters"),
            (False, external(project="x"), "project: must be a valid UUID"),
            (
                False,
                new("super", prefixes=["2001:db8::/48"], default_child_prefix_length={"ipv6": 129}),
                "default_child_prefix_length.ipv6: must be greater than 0 and less than or equal to 128",
            ),
        ],
    },
    chosen=(
        ({"type": "super"}, {"type": "external"}),
        ({"partition": "fra-equ01"}, {"partition": "muc"}),
        ({"project": PROJECT}, {"project": MACHINE}),
        ({"parent_network": ""}, {"parent_network": "super"}),
    ),
)
