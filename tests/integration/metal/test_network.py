"""What is of networks alone: child networks of projects, prefixes in use, and what both servers do not do at once."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.modules import metal_network, metal_network_info
from case_network import V1 as SUPER
from metalstack.api.v2 import ip_pb2, network_pb2

OTHERS = {
    "v1": [
        {"id": "internet", "type": "external", "prefixes": ["198.51.100.0/24"], "nat_type": "ipv4-masq"},
        {"id": "underlay", "type": "underlay", "prefixes": ["10.1.0.0/22"]},
        {"id": "plain", "type": "super", "prefixes": ["10.2.0.0/16"], "default_child_prefix_length": {"ipv4": 24}},
    ],
    "v2": [
        {"id": "internet", "type": "external", "prefixes": ["198.51.100.0/24"], "nat_type": "ipv4-masq", "vrf": 9},
        {"id": "underlay", "type": "underlay", "prefixes": ["10.1.0.0/22"], "partition": "fra-equ01"},
        {
            "id": "spaced",
            "type": "super-namespaced",
            "prefixes": ["10.2.0.0/16"],
            "default_child_prefix_length": {"ipv4": 24},
        },
    ],
}


def bring(server: Any, call: Any, *entries: Any, **options: Any) -> dict[str, Any]:
    result: dict[str, Any] = call(server, metal_network, networks=list(entries), **options)
    assert "failed" not in result, result["msg"]
    return result


def refused(server: Any, call: Any, *entries: Any, **options: Any) -> str:
    """What is said of these."""
    server.world.requests.clear()
    result = call(server, metal_network, networks=list(entries), **options)
    assert result["failed"]
    assert server.world.writes() == []
    return str(result["msg"])


def put_child(server: Any, prefix: str = "10.128.4.0/22") -> None:
    """A project has got a network of the super network."""
    row: Any = {"id": "tenant", "networktype": "child", "parentnetworkid": "super", "prefixes": [prefix], "vrf": 33}
    if server.version == "v2":
        row = network_pb2.Network(
            id="tenant", type=network_pb2.NETWORK_TYPE_CHILD, parent_network="super", prefixes=[prefix], vrf=33
        )
    server.tables["network"].put(row)


def put_ip(server: Any, address: str, prefix: str) -> None:
    row: Any = {"ipaddress": address, "networkid": "super", "networkprefix": prefix}
    server.tables["ip"].put(row if server.version == "v1" else ip_pb2.IP(ip=address, network="super"))


def test_every_type_is_made_and_read_as_it_was_given(server: Any, call: Any) -> None:
    entries = OTHERS[server.version]
    made = bring(server, call, *entries)
    assert made["created"] == [one["id"] for one in entries]
    for given, read in zip(entries, made["networks"], strict=True):
        assert {name: read[name] for name in given} == given
        assert read["parent_network"] == ""
    assert bring(server, call, *entries)["changed"] is False


def test_child_networks_are_read_with_their_parent(server: Any, call: Any) -> None:
    put_child(server)
    (read,) = call(server, metal_network_info)["networks"]
    assert (read["type"], read["parent_network"], read["prefixes"]) == ("child", "super", ["10.128.4.0/22"])


def test_exact_leaves_child_networks_alone(server: Any, call: Any) -> None:
    bring(server, call, SUPER, *OTHERS[server.version])
    put_child(server)
    result = bring(server, call, SUPER, mode="exact")
    assert sorted(result["removed"]) == sorted(one["id"] for one in OTHERS[server.version])
    assert sorted(server.tables["network"].rows) == ["super", "tenant"]


@pytest.mark.parametrize("fields", [{"state": "absent"}, {"description": "mine"}, {}])
def test_a_child_network_is_its_projects(server: Any, call: Any, fields: dict[str, str]) -> None:
    put_child(server)
    said = refused(server, call, {"id": "tenant", **fields})
    assert "network tenant: is a child network of super: its project manages it" in said


def test_a_prefix_of_a_child_does_not_clash_with_its_parents(server: Any, call: Any) -> None:
    bring(server, call, SUPER)
    put_child(server)
    changed = {"id": "super", "prefixes": [*SUPER["prefixes"], "10.132.0.0/14"]}
    assert bring(server, call, changed)["updated"] == ["super"]


def test_a_vrf_of_a_child_is_taken(server: Any, call: Any) -> None:
    put_child(server)
    said = refused(server, call, {**OTHERS[server.version][0], "vrf": 33})
    assert "network internet: vrf: 33 is that of network tenant" in said


def test_two_new_networks_in_each_others_way_are_told_once(server: Any, call: Any) -> None:
    one = OTHERS[server.version][0]
    said = refused(server, call, one, {**one, "id": "other", "vrf": 10})
    same = "198.51.100.0/24"
    assert said == f"Nothing was changed. network internet: prefixes: {same} overlaps with {same} of network other"


def test_a_prefix_stays_while_there_are_ips_or_children_of_it(server: Any, call: Any) -> None:
    given = {**SUPER, "prefixes": ["10.128.0.0/14", "10.132.0.0/14", "10.136.0.0/14", "2001:db8::/48"]}
    bring(server, call, given)
    put_child(server)
    put_ip(server, "10.132.0.1", "10.132.0.0/14")
    said = refused(server, call, {"id": "super", "prefixes": ["2001:db8::/48"]})
    assert said.split("network super: ")[1:] == [
        "prefixes: 10.128.0.0/14 is not dropped while it is used by 1 network (tenant); ",
        "prefixes: 10.132.0.0/14 is not dropped while it is used by 1 IP (10.132.0.1)",
    ]
    smaller = ["10.128.0.0/14", "10.132.0.0/14", "2001:db8::/48"]
    assert bring(server, call, {"id": "super", "prefixes": smaller})["networks"][0]["prefixes"] == smaller


def test_what_may_be_announced_is_taken_away_while_there_are_no_children_only(server: Any, call: Any) -> None:
    bring(server, call, SUPER)
    less = {"id": "super", "additional_announcable_cidrs": []}
    put_child(server)
    said = refused(server, call, less)
    assert "10.240.0.0/12 not removed while there may be routes to it in 1 network (tenant)" in said
    more = {"id": "super", "additional_announcable_cidrs": ["10.224.0.0/12", "10.240.0.0/12"]}
    assert bring(server, call, more)["networks"][0]["additional_announcable_cidrs"] == [
        "10.224.0.0/12",
        "10.240.0.0/12",
    ]
    del server.tables["network"].rows["tenant"]
    assert bring(server, call, less)["networks"][0]["additional_announcable_cidrs"] == []


def test_a_super_network_gets_no_family_later(server: Any, call: Any) -> None:
    """Once it had the prefix alone, API v2 would refuse every update that followed."""
    bring(server, call, OTHERS[server.version][2])
    more = {
        "id": OTHERS[server.version][2]["id"],
        "prefixes": ["10.2.0.0/16", "2001:db8::/48"],
        "default_child_prefix_length": {"ipv4": 24, "ipv6": 64},
    }
    said = refused(server, call, more)
    assert "prefixes: 2001:db8::/48: neither API adds a family to a super network: make another one" in said


def test_destinations_of_a_new_family_come_after_its_prefix_by_api_v2(server: Any, call: Any) -> None:
    bring(server, call, OTHERS[server.version][0])
    prefixes = {"id": "internet", "prefixes": ["198.51.100.0/24", "2001:db8::/48"]}
    destinations = {"id": "internet", "destination_prefixes": ["::/0"]}
    if server.version == "v2":
        said = refused(server, call, {**prefixes, **destinations})
        assert "destination_prefixes: ::/0 is ipv6, of which there is no prefix; change the prefixes before" in said
        bring(server, call, prefixes)
    result = bring(server, call, {**prefixes, **destinations})
    assert result["networks"][0]["destination_prefixes"] == ["::/0"]


def test_a_new_description_leaves_prefixes_and_announcements_alone(server: Any, call: Any) -> None:
    (made,) = bring(server, call, SUPER)["networks"]
    (read,) = bring(server, call, {"id": "super", "description": "x"})["networks"]
    assert {**made, "description": "x", "updated_at": "", "generation": 0} == {
        **read,
        "updated_at": "",
        "generation": 0,
    }


@pytest.mark.parametrize("server", ["v2"], indirect=True)
def test_nat_changes_by_api_v2(server: Any, call: Any) -> None:
    bring(server, call, OTHERS["v2"][0])
    assert bring(server, call, {"id": "internet", "nat_type": "none"})["networks"][0]["nat_type"] == "none"


def test_a_prefix_moves_from_one_network_to_another(server: Any, call: Any) -> None:
    """The one that gets it stands before the one that gives it away."""
    a, b = OTHERS[server.version][0], {**OTHERS[server.version][0], "id": "dmz", "prefixes": ["203.0.113.0/25"]}
    b = {**b, "vrf": 10, "prefixes": ["203.0.113.0/25", "203.0.113.128/25"]}
    bring(server, call, a, b)
    moved = [
        {"id": "internet", "prefixes": ["198.51.100.0/24", "203.0.113.128/25"]},
        {"id": "dmz", "prefixes": ["203.0.113.0/25"]},
    ]
    assert bring(server, call, *moved)["updated"] == ["dmz", "internet"]
    assert bring(server, call, *moved)["changed"] is False
