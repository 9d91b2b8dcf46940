"""When the operation that a write has brought about is finished, will be, or never will."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import status
from shoots import shoot

QUOTA = {"description": "no more\n machines", "taskID": "Waiting for workers", "codes": ["ERR_INFRA_QUOTA_EXCEEDED"]}
SOON = {"description": "not yet", "codes": ["ERR_RETRYABLE_INFRA_DEPENDENCIES"]}
HEALTHY = {"type": "APIServerAvailable", "status": "True"}
WAITING, FINISHED, OVER = "waiting", "finished", "over"


def at(kind: str, state: str, *errors: Any, observed: int = 2, **metadata: Any) -> dict[str, Any]:
    operation = {"type": kind, "state": state, "progress": 42, "description": "Waiting for\nworkers"}
    found = {"observedGeneration": observed, "lastOperation": operation, "lastErrors": list(errors)}
    return shoot(status=found, metadata=metadata)


def decided(found: dict[str, Any], **more: Any) -> tuple[str, str]:
    failures, over = status.judge(found, 2, **more)
    return (OVER if over else WAITING if failures else FINISHED), "; ".join(one.seen for one in failures)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (shoot(), FINISHED),
        (at("Create", "Succeeded"), FINISHED),
        (at("Restore", "Succeeded"), FINISHED),
        # The success of the operation before is still there when the next one has not begun.
        (at("Reconcile", "Succeeded", observed=1), WAITING),
        (at("Reconcile", "Succeeded", observed=3), FINISHED),
        # Nor is its failure that of the next one.
        (at("Reconcile", "Failed", QUOTA, observed=1), WAITING),
        (at("Migrate", "Succeeded"), WAITING),
        (at("Reconcile", "Processing"), WAITING),
        # The errors of the try before are still there while the next one is under way.
        (at("Reconcile", "Processing", QUOTA), WAITING),
        (at("Reconcile", "Pending"), WAITING),
        (at("Reconcile", "Aborted"), WAITING),
        (at("Reconcile", "Error", SOON), WAITING),
        (at("Reconcile", "Error", SOON, QUOTA), OVER),
        (at("Reconcile", "Failed", SOON), OVER),
        (at("Reconcile", "Failed"), OVER),
        (at("Delete", "Processing"), OVER),
        (shoot(status={"lastOperation": None, "observedGeneration": 0}), WAITING),
        (shoot(status={"lastOperation": None}), WAITING),
        (at("Reconcile", "Succeeded", observed=1, annotations={status.IGNORE: "true"}), OVER),
        (at("Reconcile", "Processing", annotations={status.IGNORE: "true"}), WAITING),
        # What is not under way any more is not tried again then.
        (at("Reconcile", "Error", SOON, annotations={status.IGNORE: "true"}), OVER),
        (at("Reconcile", "Aborted", annotations={status.IGNORE: "true"}), OVER),
        (at("Reconcile", "Succeeded", annotations={status.IGNORE: "true"}), FINISHED),
        (at("Reconcile", "Succeeded", observed=1, annotations={status.IGNORE: "no"}), WAITING),
    ],
    ids=str,
)
def test_an_operation_counts_from_the_generation_that_was_written(found, expected):
    assert decided(found)[0] == expected


@pytest.mark.parametrize("code", sorted(status.FINAL_CODES))
def test_no_code_is_waited_out_after_which_gardenlet_does_not_try_again(code):
    assert decided(at("Create", "Error", {"description": "x", "codes": [code]}))[0] == OVER


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (at("Create", "Processing"), "Create Processing 42 %: Waiting for workers"),
        (
            at("Create", "Failed", QUOTA, SOON),
            "Create Failed 42 %: Waiting for workers;"
            " task Waiting for workers: no more machines [ERR_INFRA_QUOTA_EXCEEDED];"
            " not yet [ERR_RETRYABLE_INFRA_DEPENDENCIES]",
        ),
        (at("Create", "Pending", observed=0), "generation 0 was seen last; Create Pending 42 %: Waiting for workers"),
        (at("Create", "Succeeded", observed=1), "generation 1 was seen last"),
    ],
    ids=["under way", "failed", "not scheduled", "not begun"],
)
def test_what_is_seen_has_progress_task_and_errors(found, said):
    assert decided(found)[1] == said


def test_why_nobody_goes_on_is_told_with_the_way_out():
    ((failure,), _) = status.judge(at("Reconcile", "Error", SOON, annotations={status.IGNORE: "true"}), 2)
    assert "not yet" in failure.seen and status.IGNORE in failure.seen and failure.remedy == "remove the annotation"


@pytest.mark.parametrize(
    ("state", "observed", "over"), [("Succeeded", 1, True), ("Error", 2, True), ("Processing", 2, False)]
)
def test_nothing_is_waited_for_that_an_emergency_stop_of_its_seed_keeps_from_going_on(state, observed, over):
    seed = {"metadata": {"name": "seed", "annotations": {status.STOP: "true"}}}
    (failure,), final = status.judge(at("Reconcile", state, observed=observed), 2, seed=seed)
    assert final == over and ("seed seed has the annotation" in failure.seen) == over


def test_what_to_do_is_told_by_the_code():
    ((failure,), _) = status.judge(at("Create", "Failed", QUOTA), 2)
    assert failure.remedy == f"{status.FINAL_CODES['ERR_INFRA_QUOTA_EXCEEDED']}, {status.RETRY}"


@pytest.mark.parametrize(("seed", "said"), [("seed", "gardenlet of seed seed"), (None, "gardener-scheduler")])
def test_who_has_not_begun_is_told(seed, said):
    found = at("Create", "Pending", observed=0) | {"spec": {"seedName": seed}}
    ((failure,), _) = status.judge(found, 2)
    assert said in failure.remedy


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ([], [("APIServerAvailable", "unknown")]),
        ([HEALTHY], []),
        ([{**HEALTHY, "status": "Progressing", "reason": "Deploying", "message": "soon"}],
         [("APIServerAvailable", "Progressing: Deploying: soon")]),
        ([HEALTHY, {"type": "EveryNodeReady", "status": "False", "reason": "Missing", "message": "1 of 3"}],
         [("EveryNodeReady", "False: Missing: 1 of 3")]),
    ],
)  # fmt: skip
def test_health_is_asked_for_on_demand_and_is_all_conditions(conditions, expected):
    found = shoot(status={"conditions": conditions})
    failures, over = status.judge(found, 2, healthy=True)
    assert ([(one.condition, one.seen) for one in failures], over) == (expected, False)
    assert status.judge(found, 2) == ([], False)


@pytest.mark.parametrize(
    ("annotations", "of_seed", "expected"),
    [
        ({}, None, 0),
        ({status.IGNORE: "true"}, None, 1),
        ({status.IGNORE: "1"}, {}, 1),
        ({status.IGNORE: "false"}, {status.STOP: "false"}, 0),
        ({}, {status.STOP: "true"}, 1),
        ({status.IGNORE: "T"}, {status.STOP: "true"}, 2),
    ],
)
def test_a_shoot_that_nobody_would_touch_is_known(annotations, of_seed, expected):
    seed = None if of_seed is None else {"metadata": {"name": "seed", "annotations": of_seed}}
    assert len(status.stopped(shoot(metadata={"annotations": annotations}), seed)) == expected


def test_a_result_has_the_operation_with_its_errors():
    told = status.operation(at("Create", "Error", SOON, QUOTA))
    assert (told["state"], told["codes"]) == ("Error", ["ERR_RETRYABLE_INFRA_DEPENDENCIES", "ERR_INFRA_QUOTA_EXCEEDED"])
    assert status.operation(shoot(status={"lastOperation": None})) == {}
