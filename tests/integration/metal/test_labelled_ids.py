"""Objects whose ids the servers make: a task's own is kept in a label."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.identity import IDENTIFIER
from ansible_collections.metalstack.autonomous.plugins.modules import (
    metal_size_reservation,
    metal_size_reservation_info,
)
from case_size_reservation import NEW
from metalstack.api.v2 import common_pb2, size_reservation_pb2
from objects import MANAGER

OTHERS = "00000000-0000-0000-0000-000000000002"


def reserve(server: Any, call: Any, *entries: Any, **options: Any) -> dict[str, Any]:
    result: dict[str, Any] = call(server, metal_size_reservation, size_reservations=list(entries), **options)
    assert "failed" not in result, result["msg"]
    return result


def refused(server: Any, call: Any, *entries: Any, **options: Any) -> str:
    """What is said of these."""
    server.world.requests.clear()
    result = call(server, metal_size_reservation, size_reservations=list(entries), **options)
    assert result["failed"]
    assert server.world.writes() == []
    return str(result["msg"])


def put(server: Any, name: str = OTHERS, **labels: str) -> None:
    """As somebody else made it."""
    fields = {"id": name, "name": "Others"}
    if server.version == "v1":
        row: Any = {**fields, "labels": labels, "sizeid": "m1", "partitionids": ["fra"], "projectid": NEW["project"]}
    else:
        row = size_reservation_pb2.SizeReservation(
            **fields,
            meta=common_pb2.Meta(labels=common_pb2.Labels(labels=labels)),
            size="m1",
            partitions=["fra"],
            project=NEW["project"],
            amount=1,
        )
    server.tables["size_reservation"].put(row)


def labels(server: Any) -> dict[str, str]:
    (row,) = server.tables["size_reservation"].rows.values()
    return dict(row["labels"] if server.version == "v1" else row.meta.labels.labels)


def test_the_servers_id_is_told_beside_the_tasks(server: Any, call: Any) -> None:
    (made,) = reserve(server, call, NEW)["size_reservations"]
    assert made["id"] == "storage-fra"
    assert [str(UUID(made["server_id"]))] == list(server.tables["size_reservation"].rows)
    assert labels(server) == {"cost": "7", IDENTIFIER: "storage-fra"}
    assert made["labels"] == {"cost": "7"}


def test_in_check_mode_there_is_the_tasks_id_alone(server: Any, call: Any) -> None:
    result = reserve(server, call, NEW, check=True)
    assert (result["created"], result["size_reservations"]) == (["storage-fra"], [NEW])
    assert server.world.writes() == []


def test_a_change_of_labels_keeps_the_one_of_the_id(server: Any, call: Any) -> None:
    reserve(server, call, NEW, owner="site-a")
    reserve(server, call, {"id": "storage-fra", "labels": {}}, mode="exact", owner="site-a")
    assert labels(server) == {MANAGER: "site-a", IDENTIFIER: "storage-fra"}


def test_one_that_no_task_made_has_the_servers_id(server: Any, call: Any) -> None:
    put(server, cost="8")
    assert reserve(server, call, {"id": OTHERS, "amount": 2})["updated"] == [OTHERS]
    assert labels(server) == {"cost": "8"}
    reserve(server, call, {"id": OTHERS, "labels": {"cost": "9"}})
    assert labels(server) == {"cost": "9"}
    assert reserve(server, call, {"id": OTHERS, "state": "absent"})["removed"] == [OTHERS]


def test_two_with_the_same_id_are_refused(server: Any, call: Any) -> None:
    put(server, **{IDENTIFIER: "storage-fra"})
    put(server, OTHERS[:-1] + "3", **{IDENTIFIER: "storage-fra"})
    result = call(server, metal_size_reservation_info)
    assert result["failed"]
    assert f"have this id (label {IDENTIFIER}): take it from one of them" in result["msg"]
    assert OTHERS in result["msg"]


def test_an_id_that_was_no_uuid_by_api_v1_is_refused_by_v2(servers: Any, call: Any) -> None:
    v1, v2 = servers["v1"], servers["v2"]
    change = {"id": "storage", "amount": 2}
    removal = {"id": "storage", "state": "absent"}
    for server in (v1, v2):
        server.reset()
        put(server, "storage")
    assert reserve(v1, call, change)["changed"]
    for entry in (change, removal):
        assert "size reservation storage: id: must be a valid UUID" in refused(v2, call, entry)
    assert reserve(v1, call, removal)["removed"] == ["storage"]


def test_an_empty_id_removes_nothing(server: Any, call: Any) -> None:
    put(server)
    assert "id: expected one, found an empty one" in refused(server, call, {"id": "", "state": "absent"})


def test_the_label_of_the_id_is_not_given(server: Any, call: Any) -> None:
    said = refused(server, call, {**NEW, "labels": {IDENTIFIER: "other"}})
    assert f"labels: {IDENTIFIER}: the id is set with id" in said
