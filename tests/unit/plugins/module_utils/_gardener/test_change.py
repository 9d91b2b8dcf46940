"""What is asked of a garden before objects are written, and what is told when one of them is refused."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import change, references
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.client import Refusal
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.errors import GardenError
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener_landscape.kinds import PROJECT, SECRET

OURS = {"manager": "metalstack.autonomous", "operation": "Apply", "fieldsV1": {"f:spec": {}}}
IMMUTABLE = Refusal("x", 422, json.dumps({"message": "field is immutable", "reason": "Invalid"}))
STALE = Refusal("x", 409, json.dumps({"reason": "Conflict", "message": "the object has been modified; apply again"}))
UNKNOWN = Refusal("x", 404, '{"message": "namespaces \\"a\\" not found", "reason": "NotFound"}')


class Garden:
    """Objects by their names, which become what is applied. refusals: of applies, by turns; None takes it."""

    def __init__(self, *refusals: Any, **there: Any) -> None:
        self.there, self.refusals, self.written = there, list(refusals), list[str]()

    def get(self, _kind: Any, _namespace: str, name: str) -> Any:
        return copy.deepcopy(self.there.get(name))

    def apply(self, _kind: Any, wanted: Any, dry: bool = False, force: bool = False) -> Any:
        refusal = self.refusals.pop(0) if self.refusals else None
        if refusal:
            raise refusal
        made = {**self.there.get(wanted["metadata"]["name"], {}), **wanted}
        made["metadata"] = {**wanted["metadata"], "managedFields": [OURS]}
        if not dry:
            self.there[wanted["metadata"]["name"]] = made
            self.written.append(wanted["metadata"]["name"])
        return copy.deepcopy(made)


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(references.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(references.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    return now


def project(name="a", **spec):
    return change.manifest(PROJECT, name, spec=spec)


def live(name="a", **spec):
    made = project(name, **spec)
    made["metadata"] = {"name": name, "uid": "u", "resourceVersion": "7", "managedFields": [OURS]}
    return made


def test_only_what_differs_is_written_in_its_order_and_shown():
    garden = Garden(a=live(purpose="a"), b=live("b", purpose="b"))
    wanted = [project(purpose="a"), project("b", purpose="c"), project("c")]
    changes = [change.planned(garden, PROJECT, one) for one in wanted]
    assert [one.changed for one in changes] == [False, True, True] and not garden.written
    assert set(change.differences(changes)["before"]) == {"Project b"}
    assert set(change.differences(changes)["after"]) == {"Project b", "Project c"}
    assert change.write(garden, changes, dry=True)[1]["spec"] == {"purpose": "c"} and not garden.written
    change.write(garden, changes, dry=False)
    assert garden.written == ["b", "c"]


def test_one_that_is_there_is_written_only_while_it_is_the_same():
    garden = Garden(a=live(purpose="a"))
    assert change.planned(garden, PROJECT, project(purpose="b")).manifest["metadata"]["uid"] == "u"


def test_one_that_others_have_made_is_a_change_for_who_manages_it():
    theirs = live(purpose="a")
    theirs["metadata"]["managedFields"] = []
    found = change.planned(Garden(a=theirs), PROJECT, project(purpose="a"))
    assert found.changed and found.before_shown["managed by"] == "others"


def test_one_that_goes_is_refused():
    going = live()
    going["metadata"]["deletionTimestamp"] = "now"
    with pytest.raises(GardenError, match="Project a is being deleted since now"):
        change.planned(Garden(a=going), PROJECT, project())


def test_a_refusal_before_anything_is_written_says_so_and_what_to_do():
    with pytest.raises(GardenError, match="what is immutable is as it was created") as raised:
        change.planned(Garden(IMMUTABLE, a=live()), PROJECT, project())
    assert "Nothing was changed" in str(raised.value)
    assert raised.value.result == {"changed": False, "status": 422, "reason": "Invalid"}


def test_a_refusal_after_something_was_written_tells_that():
    garden = Garden(None, None, None, IMMUTABLE)
    changes = [change.planned(garden, PROJECT, project(name)) for name in ("a", "b")]
    with pytest.raises(GardenError) as raised:
        change.write(garden, changes, dry=False)
    assert raised.value.result["changed"] and "Nothing" not in str(raised.value) and garden.written == ["a"]


def test_what_a_new_one_refers_to_is_waited_for_unless_it_may_be_made_before(clock):
    garden = Garden(UNKNOWN)
    found = change.planned(garden, PROJECT, project(), patient=False)
    assert found.changed and change.notes([found]) == [
        'Project a was not validated by the garden: namespaces "a" not found'
    ]
    garden = Garden(UNKNOWN, UNKNOWN)
    assert not change.planned(garden, PROJECT, project()).unvalidated and clock[0] == 2.0
    with pytest.raises(GardenError, match="not found"):
        change.planned(Garden(*[UNKNOWN] * 99), PROJECT, project())
    with pytest.raises(GardenError, match="not found"):
        change.planned(Garden(UNKNOWN, a=live()), PROJECT, project(), patient=False)


def test_of_a_secret_only_which_of_its_keys_change_is_shown():
    there = change.manifest(SECRET, "a", "n", data={"x": "MQ==", "y": "Mg=="})
    there["metadata"] |= {"managedFields": [OURS], "uid": "u", "resourceVersion": "7"}
    found = change.planned(Garden(a=there), SECRET, change.manifest(SECRET, "a", "n", data={"x": "MQ==", "y": "Mw=="}))
    assert found.changed and found.after_shown["data"] == {"x": "(secret)", "y": "(another secret)"}
    assert found.before_shown["data"] == {"x": "(secret)", "y": "(secret)"}


def test_what_somebody_writes_between_both_looks_is_no_change_of_ours():
    garden = Garden(STALE, a=live(description="x"))
    found = change.planned(garden, PROJECT, project(description="x"))
    assert not found.changed and "resourceVersion" not in found.manifest["metadata"] and not garden.refusals
