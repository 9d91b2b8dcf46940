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


@pytest.mark.parametrize(
    ("codes", "state", "blocks"),
    [
        (["ERR_CONFIGURATION_PROBLEM"], "Error", True),
        (["ERR_CONFIGURATION_PROBLEM"], "Succeeded", False),
        (["ERR_RETRYABLE_CONFIGURATION_PROBLEM"], "Error", False),
        ([], "Error", False),
    ],
)
def test_a_record_with_an_error_for_good_ends_the_wait(codes: list[str], state: str, blocks: bool):
    record = {
        "kind": "DNSRecord", "metadata": {"name": "api"},
        "status": {"lastOperation": {"state": state}, "lastError": {"description": "no zone", "codes": codes}},
    }  # fmt: skip
    written = {"uid": "u1", "generation": 3, "version": gardens.VERSION, "extensions": {}}
    operator = {"spec": {"replicas": 1}, "metadata": {"generation": 1}, "status": {"observedGeneration": 1}}
    operator["status"] |= {"updatedReplicas": 1, "availableReplicas": 1, "replicas": 1}
    seen = outcome._Seen(gardens.live(), [], [record], operator, [])
    failures, over = outcome.judged(seen, written, True)
    assert over is blocks and failures and ("no zone" in failures[0].seen) is blocks


def test_another_garden_of_the_name_is_not_the_one_that_was_written():
    written = {"uid": "u0", "generation": 1, "version": gardens.VERSION, "extensions": {}}
    failures, over = outcome.judged(outcome._Seen(gardens.live(), [], [], None, []), written, True)
    assert over and failures[0].seen == "another one of its name"
