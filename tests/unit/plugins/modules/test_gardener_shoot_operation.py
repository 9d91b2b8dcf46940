"""What the module for operations of shoots answers, beside a garden that has one."""

from __future__ import annotations

import copy
import json

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import options, waiting
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.client import Refusal, Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.operations import ANNOTATION, DEFERRED
from ansible_collections.metalstack.autonomous.plugins.modules import gardener_shoot_operation

AUTHORITIES = "certificateAuthorities"


class Garden:
    """One shoot, which has done what it is asked for as soon as somebody looks; lazy: nobody takes anything."""

    def __init__(self):
        self.warnings, self.sent, self.lazy = ["deprecated"], [], False
        # What the next questions end in instead.
        self.faults = []
        self.live = {
            "metadata": {"namespace": "garden-a", "name": "fra", "generation": 1, "resourceVersion": "1"},
            "spec": {"kubernetes": {"version": "1.35.3"}, "provider": {"workers": [{"name": "a"}]}},
            "status": {"observedGeneration": 1, "lastOperation": {"type": "Create", "state": "Succeeded"}},
        }

    def get(self, kind, *_):
        if kind.name != "Shoot":
            return None
        if not self.lazy and self.live:
            self._reconcile()
        return copy.deepcopy(self.live)

    def patch(self, _kind, _namespace, _name, change, dry=False):
        if self.faults:
            raise self.faults.pop(0)
        assert change["metadata"]["resourceVersion"] == self.live["metadata"]["resourceVersion"]
        if not dry:
            self.sent.append(change["metadata"]["annotations"])
            self.live["metadata"]["generation"] += 1
            self.live["metadata"].setdefault("annotations", {}).update(change["metadata"]["annotations"])
        return copy.deepcopy(self.live)

    def _reconcile(self):
        status, rotation = self.live["status"], {}
        for one in self.live["metadata"].get("annotations", {}).pop(ANNOTATION, "").split(";"):
            rotation |= {"rotate-ca-start": {AUTHORITIES: {"phase": "Prepared"}}}.get(one, {})
        if rotation:
            status["credentials"] = {"rotation": rotation}
        status["observedGeneration"] = self.live["metadata"]["generation"]
        status["lastOperation"]["type"] = "Reconcile"


def refusal(status, message):
    return Refusal("change Shoot", status, json.dumps({"message": message, "reason": "Conflict"}))


@pytest.fixture
def garden(monkeypatch):
    made = Garden()
    monkeypatch.setattr(options, "opened", lambda _given: made)
    monkeypatch.setattr(waiting, "POLL_SECONDS", 0.01)
    return made


@pytest.fixture
def operate(answer, garden):
    def operate(*names, **more):
        place = {"kubeconfig": "/none", "namespace": "garden-a", "name": "fra", "timeout": 0}
        return answer(gardener_shoot_operation, operations=list(names), **{**place, **more})

    return operate


def test_it_is_asked_for_and_waited_for(operate, garden):
    told = operate("reconcile")
    assert (told["changed"], told["sent"], told["generation"]) == (True, ["reconcile"], 2)
    assert told["operation"]["state"] == "Succeeded" and garden.sent == [{ANNOTATION: "reconcile"}]


def test_a_rotation_that_is_prepared_is_not_asked_for(operate, garden):
    first, second = (operate("rotate-ca", phase="prepared") for _ in range(2))
    assert first["diff"] == {
        "before": {"operations": [], "phases": {}},
        "after": {"operations": ["rotate-ca-start"], "phases": {AUTHORITIES: "Prepared"}},
    }
    assert not second["changed"] and second["diff"]["before"] == second["diff"]["after"]
    assert len(garden.sent) == 1


def test_check_mode_predicts_the_diff_and_asks_for_nothing(operate, garden):
    predicted = operate("rotate-ca", phase="prepared", _ansible_check_mode=True)
    assert garden.sent == []
    told = operate("rotate-ca", phase="prepared")
    assert [predicted[one] for one in ("changed", "sent", "diff")] == [told[one] for one in ("changed", "sent", "diff")]


def test_a_slice_of_the_wait_is_told_what_was_sent(operate, garden):
    garden.lazy = True
    first = operate("reconcile")
    assert first["failed"] and not first["over"] and first["written"]["sent"] == ["reconcile"]
    assert "generation 2" in first["msg"] and first["failures"]
    garden.lazy = False
    last = operate("reconcile", written=first["written"])
    assert last["changed"] and len(garden.sent) == 1


def test_a_wait_in_which_a_shoot_goes_says_so(operate, garden):
    garden.lazy = True
    written = operate("reconcile")["written"]
    garden.live = None
    assert "is gone while it was waited for" in operate("reconcile", written=written)["msg"]


def test_who_was_faster_is_looked_at_again(operate, garden):
    garden.faults = [refusal(409, "the object has been modified")]
    assert operate("reconcile")["changed"] and len(garden.sent) == 1


def test_a_refusal_is_told_with_what_was_asked_for(operate, garden):
    garden.faults = [refusal(422, "not now")]
    assert operate("reconcile")["msg"] == "shoot garden-a/fra cannot be asked for reconcile: not now"


def test_a_garden_that_does_not_answer_is_told(operate, garden):
    garden.faults = [Unreachable("the cluster gives no answer")]
    assert operate("reconcile")["msg"] == "the cluster gives no answer"


def test_it_is_left_to_the_maintenance_window_once(operate, garden):
    first, second = (operate("rotate-ca", phase="prepared", deferred=True) for _ in range(2))
    assert (first["changed"], second["changed"]) == (True, False)
    assert garden.sent == [{DEFERRED: "rotate-ca-start"}]


def test_without_a_wait_nothing_is_waited_for(operate, garden):
    garden.lazy = True
    told = operate("reconcile", wait=False, timeout=60)
    assert told["changed"] and not told["failures"]
    garden.live["metadata"]["annotations"] = {ANNOTATION: "rotate-ssh-keypair"}
    assert "operation rotate-ssh-keypair is taken" in operate("reconcile", wait=False, timeout=60)["msg"]
    assert len(garden.sent) == 1


def test_without_an_operation_it_waits_for_what_others_have_begun(operate, garden):
    assert not operate()["changed"] and garden.sent == []
    garden.lazy = True
    garden.live["metadata"]["generation"] = 2
    assert "generation 2" in operate()["msg"]
    garden.live["status"]["observedGeneration"] = 2
    garden.live["metadata"]["annotations"] = {ANNOTATION: "rotate-ssh-keypair"}
    assert "operation rotate-ssh-keypair is taken" in operate()["msg"]
    garden.lazy = False
    told = operate()
    assert not told.get("failed") and not told["changed"] and garden.sent == []


def test_without_an_operation_what_has_failed_is_no_success(operate, garden):
    garden.lazy = True
    garden.live["status"]["lastOperation"]["state"] = "Failed"
    told = operate()
    assert told["failed"] and told["over"]
