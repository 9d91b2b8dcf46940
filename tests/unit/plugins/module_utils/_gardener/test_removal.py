"""What forbids a deletion, what is written for it, and when it is done."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import removal, status
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.client import Refusal, Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.errors import GardenError
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.operations import ANNOTATION
from shoots import shoot

CONFIRMED = {removal.CONFIRMATION: "true"}
FAILED = {"lastErrors": [{"description": "x", "codes": ["ERR_INFRA_UNAUTHORIZED"]}]}
QUOTA = {"lastErrors": [{"description": "x", "codes": ["ERR_INFRA_QUOTA_EXCEEDED"]}]}
GOING = {"deletionTimestamp": "2026-11-30T12:00:00Z"}
SECOND = Refusal("x", 403, '{"message": "shoots \\"fra\\" is forbidden: another subject must perform the deletion"}')


class Garden:
    """What is written to it; the seeds that it has."""

    def __init__(self, refusal: Exception | None = None, seeds: Any = ()) -> None:
        self.written: list[Any] = []
        self.refusal, self.seeds = refusal, seeds

    def get(self, *_: Any) -> None:
        return None

    def list(self, _kind: Any, _namespace: str) -> Any:
        if isinstance(self.seeds, Exception):
            raise self.seeds
        return [{"metadata": {"name": f"of-{name}"}, "spec": {"shoot": {"name": name}}} for name in self.seeds]

    def patch(self, _kind: Any, _namespace: str, _name: str, change: Any, dry: bool = False) -> None:
        self.written.append(("patch", change["metadata"]["annotations"], dry))

    def delete(self, _kind: Any, _namespace: str, _name: str, uid: str, dry: bool) -> None:
        self.written.append(("delete", uid, dry))
        if self.refusal:
            raise self.refusal


def operated(kind: str, state: str) -> dict[str, Any]:
    return shoot(status={"lastOperation": {"type": kind, "state": state, "progress": 1, "description": ""}})


@pytest.mark.parametrize(
    ("live", "options", "said"),
    [
        (shoot(), (True, False), []),
        (shoot(), (False, False), ["confirm_deletion"]),
        (shoot(metadata=GOING), (False, False), []),
        (operated("Migrate", "Succeeded"), (True, False), ["Migrate is Succeeded"]),
        (operated("Restore", "Processing"), (False, False), ["confirm_deletion", "Restore is Processing"]),
        (operated("Restore", "Succeeded"), (True, False), []),
        (shoot(), (True, True), ["has begun", "there is none"]),
        (shoot(metadata=GOING, status=QUOTA), (True, True), ["there is ERR_INFRA_QUOTA_EXCEEDED"]),
        (shoot(metadata=GOING, status=FAILED), (True, True), []),
        (shoot(metadata={"annotations": {status.IGNORE: "true"}}), (True, False), [status.IGNORE]),
    ],
)
def test_all_that_forbids_it_is_told_at_once(live, options, said):
    try:
        removal.refuse(Garden(), live, *options, wait=True)
        found = ""
    except GardenError as error:
        found = str(error)
    assert all(text in found for text in said) and bool(found) == bool(said)


@pytest.mark.parametrize(
    ("namespace", "seeds", "refused"),
    [
        ("garden", ["other", "fra"], True),
        ("garden", ["other"], False),
        ("garden", Refusal("x", 403, "{}"), False),
        # There are none of other namespaces, so they are not asked for.
        ("garden-a", Refusal("x", 500, "{}"), False),
    ],
)
def test_a_shoot_that_is_a_seed_stays(namespace, seeds, refused):
    live = shoot(metadata={"namespace": namespace})
    if refused:
        with pytest.raises(GardenError, match="ManagedSeed garden/of-fra"):
            removal.refuse(Garden(seeds=seeds), live, True, False, False)
    else:
        removal.refuse(Garden(seeds=seeds), live, True, False, False)


@pytest.mark.parametrize(
    ("metadata", "force", "dry", "written"),
    [
        ({}, False, False, [("patch", CONFIRMED, False), ("delete", "u", False)]),
        # The garden tells nothing of a deletion that is not confirmed.
        ({}, False, True, [("patch", CONFIRMED, True)]),
        ({"annotations": CONFIRMED}, False, False, [("delete", "u", False)]),
        ({"annotations": CONFIRMED}, False, True, [("delete", "u", True)]),
        ({**GOING, "annotations": CONFIRMED}, False, False, []),
        ({**GOING, "annotations": CONFIRMED}, True, False, [("patch", {removal.FORCE: "true"}, False)]),
        ({**GOING, "annotations": CONFIRMED}, True, True, [("patch", {removal.FORCE: "true"}, True)]),
        ({**GOING, "annotations": {**CONFIRMED, removal.FORCE: "true"}}, True, False, []),
    ],
)
def test_only_what_is_missing_is_written(metadata, force, dry, written):
    garden = Garden()
    assert removal.begin(garden, shoot(metadata=metadata), force, dry) == bool(written)
    assert garden.written == written


@pytest.mark.parametrize(
    ("operation", "annotations", "force", "written"),
    [
        (("Delete", "Failed"), {}, False, [("patch", {ANNOTATION: "retry"}, False)]),
        (("Delete", "Failed"), {ANNOTATION: "retry"}, False, []),
        (("Delete", "Failed"), {}, True, [("patch", {removal.FORCE: "true"}, False)]),
        (("Delete", "Error"), {}, False, []),
        (("Reconcile", "Failed"), {}, False, []),
    ],
)
def test_a_deletion_that_was_given_up_is_tried_again_once(operation, annotations, force, written):
    kind, state = operation
    metadata = {**GOING, "annotations": {**CONFIRMED, **annotations}}
    live = shoot(metadata=metadata, status={"lastOperation": {"type": kind, "state": state}})
    garden = Garden()
    assert removal.begin(garden, live, force, False) == bool(written)
    assert garden.written == written


def test_a_forced_deletion_goes_on_after_its_errors_are_gone():
    live = shoot(metadata={**GOING, "annotations": {**CONFIRMED, removal.FORCE: "true"}})
    removal.refuse(Garden(), live, True, True, False)
    with pytest.raises(GardenError, match="force_deletion takes one of"):
        removal.refuse(Garden(), shoot(metadata={**GOING, "annotations": CONFIRMED}), True, True, False)


def test_what_is_refused_is_not_left_confirmed():
    garden = Garden(Refusal("x", 403, "{}"))
    with pytest.raises(Refusal):
        removal.begin(garden, shoot(), False, False)
    assert garden.written[-1] == ("patch", {removal.CONFIRMATION: None}, False)


def test_a_confirmation_that_cannot_be_taken_back_is_told(monkeypatch):
    garden = Garden(Refusal("x", 403, '{"message": "a ManagedSeed refers to it"}'))
    patch = garden.patch

    def silent(*given: Any, **more: Any) -> None:
        patch(*given, **more)
        if len(garden.written) > 1:
            raise Unreachable("the cluster gives no answer")

    monkeypatch.setattr(garden, "patch", silent)
    with pytest.raises(GardenError, match=r"a ManagedSeed refers to it; .* no answer.* -> remove the annotation"):
        removal.begin(garden, shoot(), False, False)


def test_where_somebody_else_has_to_approve_it_stays_confirmed():
    garden = Garden(SECOND)
    with pytest.raises(GardenError, match="have somebody else run the same"):
        removal.begin(garden, shoot(), False, False)
    assert garden.written == [("patch", CONFIRMED, False), ("delete", "u", False)]


@pytest.mark.parametrize(
    ("found", "seen", "over"),
    [
        (None, [], False),
        (shoot(metadata={"uid": "another"}), [], False),
        (operated("Delete", "Processing"), ["Delete Processing 1 %"], False),
        (operated("Delete", "Failed"), ["Delete Failed 1 %"], True),
        (operated("Delete", "Succeeded"), ["finalizers gardener"], False),
    ],
)
def test_it_is_done_when_it_is_gone(found, seen, over):
    failures, final = removal.verdict(found, "u", 2)
    assert ([one.seen for one in failures], final) == (seen, over)
