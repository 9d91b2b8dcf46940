"""Whose an object is: what a task marks, adopts, leaves alone and takes over, of every kind that has labels."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.modules import metal_image, metal_partition
from case import Case
from cases import CASES
from objects import MANAGER, image, labels, partition, put_partition

OURS = {MANAGER: "site-a"}
THEIRS = {MANAGER: "site-b"}
LABELLED = [case for case in CASES if case.kind != "filesystem_layout"]
of_every_kind = pytest.mark.parametrize("case", LABELLED, ids=[case.kind for case in LABELLED])
# What a task says whose it is, and what it is told of an object that is site-b's.
FOREIGN = [({}, "the task has no owner: give owner site-b"), ({"owner": "site-a"}, "the task is site-a's")]


def theirs(case: Case, server: Any, call: Any) -> dict[str, Any]:
    """An object that another one's task has made, or the test is skipped."""
    if (case.kind, server.version) == ("image", "v1"):
        pytest.skip("images have no labels in API v1")
    case.prepare(server)
    new = case.new[server.version]
    assert call(server, case.module, owner="site-b", **{case.plural: [new]})["created"]
    server.world.requests.clear()
    return new


def owner(case: Case, server: Any, call: Any) -> str:
    return str(call(server, case.info)[case.plural][0]["labels"].get(MANAGER, ""))


@of_every_kind
@pytest.mark.parametrize(("whose", "said"), FOREIGN, ids=["nobody", "another"])
@pytest.mark.parametrize("done", ["changed", "removed"])
def test_what_another_owner_has_is_refused_until_it_is_taken_over(
    case: Case, server: Any, call: Any, done: str, whose: dict[str, str], said: str
) -> None:
    new = theirs(case, server, call)
    given = {**whose, case.plural: [{**new, **case.change} if done == "changed" else case.absent(server)]}
    refused = call(server, case.module, **given)
    assert refused["problems"] == call(server, case.module, check=True, **given)["problems"]
    assert len(refused["problems"]) == 1
    assert f"{case.id(server)}: would be {done}, but belongs to site-b (label {MANAGER}), and {said}" in refused["msg"]
    assert server.world.writes() == []
    name = case.id(server)
    would = call(server, case.module, check=True, take_over=True, **given)
    did = call(server, case.module, take_over=True, **given)
    verb = "updated" if done == "changed" else "removed"
    assert would[verb] == did[verb] == [name]
    assert would["diff"] == did["diff"]
    if done == "changed":
        assert owner(case, server, call) == whose.get("owner", "site-b")
    else:
        assert did["diff"]["before"][name]["labels"][MANAGER] == "site-b"


@of_every_kind
def test_what_would_stay_as_it_is_is_not_refused(case: Case, server: Any, call: Any) -> None:
    new = theirs(case, server, call)
    result = call(server, case.module, **{case.plural: [new]})
    assert (result.get("failed"), result["changed"]) == (None, False)
    assert owner(case, server, call) == "site-b"


def test_an_owner_is_marked_and_who_has_none_is_adopted(server: Any, call: Any) -> None:
    put_partition(server, "muc", hall="1")
    result = call(server, metal_partition, owner="site-a", partitions=[partition(), {"id": "muc"}])
    assert (result["created"], result["updated"]) == (["fra"], ["muc"])
    assert (labels(server), labels(server, "muc")) == (OURS, {"hall": "1", **OURS})
    assert result["diff"]["after"]["muc"] == {"labels": {"hall": "1", **OURS}}


def test_exact_removes_what_is_of_the_same_owner_alone(server: Any, call: Any) -> None:
    for name, given in (("ours", OURS), ("theirs", THEIRS), ("nobodys", {})):
        put_partition(server, name, **given)
    result = call(server, metal_partition, mode="exact", owner="site-a", partitions=[partition()])
    assert (result["removed"], ids(server)) == (["ours"], ["fra", "nobodys", "theirs"])


def test_exact_without_an_owner_removes_nothing_that_has_one(server: Any, call: Any) -> None:
    for name, given in (("ours", OURS), ("theirs", THEIRS), ("nobodys", {})):
        put_partition(server, name, **given)
    given = {"mode": "exact", "partitions": [partition()]}
    result = call(server, metal_partition, **given)
    assert [problem.split(" (")[0] for problem in result["problems"]] == [
        "partition ours: would be removed, but belongs to site-a",
        "partition theirs: would be removed, but belongs to site-b",
    ]
    assert len(ids(server)) == 3
    assert len(call(server, metal_partition, take_over=True, **given)["removed"]) == 3


@pytest.mark.parametrize("server", ["v1"], indirect=True)
def test_images_of_api_v1_can_have_no_owner(server: Any, call: Any) -> None:
    result = call(server, metal_image, owner="site-a", images=[image()])
    assert "owner: images have no labels in API v1, so nobody can be marked as the owner" in result["msg"]


def test_an_empty_owner_is_refused(server: Any, call: Any) -> None:
    put_partition(server, "muc")
    result = call(server, metal_partition, mode="exact", owner="", partitions=[partition()])
    assert result["problems"] == ["owner: expected a name, found an empty one; leave it out for none"]
    assert ids(server) == ["muc"]


def ids(server: Any) -> list[str]:
    return sorted(server.tables["partition"].rows)
