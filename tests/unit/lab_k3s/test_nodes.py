from __future__ import annotations

from typing import Any

import pytest

from lab.k3s.standin import network, nodes
from lab.k3s.standin.etcd import Member

VOTER = Member("1", "server1-1", "https://198.51.100.11:2380", False)
LEARNER = Member("2", "server2-1", "https://198.51.100.12:2380", True)


def node(name: str, member: str = "", cidr: str = "", address: str = "") -> dict[str, Any]:
    return {
        "metadata": {"name": name, "annotations": {nodes.NAME: member}},
        "spec": {"podCIDR": cidr} if cidr else {},
        "status": {"addresses": [{"type": "InternalIP", "address": address}] if address else []},
    }


@pytest.mark.parametrize(
    ("member", "healthy", "state"),
    [
        ("server1-1", {"server1-1"}, "voter"),
        ("server2-1", {"server2-1"}, "learner"),
        ("server1-1", set(), "unhealthy"),
        ("server3-1", {"server1-1"}, "unjoined"),
    ],
)
def test_where_a_node_stands_in_etcd(member: str, healthy: set[str], state: str) -> None:
    assert nodes.state_of(node("server", member), [VOTER, LEARNER], healthy) == state


def test_every_other_node_with_a_range_and_an_address_is_a_route() -> None:
    listed = [
        node("server1", cidr="198.18.0.0/23", address="198.51.100.11"),
        node("server2", cidr="198.18.2.0/23", address="198.51.100.12"),
        node("fresh", address="198.51.100.13"),
        node("lost", cidr="198.18.6.0/23"),
    ]
    assert network.wanted_routes(listed, own="server1") == {"198.18.2.0/23": "198.51.100.12"}


class Patched:
    def __init__(self) -> None:
        self.said: list[tuple[str, Any]] = []

    def call(self, method: str, path: str, body: Any, kind: str) -> None:
        self.said.append((path, body["metadata"]["annotations"]))


def test_a_reset_cancels_every_removal_of_a_server() -> None:
    leaving, gone, staying, agent = node("server1"), node("server2"), node("server3"), node("agent1")
    for server in (leaving, gone, staying):
        server["metadata"]["labels"] = {nodes.ETCD_ROLE: "true"}
    leaving["metadata"]["annotations"][nodes.REMOVE] = "true"
    gone["metadata"]["annotations"][nodes.REMOVED] = "server2-1"
    agent["metadata"]["annotations"][nodes.REMOVE] = "true"
    api = Patched()
    nodes.cancel_removals(api, [leaving, gone, staying, agent])  # type: ignore[arg-type]
    none = {nodes.REMOVE: None, nodes.REMOVED: None}
    assert api.said == [("/api/v1/nodes/server1", none), ("/api/v1/nodes/server2", none)]
