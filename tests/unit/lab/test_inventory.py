from __future__ import annotations

import json
import stat

import pytest

from lab import inventory, secrets, topology
from plugins.plugin_utils._site import authority


def test_hosts_are_in_their_groups_with_their_addresses():
    composed = inventory.compose(topology.parse_hosts("server1,agent1"), {"site_k3s_version": "v1"})

    assert composed["k3s_servers"] == {"hosts": ["server1"]}
    assert composed["k3s_agents"] == {"hosts": ["agent1"]}
    assert composed["_meta"]["hostvars"]["agent1"] == {"ansible_host": "198.51.100.31"}
    assert composed["all"]["vars"] == {"site_k3s_version": "v1"}


def test_services_run_on_the_servers_unless_told_otherwise():
    composed = inventory.compose(topology.parse_hosts("3"), {})

    assert composed["time_servers"] == {"children": ["k3s_servers"]}
    assert composed["dns_servers"] == {"hosts": [], "children": ["k3s_servers"]}
    assert composed["monitoring_servers"] == {"children": ["dns_servers"]}
    assert set(composed["all"]["children"]) == set(composed) - {"all", "_meta"}


def test_a_name_server_of_its_own_stands_beside_those_of_the_cluster_and_is_not_the_primary():
    hosts = topology.parse_hosts("server1,server2,server3,ns1")

    assert inventory.compose(hosts, {})["dns_servers"] == {"hosts": ["ns1"], "children": ["k3s_servers"]}
    assert inventory.primary(hosts) == {"site_dns_primary": "server1"}
    assert inventory.primary(topology.parse_hosts("3")) == {}


@pytest.mark.parametrize(
    ("hosts", "locations"),
    [
        ("server1,standby1", {"server1": "a", "standby1": "b"}),
        ("server1,ns1,storage1", {"server1": "a", "ns1": "b", "storage1": "a"}),
        ("server1,storage1,offsite1", {}),
    ],
    ids=["a standby elsewhere", "a name server elsewhere", "backups alone elsewhere"],
)
def test_hosts_have_a_location_where_the_site_has_two(hosts, locations):
    known = inventory.compose(topology.parse_hosts(hosts), {})["_meta"]["hostvars"]

    assert {name: found["site_location"] for name, found in known.items() if "site_location" in found} == locations


@pytest.mark.parametrize(
    ("hosts", "active", "addresses"),
    [
        ("3", "a", ["198.51.100.10", "198.51.100.9"]),
        ("server1,agent1", "a", ["", ""]),
        ("server1,standby1,ns1", "a", ["", "198.51.100.9"]),
        ("server1,standby1,ns1", "b", ["", "203.0.113.9"]),
        ("server1,standby1", "b", ["", ""]),
    ],
)
def test_addresses_move_between_several_servers_only(hosts, active, addresses):
    found = inventory.place(topology.parse_hosts(hosts), active)

    assert [found["site_api_vip"], found["site_dns_address"]] == addresses


def test_secrets_are_long_made_once_and_for_root_alone(tmp_path):
    file = tmp_path / "secrets.json"
    secrets.ensure(file)
    first = secrets.read(file)
    secrets.ensure(file)

    assert set(first) == set(secrets.NAMES)
    assert all(len(value) >= 32 for value in first.values())
    assert len(set(first.values())) == len(first)
    assert secrets.read(file) == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_authority_is_a_real_one_and_missing_secrets_join_the_others(tmp_path):
    file = tmp_path / "secrets.json"
    file.write_text(json.dumps({"site_k3s_token": "kept"}))
    secrets.ensure(file)
    found = secrets.read(file)

    assert found["site_k3s_token"] == "kept"
    assert authority.problem(found["site_ca"]) == ""
