"""What is written of a plan, and what is done where the shoot has changed since it was read."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import (
    applying,
    ownership,
    plan,
    references,
    workers,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.client import Refusal
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.errors import GardenError
from shoots import MANAGER, by_kubectl, managed, shoot

STALE = Refusal("x", 409, json.dumps({"reason": "Conflict", "message": "the object has been modified; apply again"}))
OTHER_UID = Refusal("x", 409, json.dumps({"reason": "Conflict", "message": "Precondition failed: UID in precondition"}))
UNKNOWN = Refusal("x", 500, '{"message": "Internal error occurred: could not find referenced secret: p"}')
CAUSE = {"reason": "FieldManagerConflict", "field": ".spec.purpose", "message": 'conflict with "other" using v1beta1'}
TAKEN = Refusal("x", 409, json.dumps({"reason": "Conflict", "message": "x", "details": {"causes": [CAUSE]}}))
NO = Refusal("x", 403, "{}")


class Garden:
    """Writes with the version that each is of, by turns answered by an exception or, for None, done."""

    def __init__(self, live: Any, *answers: Any) -> None:
        self.live, self.answers, self.asked = live, list(answers), list[tuple[str, str]]()

    def apply(self, _kind: Any, wanted: Any, force: bool = False) -> Any:
        return self._written("forced" if force else "apply", wanted["metadata"].get("resourceVersion", ""))

    def patch(self, _kind: Any, _namespace: str, _name: str, change: Any) -> Any:
        return self._written("handed over", change[0]["value"])

    def _written(self, what: str, version: str) -> Any:
        self.asked.append((what, version))
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        self.live["metadata"]["resourceVersion"] = str(int(self.live["metadata"]["resourceVersion"]) + 1)
        return copy.deepcopy(self.live)


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    slept: list[float] = []
    monkeypatch.setattr(applying.time, "sleep", slept.append)
    return slept


def a_plan(live: Any, purpose: str = "evaluation") -> plan.Plan:
    """Of the shoot as it is, which shall have this purpose."""
    read = copy.deepcopy(live)
    manifest = {"metadata": {"resourceVersion": read["metadata"]["resourceVersion"]}, "spec": {}}
    after = {**copy.deepcopy(read), "spec": {**read["spec"], "purpose": purpose}}
    nothing = workers.effect(None, read)
    return plan.Plan(read, manifest, after, False, [], ownership.client_side(read), [], nothing, "")


def mine(**more: Any) -> Any:
    return shoot(metadata={"managedFields": [managed(MANAGER, {"f:spec": {}})]}, **more)


def theirs() -> Any:
    live = shoot()
    by_kubectl({"metadata": {}, "spec": {}}, live)
    return live


def test_what_has_changed_since_is_planned_anew_and_not_written_over():
    garden, looks = Garden(mine(), STALE), []

    def look() -> plan.Plan:
        looks.append(None)
        garden.live["metadata"]["resourceVersion"] = f"{6 + len(looks)}"
        return a_plan(garden.live)

    applying.done(garden, look, False)
    assert garden.asked == [("apply", "7"), ("apply", "8")] and len(looks) == 2


def test_what_is_refused_of_the_shoot_as_it_is_by_then_is_not_written():
    live, garden = mine(), Garden(mine(), STALE)
    plans: list[Any] = [a_plan(live), GardenError("nodes would be replaced")]

    def look() -> plan.Plan:
        one = plans.pop(0)
        if isinstance(one, Exception):
            raise one
        return one

    with pytest.raises(GardenError, match="nodes would be replaced"):
        applying.done(garden, look, False)
    assert len(garden.asked) == 1


@pytest.mark.parametrize("dry", [True, False])
def test_a_dry_run_of_what_has_changed_since_is_asked_anew(dry):
    live, answers = mine(), [STALE, None]

    def look() -> plan.Plan:
        if error := answers.pop(0):
            raise error
        return a_plan(live)

    found, told = applying.done(Garden(live), look, dry)
    assert found.changed and told["metadata"]["resourceVersion"] == ("7" if dry else "8")


def test_a_field_that_somebody_takes_before_the_write_is_planned_anew():
    live, looks = mine(), []

    def look() -> plan.Plan:
        looks.append(None)
        return a_plan(live)

    applying.done(Garden(live, TAKEN), look, False)
    assert len(looks) == 2


def test_a_field_that_others_manage_is_told_at_once(slept):
    def look() -> plan.Plan:
        raise TAKEN

    with pytest.raises(Refusal):
        applying.done(Garden(mine()), look, False)
    assert not slept


def test_a_shoot_that_never_rests_is_refused_in_the_end(slept):
    live = mine()
    with pytest.raises(Refusal, match="modified"):
        applying.done(Garden(live, *[STALE] * 99), lambda: a_plan(live), False)
    assert len(slept) == applying.TRIES - 1


@pytest.mark.parametrize("refusal", [NO, OTHER_UID])
def test_any_other_refusal_is_told_at_once(refusal, slept):
    live = mine()
    with pytest.raises(Refusal):
        applying.done(Garden(live, refusal), lambda: a_plan(live), False)
    assert not slept


def test_what_changes_nothing_is_not_written():
    live = mine(purpose="evaluation")
    garden = Garden(live)
    found, told = applying.done(garden, lambda: a_plan(live), False)
    assert not found.changed and told["metadata"]["resourceVersion"] == "7" and not garden.asked


@pytest.mark.parametrize("refusals", [1, 3])
def test_a_write_waits_for_what_only_another_server_has_heard_of_yet(refusals):
    live = mine()
    garden = Garden(live, *[UNKNOWN] * refusals)
    applying.done(garden, lambda: a_plan(live), False)
    assert len(garden.asked) == refusals + 1


def test_a_write_waits_no_longer_than_a_while(monkeypatch):
    monkeypatch.setattr(references, "REFERENCE_SECONDS", 0.0)
    live = mine()
    with pytest.raises(Refusal):
        applying.done(Garden(live, *[UNKNOWN] * 99), lambda: a_plan(live), False)


def test_each_write_of_a_take_over_is_of_what_the_one_before_has_left():
    garden = Garden(theirs())
    applying.written(garden, a_plan(garden.live))
    assert garden.asked == [("forced", "7"), ("handed over", "8"), ("apply", "9")]


@pytest.mark.parametrize("done", [0, 1, 2])
def test_a_take_over_that_somebody_writes_between_goes_on_and_is_told_as_one(done):
    garden = Garden(theirs(), *[None] * done, STALE)

    def look() -> plan.Plan:
        # Who has applied it on the client's side owns nothing of it once it is handed over.
        if ("handed over", "8") in garden.asked and done == 2:
            garden.live["metadata"]["managedFields"] = [managed(MANAGER, {"f:spec": {}})]
        return a_plan(garden.live)

    found, _shoot = applying.done(garden, look, False)
    assert found.adopted == ["kubectl-client-side-apply"] and found.changed
    assert found.before_shown["managed by"] == found.adopted and found.after_shown["managed by"] == MANAGER


@pytest.mark.parametrize("done", [0, 1])
def test_a_take_over_that_is_refused_applies_nothing(done):
    garden = Garden(theirs(), *[None] * done, NO)
    with pytest.raises(Refusal):
        applying.written(garden, a_plan(garden.live))
    assert len(garden.asked) == done + 1
