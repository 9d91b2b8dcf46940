"""Whether the operator is through."""

from __future__ import annotations

from typing import Any

import gardens
import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._garden import outcome, status

TRUE = [{"type": "Installed", "status": "True"}, {"type": "RequiredRuntime", "status": "False"}]
DEAD = {"type": "Reconcile", "state": "Failed", "description": "x"}


@pytest.mark.parametrize(
    ("changes", "generation", "said", "over"),
    [
        ({}, 2, "", False),
        ({}, 3, "generation 2 was seen last", False),
        ({"gardener": {"version": "v1.137.4"}}, 2, "v1.137.4 has acted on it last", False),
        ({"gardener": None}, 2, "no version has acted on it last", False),
        ({"lastOperation": {"state": "Error", "description": "etcd"}}, 2, "Error 0 %: etcd", False),
        ({"lastOperation": None}, 2, "no operation yet", False),
        ({"lastOperation": DEAD}, 2, "Failed", True),
        ({"conditions": []}, 2, "unknown", False),
    ],
)
def test_a_garden_is_through_when_all_of_it_is(changes: dict[str, Any], generation: int, said: str, over: bool):
    failures, final = status.garden(gardens.live(**changes), generation, gardens.VERSION)
    assert (bool(failures), final) == (bool(said), over)
    assert not said or said in failures[0].seen


def test_an_operation_that_is_not_taken_up_yet_is_waited_for():
    asked = gardens.live()
    asked["metadata"]["annotations"] = {status.OPERATION: "reconcile"}
    assert "reconcile is waiting" in status.garden(asked, 2, gardens.VERSION)[0][0].seen


def test_conditions_count_where_health_is_asked_for():
    sick = gardens.live(conditions=[])
    assert len(status.garden(sick, 2, gardens.VERSION)[0]) == 4
    assert status.garden(sick, 2, gardens.VERSION, healthy=False)[0] == []


@pytest.mark.parametrize(
    ("observed", "conditions", "said"),
    [
        (1, TRUE, ""),
        (0, TRUE, "generation 0"),
        (1, [], "unknown"),
        (1, [*TRUE, {"type": "AdmissionHealthy", "status": "False", "message": "no pod"}], "no pod"),
    ],
)
def test_an_extension_has_to_be_installed_and_healthy(observed: int, conditions: Any, said: str):
    found = {"metadata": {"name": "a"}, "status": {"observedGeneration": observed, "conditions": conditions}}
    failures = status.extension(found, 1)
    assert [said in one.seen for one in failures] == ([True] if said else [])


FINAL, BEGUN = ["ERR_CONFIGURATION_PROBLEM"], "2026-11-30T12:00:00Z"
WRITTEN = {"uid": "u1", "generation": 3, "version": gardens.VERSION, "extensions": {}, "since": BEGUN}


def judged(kind: str, name: str, codes: list[str], state: str, moment: str | None) -> Any:
    record = {
        "kind": kind, "metadata": {"name": name},
        "status": {
            "lastOperation": {"state": state, "lastUpdateTime": moment},
            "lastError": {"description": "no zone", "codes": codes},
        },
    }  # fmt: skip
    operator = {"spec": {"replicas": 1}, "metadata": {"generation": 1}, "status": {"observedGeneration": 1}}
    operator["status"] |= {"updatedReplicas": 1, "availableReplicas": 1, "replicas": 1}
    return outcome.judged(outcome._Seen(gardens.live(), [], [record], operator, []), WRITTEN, True)


@pytest.mark.parametrize(
    ("codes", "state", "moment", "told", "over"),
    [
        (FINAL, "Error", "2026-11-30T12:00:01Z", True, True),
        (FINAL, "Error", BEGUN, True, True),
        # Of before the write, which may have mended it: told, and waited for.
        (FINAL, "Error", "2026-11-30T11:59:59Z", True, False),
        (FINAL, "Processing", "2026-11-30T12:00:01Z", False, False),
        (FINAL, "Succeeded", "2026-11-30T12:00:01Z", False, False),
        (["ERR_RETRYABLE_CONFIGURATION_PROBLEM"], "Error", "2026-11-30T12:00:01Z", False, False),
        ([], "Error", "2026-11-30T12:00:01Z", False, False),
    ],
)
def test_a_record_with_an_error_for_good_ends_the_wait(codes: Any, state: str, moment: str, told: bool, over: bool):
    failures, final = judged("DNSRecord", "api", codes, state, moment)
    assert final is over and failures and ("no zone" in failures[0].seen) is told


@pytest.mark.parametrize(("name", "blocks"), [("bucket", True), ("uid-of-a-seed", False)])
def test_a_bucket_counts_that_the_garden_names(name: str, blocks: bool):
    failures, over = judged("BackupBucket", name, FINAL, "Error", "2026-11-30T12:00:01Z")
    assert over is blocks and ("no zone" in failures[0].seen) is blocks


def test_another_garden_of_the_name_is_not_the_one_that_was_written():
    written = {"uid": "u0", "generation": 1, "version": gardens.VERSION, "extensions": {}}
    failures, over = outcome.judged(outcome._Seen(gardens.live(), [], [], None, []), written, True)
    assert over and failures[0].seen == "another one of its name"
