"""Which workloads are held after a restore, how, and what they are given back."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import workloads
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s.workloads import ANNOTATION, TRACKING

LABELLED = {workloads.LABEL: "held"}
WAITS = {workloads.LABEL: "held-until-data"}
CRON = [{"kind": "CronJob", "name": "report", "uid": "u-report"}]


def workload(kind: str, labels: t.Any = None, owners: t.Any = None, held: str | None = None, **spec: t.Any) -> t.Any:
    metadata = {"name": "it", "namespace": "default", "uid": f"u-{kind}"}
    metadata |= {"labels": labels} if labels else {}
    metadata |= {"ownerReferences": owners} if owners else {}
    metadata |= {"annotations": {ANNOTATION: held}} if held is not None else {}
    return {"kind": kind, "apiVersion": "x/v1", "metadata": metadata, "spec": spec}


def ended(kind: str, status: str = "True") -> t.Any:
    conditions = [{"type": "SuccessCriteriaMet", "status": "True"}, {"type": kind, "status": status}]
    return {**workload("Job", owners=CRON), "status": {"conditions": conditions}}


@pytest.mark.parametrize(
    ("raw", "acts"),
    [
        pytest.param(workload("CronJob"), True, id="a CronJob"),
        pytest.param(workload("CronJob", suspend=True), True, id="a CronJob that is suspended"),
        pytest.param(workload("Job", owners=CRON), True, id="a Job of a CronJob"),
        pytest.param(ended("Complete"), False, id="one that is done"),
        pytest.param(ended("Failed"), False, id="one that has failed"),
        pytest.param(ended("Complete", "False"), True, id="one that is not done"),
        pytest.param(workload("Job"), False, id="a Job of somebody"),
        pytest.param(workload("Job", LABELLED), True, id="a Job of somebody who wants it held"),
        pytest.param(workload("Deployment"), False, id="a Deployment"),
        pytest.param(workload("Deployment", LABELLED), True, id="a Deployment to be held"),
        pytest.param(workload("StatefulSet", LABELLED), True, id="a StatefulSet to be held"),
        pytest.param(workload("StatefulSet", WAITS), True, id="a database"),
        pytest.param(workload("StatefulSet", {workloads.LABEL: "free"}), False, id="another word"),
    ],
)
def test_what_acts_by_itself_or_is_labelled_is_held(raw: t.Any, acts: bool) -> None:
    assert workloads.acts(raw) is acts


def patch(held: str | None, **spec: t.Any) -> t.Any:
    return {"metadata": {"annotations": {ANNOTATION: held}}, **({"spec": spec} if spec else {})}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (workload("Deployment", replicas=3), patch("3", replicas=0)),
        (workload("Deployment"), patch("1", replicas=0)),
        (workload("StatefulSet", replicas=2), patch("2", replicas=0)),
        (workload("CronJob"), patch("false", suspend=True)),
        (workload("Job", suspend=False), patch("false", suspend=True)),
        (workload("Deployment", replicas=0), {}),
        (workload("Deployment", replicas=0, held="3"), {}),
        (workload("CronJob", suspend=True), {}),
        (workload("CronJob", suspend=True, held="false"), {}),
        (workload("Deployment", replicas=5, held="3"), patch("5", replicas=0)),
    ],
    ids=[
        "replicas", "the usual number", "of a StatefulSet", "a CronJob", "a Job", "scaled down by somebody",
        "held already", "suspended by somebody", "suspended already", "scaled up by somebody while it was held",
    ],
)  # fmt: skip
def test_what_is_remembered_is_never_that_it_stood_still(raw: t.Any, expected: t.Any) -> None:
    assert workloads.hold(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (workload("Deployment", replicas=0, held="3"), patch(None, replicas=3)),
        (workload("StatefulSet", replicas=0, held="2"), patch(None, replicas=2)),
        (workload("CronJob", suspend=True, held="false"), patch(None, suspend=False)),
        (workload("Job", suspend=True, held="false"), patch(None, suspend=False)),
        (workload("Deployment", replicas=2, held="3"), patch(None)),
        (workload("CronJob", held="false"), patch(None)),
        (workload("Deployment", LABELLED, replicas=0), {}),
        (workload("CronJob", suspend=True), {}),
        (workload("StatefulSet", WAITS, replicas=0, held="1"), {}),
        (workload("StatefulSet", WAITS, replicas=1, held="1"), patch(None)),
    ],
    ids=[
        "replicas", "of a StatefulSet", "a CronJob", "a Job", "scaled by somebody meanwhile", "resumed by somebody",
        "scaled down by somebody before", "suspended by somebody before", "waits for its data", "has its data again",
    ],
)  # fmt: skip
def test_each_is_given_back_what_it_was_unless_somebody_has_decided(raw: t.Any, expected: t.Any) -> None:
    assert workloads.release(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (workload("Deployment", replicas=0, held="three"), "expected a number of replicas"),
        (workload("Deployment", replicas=0, held="-1"), "expected a number of replicas"),
        (workload("Deployment", replicas=0, held="true"), "expected a number of replicas"),
        (workload("CronJob", suspend=True, held="0"), "expected true or false"),
        (workload("CronJob", suspend=True, held=""), "expected true or false"),
    ],
)
def test_what_nobody_can_read_is_told_and_not_guessed(raw: t.Any, expected: str) -> None:
    with pytest.raises(workloads.Unreadable, match=f"{raw['kind']} default/it has .*{expected}.* by hand"):
        workloads.release(raw)


def owned(name: str, *uids: str, phase: str = "Running", **metadata: t.Any) -> t.Any:
    owners = [{"kind": "ReplicaSet", "uid": uid} for uid in uids]
    return {"metadata": {"name": name, "ownerReferences": owners, **metadata}, "status": {"phase": phase}}


def test_pods_go_by_whose_they_are() -> None:
    pods = [
        owned("of-it", "u-Deployment"),
        owned("waits", "u-Deployment", phase="Pending"),
        owned("of-another", "u-other"),
        owned("of-nobody"),
        owned("has-ended", "u-Deployment", phase="Succeeded"),
        owned("goes-already", "u-Deployment", deletionTimestamp="2026-01-01T00:00:00Z"),
    ]
    chosen = workloads.pods([workload("Deployment")], pods)
    assert [pod["metadata"]["name"] for pod in chosen] == ["of-it", "waits", "goes-already"]
    assert workloads.replica_sets([workload("Deployment")], pods[:3]) == pods[:2]


@pytest.mark.parametrize(
    ("finalizers", "expected"),
    [
        ([TRACKING], {"metadata": {"finalizers": []}}),
        (["a/b", TRACKING], {"metadata": {"finalizers": ["a/b"]}}),
        (["a/b"], {}),
        (None, {}),
    ],
)
def test_a_pod_of_a_job_that_goes_is_no_failure_of_it(finalizers: t.Any, expected: t.Any) -> None:
    assert workloads.untracked({"metadata": {"finalizers": finalizers}}) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [(None, []), ('["CronJob/a/b"]', ["CronJob/a/b"]), ("[]", []), ("{}", ["{}"]), ("yes", ["yes"])],
)
def test_that_something_is_held_is_told_whatever_became_of_it(text: str | None, expected: list[str]) -> None:
    annotations = {"other": "x"} if text is None else {ANNOTATION: text}
    assert workloads.marked({"metadata": {"annotations": annotations}}) == expected


def test_a_namespace_without_annotations_tells_of_nothing() -> None:
    assert workloads.marked({"metadata": {}}) == []


@pytest.mark.parametrize(("names", "text"), [([], None), (["CronJob/a/b"], '["CronJob/a/b"]')])
def test_a_mark_goes_with_the_last_that_is_held(names: list[str], text: str | None) -> None:
    assert workloads.mark(names) == {"metadata": {"annotations": {ANNOTATION: text}}}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (workload("StatefulSet", WAITS), patch("1", replicas=0)),
        (workload("StatefulSet"), patch("1", replicas=0)),
        (workload("StatefulSet", LABELLED, held="1", replicas=0), {"metadata": {}}),
        (workload("StatefulSet", WAITS, held="1", replicas=0), None),
        (workload("StatefulSet", WAITS, replicas=0), None),
        (workload("StatefulSet", replicas=0), None),
    ],
    ids=[
        "a database", "one of an older version", "held since a restore", "held already", "scaled down by somebody",
        "scaled down, and not labelled",
    ],
)  # fmt: skip
def test_what_loses_its_volume_waits_for_its_data_however_it_was_labelled(raw: t.Any, expected: t.Any) -> None:
    found = workloads.withhold(raw)
    if expected is None:
        assert found == {}
        return
    expected["metadata"] |= {"labels": {workloads.LABEL: workloads.UNTIL_DATA}}
    assert found == expected


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        ("default/data-it-0", True),
        ("default/backup-it-12", True),
        ("other/data-it-0", False),
        ("default/data-it-x", False),
        ("default/data-it-", False),
        ("default/data-it-too-0", False),
        ("default/logs-it-0", False),
    ],
)
def test_a_claim_is_known_by_the_name_that_its_statefulset_gives_it(claim: str, expected: bool) -> None:
    templates = [{"metadata": {"name": name}} for name in ("data", "backup")]
    assert workloads.has_claim(workload("StatefulSet", volumeClaimTemplates=templates), claim) is expected


def test_a_statefulset_without_volumes_has_no_claim() -> None:
    assert not workloads.has_claim(workload("StatefulSet"), "default/data-it-0")
