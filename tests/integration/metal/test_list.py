"""A whole list in one call: merge and exact, labels, and URLs that are not there."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.modules import metal_image, metal_partition, metal_size
from case_size import constraint
from fake.world import Fault
from metalstack.api.v2 import machine_pb2, network_pb2, partition_pb2
from objects import MANAGER, image, labels, partition, put_partition

OURS = {MANAGER: "site-a"}
THEIRS = {MANAGER: "site-b"}


def ids(server: Any, kind: str = "partition") -> list[str]:
    return sorted(server.tables[kind].rows)


def test_forty_images_take_one_request_when_nothing_differs(server: Any, call: Any) -> None:
    images = [image(f"ubuntu-24.04.{number}") for number in range(40)]
    assert len(call(server, metal_image, images=images)["created"]) == 40
    server.world.requests.clear()
    assert call(server, metal_image, images=images)["changed"] is False
    assert len(server.world.requests) == 1


def test_merge_leaves_alone_what_is_not_given(server: Any, call: Any) -> None:
    put_partition(server, "muc")
    call(server, metal_partition, partitions=[partition()])
    assert ids(server) == ["fra", "muc"]


def test_exact_removes_what_is_not_given(server: Any, call: Any) -> None:
    put_partition(server, "muc")
    result = call(server, metal_partition, mode="exact", partitions=[partition()])
    assert (result["removed"], ids(server)) == (["muc"], ["fra"])


def test_exact_with_an_empty_list_needs_an_owner(server: Any, call: Any) -> None:
    put_partition(server, "ours", **OURS)
    put_partition(server, "muc")
    result = call(server, metal_partition, mode="exact", partitions=[])
    assert "mode exact without any partition would remove all 2" in result["msg"]
    call(server, metal_partition, mode="exact", owner="site-a", partitions=[])
    assert ids(server) == ["muc"]


def test_exact_removes_nothing_while_one_of_them_is_in_use(server: Any, call: Any) -> None:
    put_partition(server, "muc")
    put_partition(server, "ber")
    row: Any = {"id": "internet", "partitionid": "muc"}
    if server.version == "v2":
        row = network_pb2.Network(id="internet", partition="muc")
    server.tables["network"].put(row)
    result = call(server, metal_partition, mode="exact", partitions=[partition()])
    assert result["msg"].startswith("Nothing was changed. partition muc: not removed while it is used by 1 network")
    assert ids(server) == ["ber", "muc"]


def test_machines_elsewhere_keep_nothing(server: Any, call: Any) -> None:
    """A metal-apiserver that is asked for the machines of a partition may answer with all of them."""
    put_partition(server, "muc")
    put_partition(server)
    row: Any = {"id": "m", "partition": {"id": "fra"}}
    if server.version == "v2":
        row = machine_pb2.Machine(uuid="m", partition=partition_pb2.Partition(id="fra"))
    server.tables["machine"].put(row)
    assert call(server, metal_partition, partitions=[{"id": "muc", "state": "absent"}])["removed"] == ["muc"]


@pytest.mark.parametrize(
    ("mode", "given", "expected"),
    [
        ("merge", {"b": "2"}, {"a": "1", "b": "2", **OURS}),
        ("merge", {"a": None}, OURS),
        ("merge", {}, {"a": "1", **OURS}),
        ("merge", None, {"a": "1", **OURS}),
        ("exact", {"b": "2"}, {"b": "2", **OURS}),
        ("exact", {}, OURS),
        ("exact", None, {"a": "1", **OURS}),
        ("merge", {"a": 7}, {"a": "7", **OURS}),
    ],
)
def test_labels(server: Any, call: Any, mode: str, given: Any, expected: dict[str, str]) -> None:
    put_partition(server, a="1", **OURS)
    entry = {"id": "fra", **({} if given is None else {"labels": given})}
    task = {"owner": "site-a", "mode": mode, "partitions": [entry]}
    result = call(server, metal_partition, **task)
    assert labels(server) == expected
    assert result["partitions"][0]["labels"] == expected
    assert call(server, metal_partition, **task)["changed"] is False


def test_all_that_is_wrong_is_told_at_once(server: Any, call: Any) -> None:
    put_partition(server, "muc", **THEIRS)
    entries = [
        partition("a1", dns_servers=["x"]),
        partition("b1", ntp_servers=["not a name"]),
        {"id": "muc", "state": "absent"},
        partition("b1"),
    ]
    result = call(server, metal_partition, owner="site-a", partitions=entries)
    named = [problem.split(":")[0] for problem in result["problems"]]
    assert named == ["partition b1", "partition a1", "partition b1", "partition muc"]
    assert server.world.writes() == []


def test_every_url_that_is_not_there_is_told_with_its_image(server: Any, call: Any) -> None:
    server.world.dead_urls = {"https://img/debian-12", "https://img/debian-13"}
    names = ["debian-11", "debian-12", "debian-13", "debian-14"]
    result = call(server, metal_image, images=[image(name) for name in names])
    assert result["created"] == ["debian-11", "debian-14"]
    assert len(result["problems"]) == 2
    for name, problem in zip(("debian-12", "debian-13"), result["problems"], strict=True):
        assert problem.startswith(f"image {name} was not made: ")
        assert f"https://img/{name}" in problem


def test_a_url_that_does_not_change_is_not_asked_for_again(server: Any, call: Any) -> None:
    call(server, metal_image, images=[image()])
    call(server, metal_partition, partitions=[partition()])
    server.world.heads.clear()
    server.world.dead_urls = {"https://img/ubuntu-24.04", "https://img/fra/initrd"}
    assert call(server, metal_image, images=[image(description="new")])["updated"] == ["ubuntu-24.04"]
    assert call(server, metal_partition, partitions=[partition(description="new")])["updated"] == ["fra"]
    assert server.world.heads == []


def test_sizes_that_are_in_each_others_way_only_meanwhile_are_changed(server: Any, call: Any) -> None:
    def size(name: str, cores: int) -> dict[str, Any]:
        return {"id": name, "constraints": [constraint("cores", cores, cores)]}

    call(server, metal_size, sizes=[size("s1", 4), size("s2", 8), size("s3", 16)])
    result = call(server, metal_size, sizes=[size("s1", 8), size("s2", 16), size("s3", 32)])
    assert sorted(result["updated"]) == ["s1", "s2", "s3"]
    assert call(server, metal_size, sizes=[size("s1", 8), size("s2", 16), size("s3", 32)])["changed"] is False


def test_sizes_that_change_places_are_told_as_they_are(server: Any, call: Any) -> None:
    """Neither can go first: the server takes no state in between."""

    def size(name: str, cores: int) -> dict[str, Any]:
        return {"id": name, "constraints": [constraint("cores", cores, cores)]}

    call(server, metal_size, sizes=[size("s1", 4), size("s2", 8)])
    result = call(server, metal_size, sizes=[size("s1", 8), size("s2", 4)])
    assert len(result["problems"]) == 2
    assert "overlaps" in result["msg"]


def test_a_size_that_makes_room_goes_first(server: Any, call: Any) -> None:
    old = {"id": "old", "constraints": [constraint("cores", 4, 8)]}
    new = {"id": "new", "constraints": [constraint("cores", 4, 4)]}
    call(server, metal_size, sizes=[old])
    result = call(server, metal_size, mode="exact", sizes=[new])
    assert (result["removed"], result["created"]) == (["old"], ["new"])


def test_a_server_that_fails_in_between_ends_the_list_and_what_was_done_is_told(server: Any, call: Any) -> None:
    where = {"v1": "PUT /v1/image", "v2": "ImageService/Create"}[server.version]
    status = {"v1": 500, "v2": "internal"}[server.version]
    fault = Fault(where, times=0, status=status)

    def second() -> None:
        fault.times = 1

    server.world.faults += [Fault(where, times=1, meanwhile=second), fault]
    result = call(server, metal_image, images=[image("a-1"), image("b-1"), image("c-1")])
    assert (result["failed"], result["changed"], result["created"]) == (True, True, ["a-1"])
    assert "whether it was made is not known: run again" in result["msg"]
    assert len(server.world.writes()) == 2


def test_what_was_not_done_is_not_shown_as_if(server: Any, call: Any) -> None:
    put_partition(server, description="old")
    where = {"v1": "POST /v1/partition", "v2": "PartitionService/Update"}[server.version]
    status = {"v1": 400, "v2": "invalid_argument"}[server.version]
    server.world.faults.append(Fault(where, status=status))
    result = call(server, metal_partition, partitions=[partition("muc"), {"id": "fra", "description": "new"}])
    assert (result["failed"], result["created"], result["updated"]) == (True, ["muc"], [])
    assert (list(result["diff"]["before"]), list(result["diff"]["after"])) == ([], ["muc"])
    assert [one.get("description") for one in result["partitions"]] == ["", "old"]


def test_what_is_not_made_is_not_listed(server: Any, call: Any) -> None:
    server.world.dead_urls = {"https://img/debian-12"}
    result = call(server, metal_image, images=[image("debian-11"), image("debian-12")])
    assert ([one["id"] for one in result["images"]], list(result["diff"]["after"])) == (["debian-11"], ["debian-11"])


def test_an_empty_id_removes_nothing(server: Any, call: Any) -> None:
    put_partition(server)
    result = call(server, metal_partition, partitions=[{"id": "", "state": "absent"}])
    assert result["failed"] and "id: expected one, found an empty one" in result["msg"]
    assert ids(server) == ["fra"]


def test_a_feature_that_is_given_twice_is_one(server: Any, call: Any) -> None:
    twice = image(features=["machine", "machine"])
    assert call(server, metal_image, images=[twice])["changed"]
    assert call(server, metal_image, images=[twice])["changed"] is False
