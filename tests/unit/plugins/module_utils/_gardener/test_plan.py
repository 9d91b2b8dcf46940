"""What is asked of the garden before anything is written, and what is written then."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import ownership, plan, status
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

    def __init__(self, live: Any, *answers: Any, patches: Any = ()) -> None:
        self.live, self.answers, self.patches = live, list(answers), list(patches)
        self.asked: list[tuple[str, Any]] = []

    def get(self, kind: Any, _namespace: str, _name: str) -> Any:
        if kind.name == "Seed":
            return self.seed()
        return copy.deepcopy(self.live)

    def seed(self) -> Any:
        raise Refusal("x", 403, "{}")

    def apply(self, _kind: Any, wanted: Any, dry: bool = False, force: bool = False) -> Any:
        self.asked.append(("dry" if dry else "apply", force))
        answer = self.answers.pop(0) if self.answers else wanted
        if isinstance(answer, Exception):
            raise answer
        return copy.deepcopy(answer)

    def patch(self, _kind: Any, *_place: Any) -> None:
        self.asked.append(("patch", None))
        answer = self.patches.pop(0)
        if isinstance(answer, Exception):
            raise answer
        self.live = answer


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(plan.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(plan.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
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
    assert clock[0] == plan.REFERENCE_SECONDS


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


def test_by_force_everything_is():
    garden = Garden(shoot(), shoot())
    assert planned(garden, force=True).force and garden.asked == [("dry", True)]


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


@pytest.mark.parametrize(
    ("confine", "generation", "purpose", "confined"),
    [(True, 2, "x", True), (True, 3, "x", False), (False, 2, "x", False), (True, 2, None, False)],
)
def test_a_change_is_confined_where_its_generation_stays(confine, generation, purpose, confined):
    maintenance = {"confineSpecUpdateRollout": confine}
    more = {"purpose": purpose} if purpose else {}
    after = shoot(maintenance=maintenance, metadata={"generation": generation}, **more)
    assert planned(Garden(shoot(maintenance=maintenance), after)).confined == confined


def adopted(patches: Any) -> tuple[Garden, plan.Plan]:
    live = shoot()
    by_kubectl({"metadata": {}, "spec": {}}, live)
    garden = Garden(live, patches=patches)
    nothing = plan.workers.effect(None, live)
    manifest = {"metadata": {}, "spec": {}}
    made = plan.Plan(live, manifest, live, False, [], ownership.client_side(live), [], nothing, "")
    return garden, made


def test_a_take_over_goes_on_beside_one_who_writes_the_status():
    busy = Refusal("x", 409, "{}")
    garden, made = adopted([busy, busy, shoot()])
    plan.written(garden, made)
    assert [what for what, _ in garden.asked] == ["apply", "patch", "patch", "patch", "apply"]


@pytest.mark.parametrize("patches", [[Refusal("x", 409, "{}")] * 99, [Refusal("x", 403, "{}")]])
def test_a_take_over_that_is_refused_applies_nothing(patches):
    garden, made = adopted(patches)
    with pytest.raises(Refusal):
        plan.written(garden, made)
    assert garden.asked[0][0] == "apply" and garden.asked[-1][0] == "patch"


def test_a_seed_that_may_not_be_read_stops_nothing(monkeypatch):
    garden = Garden(None)
    assert plan.stopped(garden, shoot()) == []
    monkeypatch.setattr(garden, "seed", lambda: {"metadata": {"name": "seed", "annotations": {status.STOP: "true"}}})
    assert len(plan.stopped(garden, shoot())) == 1


def test_a_preview_of_a_take_over_goes_on_beside_one_who_writes_the_status(monkeypatch):
    answers: list[Any] = [Refusal("x", 409, "{}"), shoot(purpose="evaluation")]
    asked = []

    def replace(_kind: Any, wanted: Any, dry: bool) -> Any:
        asked.append((wanted["metadata"]["resourceVersion"], dry, "managedFields" in wanted["metadata"]))
        garden.live["metadata"]["resourceVersion"] = "8"
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    live = shoot()
    by_kubectl({"metadata": {}, "spec": {}}, live)
    garden = Garden(live)
    monkeypatch.setattr(garden, "replace", replace, raising=False)
    found = planned(garden)
    assert asked == [("7", True, False), ("8", True, False)]
    assert found.after["spec"]["purpose"] == "evaluation" and found.adopted == ["kubectl-client-side-apply"]
