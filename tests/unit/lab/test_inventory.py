from __future__ import annotations

import stat

from lab import inventory, secrets, topology


def test_hosts_are_in_their_groups_with_their_addresses():
    composed = inventory.compose(topology.parse_hosts("server1,agent1"), {"site_k3s_version": "v1"})

    assert composed["k3s_servers"] == {"hosts": ["server1"]}
    assert composed["k3s_agents"] == {"hosts": ["agent1"]}
    assert composed["_meta"]["hostvars"]["agent1"] == {"ansible_host": "198.51.100.31"}
    assert composed["all"]["vars"] == {"site_k3s_version": "v1"}


def test_services_run_on_the_servers_unless_told_otherwise():
    composed = inventory.compose(topology.parse_hosts("3"), {})

    assert composed["dns_servers"] == {"children": ["k3s_servers"]}
    assert set(composed["all"]["children"]) == set(composed) - {"all", "_meta"}


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
