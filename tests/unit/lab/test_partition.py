from __future__ import annotations

import pytest

from lab import partition, topology
from lab.errors import LabError

NAMES = ["server1", "server2", "server3"]


def rules(*groups, with_controller=False):
    hosts = [[topology.host(name) for name in group] for group in groups]
    ports = {host.name: f"vb-{host.name}" for group in hosts for host in group}
    return partition.ruleset(hosts, ports, with_controller)


@pytest.mark.parametrize(
    ("words", "groups"),
    [
        (["server1"], [["server1"], ["server2", "server3"]]),
        (["server1,server2"], [["server1", "server2"], ["server3"]]),
        (["server1", "server2"], [["server1"], ["server2"]]),
        (["server1", "server2,server3"], [["server1"], ["server2", "server3"]]),
        (["server1,server2,server3"], [["server1", "server2", "server3"]]),
    ],
)
def test_one_group_is_cut_from_the_rest_and_several_from_each_other(words, groups):
    assert partition.parse(words, NAMES) == groups


@pytest.mark.parametrize("words", [["server4"], ["server1", "server1"], ["server1,server1"]])
def test_a_stranger_or_a_host_on_two_sides_is_refused(words):
    with pytest.raises(LabError):
        partition.parse(words, NAMES)


def test_the_bridge_drops_both_directions():
    text = rules(["server1"], ["server2", "server3"])

    assert 'iifname { "vb-server1" } oifname { "vb-server2", "vb-server3" } drop' in text
    assert 'iifname { "vb-server2", "vb-server3" } oifname { "vb-server1" } drop' in text
    assert "ip saddr" not in text


def test_hosts_of_two_sites_are_cut_where_they_are_routed():
    text = rules(["server1"], ["standby1"])

    assert "ip saddr 198.51.100.11 ip daddr 203.0.113.11 drop" in text
    assert "ip saddr 203.0.113.11 ip daddr 198.51.100.11 drop" in text


def test_the_controller_reaches_a_cut_off_host_unless_asked_otherwise():
    only_hosts, controller_too = (rules(["server1"], ["server2"], with_controller=each) for each in (False, True))

    assert '    iifname { "vb-server1" } drop' not in only_hosts
    assert '    iifname { "vb-server1" } drop' in controller_too
    assert '    oifname { "vb-server1" } drop' in controller_too


def test_a_new_partition_replaces_the_old_one():
    assert rules(["server1"], ["server2"]).startswith(partition.cleared())


def test_what_is_cut_off_is_read_back():
    listing = """
    table bridge lab {
        chain forward {
            iifname "vb-a" oifname { "vb-b", "vb-c" } drop
            iifname { "vb-b", "vb-c" } oifname "vb-a" drop
        }
        chain input {
            iifname "vb-a" drop
        }
    }
    """

    assert partition.cut_off(listing) == {"vb-a": {"vb-b", "vb-c"}, "vb-b": {"vb-a"}, "vb-c": {"vb-a"}}
    assert partition.cut_off("") == {}
