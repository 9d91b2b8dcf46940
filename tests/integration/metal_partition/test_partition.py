"""A partition from its description at the API to its leaves."""

from __future__ import annotations

import pytest
from devices import EDIT_KEY, Partition

WHOLE = ["mgmt01 dhcp", "leaf01 sonic-config", "leaf01 metal-core", "leaf02 sonic-config", "leaf02 metal-core"]


def written(partition: Partition) -> list[str]:
    """What was asked of the API besides what is there."""
    return [one for one in partition.api.world.requests if not one.startswith("GET ")]


def test_a_partition_is_deployed_in_its_order_and_a_second_run_changes_nothing(partition: Partition):
    partition.register("leaf01", "leaf02")
    told = partition.deploy("--check", "--diff")
    assert told.changed > 0
    assert (partition.order(), partition.api.tables["partition"].rows) == ([], {})
    first = partition.deploy()
    assert partition.order() == WHOLE
    leaf = partition.written("leaf02.metal-core")
    assert leaf == f"rack rack01 of fra at api.metal.example.org key {EDIT_KEY} image v0.22.19\n"
    assert partition.written("leaf01.sonic-config") == "asn 4200000001\n"
    tables = partition.api.tables
    assert {"fra", "c1-large", "super-fra"} == {
        *tables["partition"].rows,
        *tables["size"].rows,
        *tables["network"].rows,
    }
    assert partition.deploy().changed == 0
    assert partition.order() == WHOLE
    partition.hosts["leaf02"]["metal_core_rack_id"] = "rack02"
    third = partition.deploy()
    assert "leaves: variables: leaf02.metal_core_rack_id" in third.output
    assert partition.order() == [*WHOLE, *WHOLE[1:]]
    logs = (partition.directory / "state/.runs/initial").glob("fra-*.log")
    assert EDIT_KEY not in first.output + third.output + "".join(one.read_text() for one in logs)


def test_a_leaf_that_does_not_answer_keeps_the_other_half_from_being_touched(partition: Partition):
    # Nobody listens there.
    lost = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
    partition.hosts["leaf01"] |= lost
    partition.more = {"answer_timeout": 30}
    run = partition.deploy(fails=True)
    assert "leaves: task 'Wait for an answer'" in run.output
    assert partition.order() == WHOLE[:1]
    partition.hosts["leaf01"]["ansible_connection"] = "local"
    partition.register("leaf01", "leaf02")
    partition.deploy()
    # The servers are as they should be; the leaves did not come to their end.
    assert partition.order() == WHOLE


def test_a_leaf_that_is_lost_in_the_midst_keeps_the_other_half_from_being_touched(partition: Partition):
    partition.hosts["leaf01"]["device_lost"] = True
    run = partition.deploy(fails=True)
    assert "leaves: task 'metal-roles/partition/roles/sonic-config : Lose the connection'" in run.output
    assert partition.order() == WHOLE[:1]


def test_all_mistakes_are_told_at_once_before_anything_is_touched(partition: Partition):
    del partition.hosts["leaf01"]["metal_core_rack_id"]
    network = {"id": "super-fra", "type": "super", "partition": "fra", "prefixes": ["100.72.0.0/14"]}
    partition.more = {"networks": [network], "redeploy": ["leafs"]}
    output = partition.deploy(fails=True).output
    assert "leaf01 lacks metal_core_rack_id, which the roles of leaves take" in output
    assert "super-fra (100.72.0.0/14) and headscale (100.64.0.0/10) overlap" in output
    assert "redeploy: leafs is none" in output
    assert (partition.order(), written(partition)) == ([], [])


def test_another_release_than_that_of_the_control_plane_is_refused_before_anything_is_touched(partition: Partition):
    partition.tag = "v0.22.20"
    output = partition.deploy(fails=True).output
    assert "the control plane is at v0.22.19, and the partition would be at v0.22.20" in output
    assert (partition.order(), written(partition)) == ([], [])
    assert not (partition.directory / "state/initial").exists()


def test_what_a_partition_needs_and_nobody_defines_is_told_at_once(partition: Partition):
    partition.more = {"needs": {"sizes": ["m1-large"], "images": ["firewall-3.0"], "networks": ["internet"]}}
    output = partition.deploy(fails=True).output
    for name in ("sizes: m1-large", "images: firewall-3.0", "networks: internet"):
        assert f"{name} is defined by nobody, and needs name it" in output
    assert (partition.order(), partition.api.tables["partition"].rows) == ([], {})


@pytest.mark.parametrize("had", [(), ("leaf02",)], ids=["is no switch", "has taken it before"])
def test_a_leaf_that_takes_no_configuration_once_it_is_deployed_is_named(partition: Partition, had: tuple[str, ...]):
    partition.register("leaf01")
    partition.have(*had)
    output = partition.deploy(fails=True).output
    assert partition.order() == WHOLE
    assert "leaf02: expected to be registered as a switch of partition fra" in output
    assert "leaf01, leaf02" not in output
    # What it had taken before is not enough for the next run either.
    again = partition.deploy(fails=True).output
    assert "leaves: nobody has seen that its leaves took their configuration" in again
    assert "leaf02: expected to be registered as a switch of partition fra" in again
    assert partition.order() == [*WHOLE, *WHOLE[1:]]
