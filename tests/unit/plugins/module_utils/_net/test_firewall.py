from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._net.firewall import checked, cluster_rules, render

SERVERS = ["198.51.100.11", "198.51.100.12", "198.51.100.13"]
AGENTS = ["198.51.100.31"]


def by_name(rules: list) -> dict:
    return {rule["name"]: rule for rule in rules}


def test_only_servers_reach_etcd() -> None:
    rule = by_name(cluster_rules(SERVERS, AGENTS))["etcd"]
    assert rule["ports"] == ["2379-2380"]
    assert rule["sources"] == [f"{server}/32" for server in SERVERS]


@pytest.mark.parametrize("name", ["kubelet", "vxlan"])
def test_all_nodes_reach_each_other(name: str) -> None:
    assert by_name(cluster_rules(SERVERS, AGENTS))[name]["sources"] == [f"{node}/32" for node in SERVERS + AGENTS]


def test_an_agent_opens_neither_api_nor_etcd() -> None:
    assert set(by_name(cluster_rules(SERVERS, AGENTS, is_server=False))) == {"kubelet", "vxlan"}


def test_routers_reach_bgp_only_when_there_are_some() -> None:
    assert "bgp" not in by_name(cluster_rules(SERVERS))
    assert by_name(cluster_rules(SERVERS, bgp_peers=["198.51.100.1"]))["bgp"]["sources"] == ["198.51.100.1/32"]


def test_without_servers_nothing_is_composed_since_no_source_means_everyone() -> None:
    with pytest.raises(ValueError, match="no server"):
        cluster_rules([])


@pytest.mark.parametrize(
    "rule",
    [
        {"name": "x", "ports": []},
        {"name": "x", "ports": [0]},
        {"name": "x", "ports": ["90-80"]},
        {"name": "x", "ports": ["http"]},
        {"name": "x", "ports": [80], "protocol": "sctp"},
        {"name": 'x" accept; #', "ports": [80]},
        {"name": "x", "ports": [80], "sources": ["nowhere"]},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(rule: dict) -> None:
    with pytest.raises(ValueError):
        checked(rule)


def test_the_table_is_replaced_in_one_transaction_and_denies_by_default() -> None:
    text = render([], ssh_ports=[22])
    lines = text.splitlines()
    assert lines[1:3] == ["table inet metalstack_autonomous", "delete table inet metalstack_autonomous"]
    assert "    type filter hook input priority filter; policy drop;" in lines
    assert '    tcp dport { 22 } accept comment "ssh"' in lines
    assert "flush" not in text


def test_a_table_without_ssh_is_refused() -> None:
    with pytest.raises(ValueError, match="lock its operator out"):
        render([], ssh_ports=[])


def test_an_interface_name_cannot_carry_rules() -> None:
    with pytest.raises(ValueError, match="not the name of an interface"):
        render([], ssh_ports=[22], trusted_interfaces=['cni0" accept'])


def test_sources_of_both_families_become_two_rules() -> None:
    text = render(
        [{"name": "dns", "protocol": "udp", "ports": [53], "sources": ["198.51.100.0/24", "2001:db8::/32"]}], [22]
    )
    assert 'ip saddr { 198.51.100.0/24 } udp dport { 53 } accept comment "dns"' in text
    assert 'ip6 saddr { 2001:db8::/32 } udp dport { 53 } accept comment "dns"' in text


def test_pods_are_reached_from_outside_through_published_addresses_only() -> None:
    lines = render(
        [],
        ssh_ports=[22],
        trusted_networks=["198.18.0.0/16", "198.19.0.0/16"],
        forward_sources=["198.51.100.11"],
        published_networks=["198.51.100.192-198.51.100.207"],
    ).splitlines()
    forward = lines[lines.index("    type filter hook forward priority filter; policy accept;") :]
    assert [line.strip() for line in forward[1:5]] == [
        "ct state established,related accept",
        "ip saddr { 198.18.0.0/15, 198.51.100.11/32 } accept",
        "ct original ip daddr { 198.51.100.192/28 } accept",
        "ip daddr { 198.18.0.0/15 } counter drop",
    ]
