from __future__ import annotations

import pytest

from lab import topology
from lab.errors import LabError


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ["server1", "server2", "server3"]),
        ("1", ["server1"]),
        ("5", ["server1", "server2", "server3", "server4", "server5"]),
        ("server1,agent1", ["server1", "agent1"]),
        (" agent1 , server2 ", ["server2", "agent1"]),
        ("server1,server1", ["server1"]),
        ("server3,server1", ["server1", "server3"]),
        ("server1,server2,storage1,offsite1", ["server1", "server2", "storage1", "offsite1"]),
    ],
)
def test_lab_hosts_is_a_count_or_a_list(text, names):
    assert [host.name for host in topology.parse_hosts(text)] == names


@pytest.mark.parametrize("text", ["0", "10", "web1", "server0", "server01", "server", "server1,mail1", ","])
def test_a_host_the_lab_has_no_room_for_is_refused(text):
    with pytest.raises(LabError):
        topology.parse_hosts(text)


@pytest.mark.parametrize(
    ("name", "cidr", "group", "controller"),
    [
        ("server1", "198.51.100.11/24", "k3s_servers", "198.51.100.1"),
        ("server3", "198.51.100.13/24", "k3s_servers", "198.51.100.1"),
        ("agent1", "198.51.100.31/24", "k3s_agents", "198.51.100.1"),
        ("storage1", "198.51.100.41/24", "storage_servers", "198.51.100.1"),
        ("offsite1", "203.0.113.41/24", "storage_servers", "203.0.113.1"),
        ("standby1", "203.0.113.11/24", "standby_servers", "203.0.113.1"),
    ],
)
def test_a_host_has_its_address_its_group_and_its_site(name, cidr, group, controller):
    host = topology.host(name)

    assert (host.cidr, host.group, str(host.site.controller)) == (cidr, group, controller)


def test_no_two_hosts_share_an_address_and_none_has_the_vip_or_a_load_balancers():
    every = [topology.host(f"{role.kind}{n}") for role in topology.ROLES for n in range(1, role.room + 1)]
    addresses = {host.address for host in every}

    assert len(addresses) == len(every)
    assert topology.API_VIP not in addresses
    assert all(int(address) & 255 < 200 for address in addresses)


def test_the_second_site_is_built_only_for_a_host_in_it():
    assert topology.sites(topology.parse_hosts("3")) == (topology.SITE_A,)
    assert topology.sites(topology.parse_hosts("server1,standby1")) == (topology.SITE_A, topology.SITE_B)


def test_a_group_without_hosts_is_still_there():
    assert topology.groups(topology.parse_hosts("1")) == {
        "k3s_servers": ["server1"],
        "k3s_agents": [],
        "storage_servers": [],
        "dns_servers": [],
        "standby_servers": [],
    }
