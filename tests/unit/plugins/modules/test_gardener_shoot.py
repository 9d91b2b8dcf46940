"""What the modules for shoots answer, beside a garden that has one."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import options
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.client import Refusal, Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.kinds import SHOOT
from ansible_collections.metalstack.autonomous.plugins.modules import gardener_shoot, gardener_shoot_info

MANAGED = {"manager": "metalstack.autonomous", "operation": "Apply", "fieldsV1": {"f:spec": {}}}
SPEC = {"region": "fra", "provider": {"workers": [{"name": "a", "machine": {"type": "n1"}}]}}


class Garden:
    """One shoot, which becomes what is applied; its operation is what the test has it be."""

    def __init__(self) -> None:
        self.warnings, self.written, self.refusal = ["deprecated"], 0, None
        # As every update does, dry ones too, while gardenlet has not taken an operation up yet.
        self.raises = self.confines = False
        self.seed = None
        metadata = {"namespace": "garden-a", "name": "fra", "uid": "u", "generation": 1, "managedFields": [MANAGED]}
        metadata["resourceVersion"] = "7"
        self.live: Any = {
            "apiVersion": "core.gardener.cloud/v1beta1", "kind": "Shoot", "metadata": metadata,
            "spec": {"kubernetes": {"version": "1.35.3"}, **copy.deepcopy(SPEC)},
            "status": {"observedGeneration": 1, "lastOperation": {"type": "Create", "state": "Succeeded"}},
        }  # fmt: skip

    def get(self, kind: Any, *_: str) -> Any:
        return copy.deepcopy(self.live) if kind.name == "Shoot" else self.seed

    def list(self, *_: Any) -> Any:
        return [self.get(SHOOT)]

    def apply(self, _kind: Any, wanted: Any, dry: bool = False, force: bool = False) -> Any:
        if self.refusal:
            raise self.refusal
        made = copy.deepcopy(self.live)
        made["spec"] |= wanted["spec"]
        made["metadata"]["annotations"] = {
            **made["metadata"].get("annotations", {}), **wanted["metadata"].get("annotations", {})
        }  # fmt: skip
        if not self.confines:
            made["metadata"]["generation"] += self.raises or made["spec"] != self.live["spec"]
        if not dry:
            self.live, self.written = made, self.written + 1
        return copy.deepcopy(made)


@pytest.fixture
def garden(monkeypatch):
    made = Garden()
    monkeypatch.setattr(options, "opened", lambda _given: made)
    return made


@pytest.fixture
def have(answer, garden):
    def have(spec=None, **more):
        place = {"kubeconfig": "/none", "namespace": "garden-a", "name": "fra", "timeout": 0}
        return answer(gardener_shoot, spec={**SPEC, **(spec or {})}, **place, **more)

    return have


def test_what_is_as_described_is_not_written(have, garden):
    told = have()
    assert (told["changed"], told["diff"], garden.written) == (False, {"before": {}, "after": {}}, 0)
    assert told["operation"]["state"] == "Succeeded" and told["written"] == {"uid": "u", "generation": 1}
    assert "managedFields" not in told["shoot"]["metadata"]


def test_a_run_that_writes_nothing_waits_for_what_is_there(have, garden):
    garden.raises = True
    told = have()
    assert (told["changed"], garden.written, told["written"]["generation"]) == (False, 0, 1)
    assert not told.get("failed") and told["shoot"]["metadata"]["generation"] == 1


@pytest.mark.parametrize("place", [{"namespace": ""}, {"name": ""}, {"name": "fra?dryRun=All"}, {"namespace": "a/b"}])
@pytest.mark.parametrize("state", ["present", "absent"])
def test_what_is_no_name_is_refused(answer, garden, place, state):
    given = {"kubeconfig": "/none", "namespace": "garden-a", "name": "fra", "spec": SPEC, "timeout": 0, **place}
    told = answer(gardener_shoot, state=state, confirm_deletion=True, **given)
    assert told["failed"] and "expected small letters" in told["msg"] and garden.written == 0


def test_what_was_written_is_what_is_waited_for(have, garden):
    told = have({"purpose": "testing"})
    assert told["failed"] and told["changed"] and not told["over"] and told["written"]["generation"] == 2
    garden.live["status"]["observedGeneration"] = 2
    later = have({"purpose": "other"}, written=told["written"])
    assert not later.get("failed") and not later["changed"] and garden.written == 1 and "diff" not in later


def test_without_a_wait_it_is_only_written(have, garden):
    told = have({"purpose": "testing"}, wait=False)
    assert told["changed"] and "waited" not in told and garden.written == 1


def test_a_change_that_waits_for_its_window_is_pending_in_this_run_and_the_next_ones(have, answer, garden):
    garden.live["spec"]["maintenance"] = {"confineSpecUpdateRollout": True}
    garden.confines = True
    for changed, confined in ((True, True), (False, False)):
        told = have({"purpose": "testing"})
        assert (told["changed"], told["confined"], told["pending"]) == (changed, confined, True)
        assert not told.get("failed")
    (found,) = answer(gardener_shoot_info, kubeconfig="/none")["shoots"]
    assert (found["pending"], found["ready"], found["over"]) == (True, False, False)
    assert "maintenance window" in found["failures"][0]["seen"]
    garden.live["metadata"]["generation"] = garden.live["status"]["observedGeneration"] = 2
    (found,) = answer(gardener_shoot_info, kubeconfig="/none")["shoots"]
    assert (found["pending"], found["ready"], have({"purpose": "testing"})["pending"]) == (False, True, False)


def test_one_that_is_deleted_while_it_is_waited_for_is_not_done(have, garden):
    garden.live["metadata"]["deletionTimestamp"] = "2026-11-30T12:00:00Z"
    told = have(written={"uid": "u", "generation": 1})
    assert told["failed"] and told["over"] and "it is being deleted since 2026-11-30" in told["msg"]


@pytest.mark.parametrize(
    ("deleted", "codes", "forcible"),
    [
        (True, ["ERR_INFRA_DEPENDENCIES"], True), (True, ["ERR_INFRA_QUOTA_EXCEEDED"], False), (True, [], False),
        (False, ["ERR_INFRA_DEPENDENCIES"], False),
    ],
)  # fmt: skip
def test_it_is_told_whether_a_deletion_may_be_forced(answer, garden, deleted, codes, forcible):
    garden.live["metadata"] |= {"deletionTimestamp": "2026-11-30T12:00:00Z"} if deleted else {}
    garden.live["status"]["lastErrors"] = [{"description": "no", "codes": codes}]
    (found,) = answer(gardener_shoot_info, kubeconfig="/none")["shoots"]
    assert found["forcible"] is forcible


def test_where_nothing_is_to_be_done_it_does_not_matter_that_nobody_would(have, garden):
    garden.live["metadata"]["annotations"] = {"shoot.gardener.cloud/ignore": "true"}
    assert not have().get("failed")
    refused = have({"purpose": "testing"})
    assert refused["failed"] and "Nothing was changed" in refused["msg"] and garden.written == 0
    garden.live["status"]["lastOperation"]["state"] = "Error"
    assert have()["failed"]


def test_an_emergency_stop_of_its_seed_is_told_by_those_who_may_read_it(answer, garden):
    garden.live["status"]["seedName"] = "seed"
    note = {"shoot.gardener.cloud/emergency-stop-reconciliations": "true"}
    for seed, stopped in ((None, 0), ({"metadata": {"name": "seed", "annotations": note}}, 1)):
        garden.seed = seed
        (found,) = answer(gardener_shoot_info, kubeconfig="/none")["shoots"]
        assert len(found["stopped"]) == stopped


def test_check_mode_writes_and_waits_for_nothing(have, garden):
    told = have({"purpose": "testing"}, _ansible_check_mode=True)
    assert (told["changed"], told["written"], garden.written) == (True, {}, 0)
    assert told["diff"]["after"]["spec"]["purpose"] == "testing" and not told.get("failed")


def test_nodes_are_not_replaced_without_leave(have, garden):
    other = {"provider": {"workers": [{"name": "a", "machine": {"type": "c1"}}]}}
    told = have(other)
    assert told["failed"] and not told["changed"] and told["rolled_workers"] == {"a": ["machine.type"]}
    assert garden.written == 0 and have(other, wait=False, allow_node_replacement=True)["changed"]


def test_why_the_garden_refuses_is_told(have, garden):
    cause = {"field": "spec.region", "message": "Invalid value: immutable", "reason": "FieldValueInvalid"}
    body = {"message": "long", "reason": "Invalid", "details": {"causes": [cause]}}
    garden.refusal = Refusal("apply", 422, json.dumps(body))
    told = have()
    assert (told["status"], told["reason"]) == (422, "Invalid")
    assert told["msg"] == "garden-a/fra: the garden refuses it: spec.region: Invalid value: immutable"


def test_what_gives_no_answer_is_told(have, garden):
    garden.refusal = Unreachable("the cluster gives no answer to apply")
    assert have()["msg"] == "garden-a/fra: the cluster gives no answer to apply"


def test_mistakes_and_a_missing_spec_are_told_before_anything_is_asked(answer, have):
    assert "annotation gardener.cloud/operation" in have(annotations={"gardener.cloud/operation": "retry"})["msg"]
    told = answer(gardener_shoot, kubeconfig="/none", namespace="garden-a", name="fra")
    assert told["failed"] and "spec" in told["msg"]


def test_what_the_garden_warns_of_is_passed_on(have, monkeypatch):
    said = []
    monkeypatch.setattr(gardener_shoot.AnsibleModule, "warn", lambda _, text: said.append(text))
    have()
    assert said == ["garden-a/fra: deprecated"]


def test_shoots_are_read_by_their_names(answer, garden):
    (found,) = answer(gardener_shoot_info, kubeconfig="/none")["shoots"]
    assert (found["name"], found["ready"], found["kubernetes_version"]) == ("fra", True, "1.35.3")
    assert answer(gardener_shoot_info, kubeconfig="/none", name="other")["shoots"] == []
    garden.live["metadata"]["generation"] = 2
    (found,) = answer(gardener_shoot_info, kubeconfig="/none")["shoots"]
    assert not found["ready"] and "generation 2" in found["failures"][0]["condition"]


@pytest.mark.parametrize(("state", "over"), [("Processing", False), ("Failed", True), ("Succeeded", False)])
def test_a_shoot_that_goes_is_not_ready_and_not_given_up_before_its_deletion_is(answer, garden, state, over):
    garden.live["metadata"]["deletionTimestamp"] = "2026-11-30T12:00:00Z"
    garden.live["status"]["lastOperation"] = {"type": "Delete", "state": state}
    (found,) = answer(gardener_shoot_info, kubeconfig="/none")["shoots"]
    assert (found["deleting"], found["ready"], found["over"]) == (True, False, over)
