"""Somebody else writes too: nothing of theirs is lost, and what was met is said."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.modules import metal_partition
from fake.world import Fault
from objects import description, partition, put_partition, touch

# Where a request that changes an object arrives.
UPDATE = {"v1": "POST /v1/partition", "v2": "PartitionService/Update"}
CREATE = {"v1": "PUT /v1/partition", "v2": "PartitionService/Create"}


def test_a_change_between_reading_and_writing_is_not_overwritten(server: Any, call: Any) -> None:
    put_partition(server)
    where = {"v1": "GET /v1/partition/fra", "v2": UPDATE["v2"]}[server.version]
    server.world.faults.append(Fault(where, meanwhile=lambda: touch(server)))
    result = call(server, metal_partition, partitions=[{"id": "fra", "description": "ours"}])
    assert result["failed"]
    assert "partition fra was not changed: " in result["msg"]
    assert "somebody else changed it meanwhile; run again" in result["msg"]
    assert description(server) == "theirs"
    again = call(server, metal_partition, partitions=[{"id": "fra", "description": "ours"}])
    assert (again["updated"], description(server)) == (["fra"], "ours")


@pytest.mark.parametrize("server", ["v1"], indirect=True)
def test_a_change_within_the_servers_own_update_is_not_overwritten(server: Any, call: Any) -> None:
    """metal-api tells it as bad input."""
    put_partition(server)
    server.world.faults.append(Fault("in the server's own handler", meanwhile=lambda: touch(server)))
    result = call(server, metal_partition, partitions=[{"id": "fra", "description": "ours"}])
    assert "somebody else changed it meanwhile" in result["msg"]
    assert description(server) == "theirs"


def test_one_that_somebody_else_made_meanwhile_is_left_to_them(server: Any, call: Any) -> None:
    server.world.faults.append(Fault(CREATE[server.version], meanwhile=lambda: put_partition(server, description="x")))
    result = call(server, metal_partition, partitions=[partition(description="ours")])
    assert "partition fra was not made: " in result["msg"]
    assert "entity already exists" in result["msg"]
    assert description(server) == "x"


def test_one_that_somebody_else_removed_meanwhile_is_told(server: Any, call: Any) -> None:
    put_partition(server)
    where = {"v1": "GET /v1/partition/fra", "v2": UPDATE["v2"]}[server.version]
    server.world.faults.append(Fault(where, meanwhile=lambda: server.tables["partition"].rows.clear()))
    result = call(server, metal_partition, partitions=[{"id": "fra", "description": "ours"}])
    assert "somebody else removed it meanwhile; run again" in result["msg"]


def test_one_that_is_to_go_and_is_gone_is_as_good(server: Any, call: Any) -> None:
    put_partition(server)
    where = {"v1": "DELETE ", "v2": "PartitionService/Delete"}[server.version]
    server.world.faults.append(Fault(where, meanwhile=lambda: server.tables["partition"].rows.clear()))
    result = call(server, metal_partition, partitions=[{"id": "fra", "state": "absent"}])
    assert (result["changed"], result["removed"]) == (True, ["fra"])


def test_what_one_object_meets_does_not_keep_the_others(server: Any, call: Any) -> None:
    put_partition(server)
    where = {"v1": "GET /v1/partition/fra", "v2": UPDATE["v2"]}[server.version]
    server.world.faults.append(Fault(where, meanwhile=lambda: touch(server)))
    result = call(server, metal_partition, partitions=[{"id": "fra", "description": "ours"}, partition("muc")])
    assert result["failed"]
    assert (result["changed"], result["created"], result["updated"]) == (True, ["muc"], [])
    assert len(result["problems"]) == 1
