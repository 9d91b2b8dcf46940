"""What is wrong with networks as they would be."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kinds import network_rules


def network(kind="super", prefixes=("10.0.0.0/16",), bits=22, **fields):
    length = {"ipv4": bits} if kind == "super" else {}
    return {"type": kind, "prefixes": list(prefixes), "default_child_prefix_length": length, **fields}


CHILD = network("child", ["10.0.4.0/22"], parent_network="a")


@pytest.mark.parametrize(
    ("version", "networks", "sent", "expected"),
    [
        ("v2", {"b": network(prefixes=["10.1.0.0/16"])}, {}, []),
        (
            "v2",
            {"b": network(prefixes=["10.0.8.0/24"])},
            {},
            ["prefixes: 10.0.0.0/16 overlaps with 10.0.8.0/24 of network b"],
        ),
        ("v2", {"b": CHILD}, {}, []),
        ("v2", {"b": network("external", ["10.1.0.0/16"], vrf=7)}, {"vrf": 7}, ["vrf: 7 is that of network b"]),
        (
            "v1",
            {"b": network(prefixes=["10.1.0.0/16"], partition="p")},
            {"partition": "p"},
            ["partition: p takes one of type super, which is network b"],
        ),
        (
            "v2",
            {},
            {"prefixes": ["10.0.0.0/16", "10.0.64.0/18"]},
            ["prefixes: 10.0.0.0/16 overlaps with 10.0.64.0/18"],
        ),
        (
            "v2",
            {},
            {"prefixes": ["10.0.0.0/22"]},
            ["default_child_prefix_length.ipv4: expected more than the 22 bits of 10.0.0.0/22, found 22"],
        ),
        (
            "v1",
            {},
            {"destination_prefixes": ["::/0"]},
            ["destination_prefixes: ::/0 is ipv6, of which there is no prefix"],
        ),
    ],
)
def test_a_new_network_is_held_against_itself_and_all_others(version, networks, sent, expected):
    new = network(**sent)
    problems = network_rules.sound(version, {"a": new, **networks}, {"a": new})
    assert problems == [f"network a: {one}" for one in expected]


def test_networks_that_overlapped_before_are_no_matter_of_another_field():
    networks = {"a": network(), "b": network()}
    assert network_rules.sound("v2", networks, {"a": {"description": "x"}}) == []


@pytest.mark.parametrize(
    ("sent", "v1", "v2"),
    [
        ({"description": "x"}, 0, 0),
        ({"prefixes": ["10.0.0.0/16", "10.1.0.0/16"]}, 0, 0),
        ({"prefixes": ["10.0.0.0/16", "fd00::/48"]}, 1, 1),
        ({"prefixes": ["10.0.0.0/16", "10.1.0.0/24"], "default_child_prefix_length": {"ipv4": 26}}, 1, 0),
        ({"prefixes": ["10.0.0.0/8"], "default_child_prefix_length": {"ipv4": 12}}, 0, 1),
    ],
)
def test_what_a_server_holds_against_the_rest_as_it_was_is_not_done_at_once(sent, v1, v2):
    assert len(network_rules.at_once("v1", network(), sent)) == v1
    assert len(network_rules.at_once("v2", network(), sent)) == v2
