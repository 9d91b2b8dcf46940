"""What a network of a type has, and has not."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kinds import network_types

BITS = {"ipv4": 22}


@pytest.mark.parametrize(
    ("new", "v1", "v2"),
    [
        ({"type": "external", "vrf": 1}, [], []),
        ({"type": "external"}, [], ["vrf: a new network of type external needs it"]),
        ({"type": "underlay", "partition": "p"}, [], []),
        ({"type": "underlay"}, [], ["partition: a new network of type underlay needs it"]),
        (
            {"type": "underlay", "partition": "p", "vrf": 1, "prefixes": ["fd00::/64"]},
            [],
            ["vrf: a network of type underlay has none", "prefixes: to API v2 an underlay has IPv4 only"],
        ),
        ({"type": "super", "default_child_prefix_length": BITS, "nat_type": "none"}, [], []),
        (
            {"type": "super", "nat_type": "ipv4-masq"},
            [
                "default_child_prefix_length: a new network of type super needs it",
                "nat_type: a network of type super has none",
            ],
            ["default_child_prefix_length: a new network of type super needs it"],
        ),
        (
            {"type": "super-namespaced", "default_child_prefix_length": BITS},
            ["type: API v1 makes none that is super-namespaced"],
            [],
        ),
    ],
)
def test_a_new_network_has_what_its_type_needs_and_nothing_else(new, v1, v2):
    assert network_types.unfit("v1", new, new) == v1
    assert network_types.unfit("v2", new, new) == v2


@pytest.mark.parametrize(
    ("kind", "problems"), [("external", 1), ("underlay", 1), ("super", 0), ("super-namespaced", 0)]
)
def test_a_change_gives_children_to_super_networks_alone(kind, problems):
    sent = {"default_child_prefix_length": BITS}
    assert len(network_types.unfit("v2", {"type": kind}, sent)) == problems


@pytest.mark.parametrize(
    ("fields", "child"),
    [
        ({"type": "child"}, True),
        ({"type": "child-shared"}, True),
        ({"type": "", "parent_network": "super"}, True),
        ({"type": "super", "parent_network": ""}, False),
        ({}, False),
    ],
)
def test_a_child_is_known_by_its_type_or_parent(fields, child):
    assert network_types.is_child(fields) is child
