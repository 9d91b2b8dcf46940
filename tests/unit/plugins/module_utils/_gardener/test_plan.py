"""What is asked of the garden before anything is written."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import confinement, plan, references
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.client import Refusal
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.described import Described
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.errors import GardenError
from shoots import MANAGER, by_kubectl, managed, shoot

UNKNOWN = Refusal("x", 500, '{"message": "Internal error occurred: could not find referenced project: p"}')
OURS = [managed(MANAGER, {"f:spec": {}})]


def conflict(*managers: tuple[str, str]) -> Refusal:
    causes = [{"field": field, "message": f'conflict with "{manager}" using v1beta1'} for field, manager in managers]
    return Refusal("x", 409, json.dumps({"message": "", "reason": "Conflict", "details": {"causes": causes}}))


class Garden:
    """What it has, and what it answers to applies, by turns; an exception is raised."""

    def __init__(self, live: Any, *answers: Any) -> None:
        self.live, self.answers = live, list(answers)
        self.asked: list[tuple[str, Any]] = []

    def get(self, _kind: Any, _namespace: str, _name: str) -> Any:
        return copy.deepcopy(self.live)

    def apply(self, _kind: Any, wanted: Any, dry: bool = False, force: bool = False) -> Any:
        self.asked.append(("dry" if dry else "apply", force))
        answer = self.answers.pop(0) if self.answers else wanted
        if isinstance(answer, Exception):
            raise answer
        return copy.deepcopy(answer)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(references.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(references.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    return now


def planned(garden: Garden, dry: bool = False, force: bool = False, **spec: Any) -> plan.Plan:
    return plan.planned(garden, Described("garden-a", "fra", spec, {}, {}), False, force, dry)


def test_what_was_made_a_moment_ago_is_waited_for(clock):
    found = planned(Garden(None, UNKNOWN, UNKNOWN, shoot()))
    assert found.changed and not found.unvalidated and clock[0] == 2
    assert not planned(Garden(shoot(metadata={"managedFields": OURS}), UNKNOWN, shoot())).changed


def test_what_is_never_known_is_refused_in_the_end(clock):
    with pytest.raises(Refusal):
        planned(Garden(None, *[UNKNOWN] * 99))
    assert clock[0] == references.REFERENCE_SECONDS


def test_in_check_mode_what_is_not_known_leaves_a_creation_without_judgement(clock):
    found = planned(Garden(None, UNKNOWN), dry=True, region="fra")
    assert (found.changed, found.unvalidated) == (True, "could not find referenced project: p")
    assert clock[0] == 0
    with pytest.raises(Refusal):
        planned(Garden(shoot(), UNKNOWN), dry=True)


@pytest.mark.parametrize(
    ("field", "manager", "taken"),
    [
        (".spec.kubernetes.version", plan.GARDENER, True),
        ('.spec.provider.workers[name="a"].machine.image.version', plan.GARDENER, True),
        (".spec.hibernation.enabled", plan.GARDENER, True),
        (".spec.purpose", plan.GARDENER, False),
        (".spec.kubernetes.version", "colleague", False),
    ],
)
def test_only_what_gardener_itself_has_raised_is_taken_over(field, manager, taken):
    garden = Garden(shoot(), conflict((field, manager)), shoot())
    if not taken:
        with pytest.raises(Refusal):
            planned(garden)
        return
    found = planned(garden)
    assert found.force and [tuple(one) for one in found.taken] == [(field, manager)]
    assert garden.asked == [("dry", False), ("dry", True)]


def test_beside_what_others_manage_nothing_is_taken_over():
    both = conflict((".spec.kubernetes.version", plan.GARDENER), (".spec.purpose", "colleague"))
    with pytest.raises(Refusal):
        planned(Garden(shoot(), both))


def test_by_force_everything_is_and_is_told():
    garden = Garden(shoot(), conflict((".spec.purpose", "colleague")), shoot())
    found = planned(garden, force=True)
    assert found.force and [tuple(one) for one in found.taken] == [(".spec.purpose", "colleague")]
    assert garden.asked == [("dry", False), ("dry", True)]


@pytest.mark.parametrize(
    ("live", "spec", "said"),
    [
        (shoot(metadata={"deletionTimestamp": "now"}), {}, "it is being deleted since now"),
        (shoot(), {"seedName": "other"}, "spec.seedName is seed, not other"),
        (shoot(seedName=None), {"seedName": "other"}, "is not set yet, not other"),
    ],
)
def test_what_the_garden_would_ignore_or_never_do_is_refused(live, spec, said):
    garden = Garden(live)
    with pytest.raises(GardenError, match=said):
        planned(garden, **spec)
    assert not garden.asked


def test_nothing_is_created_in_place_of_one_that_is_deleted_meanwhile():
    assert planned(Garden(shoot())).manifest["metadata"]["uid"] == "u"
    assert "uid" not in planned(Garden(None)).manifest["metadata"]


def test_one_that_we_have_never_applied_is_a_change_of_who_manages_it():
    found = planned(Garden(shoot(), shoot()))
    assert found.changed and found.after_shown["managed by"] == MANAGER
    mine = shoot(metadata={"managedFields": OURS})
    assert not planned(Garden(mine, mine)).changed


def test_what_waits_for_its_window_is_noted_with_the_change():
    confined = {"confineSpecUpdateRollout": True}
    found = planned(Garden(shoot(maintenance=confined), shoot(maintenance=confined, purpose="x")))
    noted = {confinement.ANNOTATION: "2 2026-11-30T12:00:00Z"}
    assert (found.manifest["metadata"]["annotations"], found.after["metadata"]["annotations"]) == (noted, noted)
    same = planned(Garden(shoot(maintenance=confined), shoot(maintenance=confined)))
    assert not same.manifest["metadata"].get("annotations") and not same.after["metadata"]["annotations"]


def test_what_is_asked_is_asked_of_the_shoot_as_it_was_read():
    assert planned(Garden(shoot())).manifest["metadata"]["resourceVersion"] == "7"
    assert "resourceVersion" not in planned(Garden(None)).manifest["metadata"]


def test_a_take_over_is_previewed_of_the_shoot_as_it_was_read(monkeypatch):
    asked = []

    def replace(_kind: Any, wanted: Any, dry: bool) -> Any:
        asked.append((wanted["metadata"]["resourceVersion"], dry, "managedFields" in wanted["metadata"]))
        return shoot(purpose="evaluation")

    live = shoot()
    by_kubectl({"metadata": {}, "spec": {}}, live)
    garden = Garden(live)
    monkeypatch.setattr(garden, "replace", replace, raising=False)
    found = planned(garden)
    assert asked == [("7", True, False)]
    assert found.after["spec"]["purpose"] == "evaluation" and found.adopted == ["kubectl-client-side-apply"]
