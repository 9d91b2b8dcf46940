"""What workloads lack."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import health
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack.components import Workload

SEEN = {"observedGeneration": 2}
RUNS = {**SEEN, "replicas": 3, "updatedReplicas": 3, "readyReplicas": 3}
STUCK = [{"type": "Progressing", "reason": "ProgressDeadlineExceeded", "message": "has timed out"}]


def found(status, replicas=3):
    return {"metadata": {"generation": 2}, "spec": {"replicas": replicas}, "status": status}


def job(*conditions):
    return {"metadata": {}, "status": {"conditions": list(conditions)}}


@pytest.mark.parametrize(
    ("kind", "there", "expected"),
    [
        ("Deployment", None, "Deployment a: not there"),
        ("Deployment", found(RUNS), ""),
        ("Deployment", found({**RUNS, "observedGeneration": 1}), "Deployment a: its controller has not seen it yet"),
        ("Deployment", found({}), "Deployment a: its controller has not seen it yet"),
        ("Deployment", found({**RUNS, "updatedReplicas": 1}), "Deployment a: 1 of 3 pods are as deployed"),
        ("Deployment", found({**RUNS, "readyReplicas": 2}), "Deployment a: 2 of 3 pods are ready"),
        ("Deployment", found({**RUNS, "replicas": 4}), "Deployment a: 1 of its former pods are still there"),
        (
            "Deployment",
            found({**SEEN, "conditions": STUCK}),
            "Deployment a: 0 of 3 pods are as deployed (has timed out)",
        ),
        ("Deployment", found(SEEN, replicas=0), ""),
        ("StatefulSet", found(SEEN, replicas=0), "StatefulSet a: is scaled to no replicas"),
        ("StatefulSet", found(RUNS), ""),
        ("StatefulSet", found({**SEEN, "readyReplicas": 3}), "StatefulSet a: 0 of 3 pods are as deployed"),
        (
            "StatefulSet",
            found({**SEEN, "readyReplicas": 3, "currentReplicas": 3, "currentRevision": "x", "updateRevision": "x"}),
            "",
        ),
        (
            "StatefulSet",
            found({**SEEN, "readyReplicas": 3, "currentReplicas": 3, "currentRevision": "x", "updateRevision": "y"}),
            "StatefulSet a: 0 of 3 pods are as deployed",
        ),
        ("Job", None, ""),
        ("Job", job(), "Job a: has not ended"),
        ("Job", job({"type": "Complete", "status": "True"}), ""),
        ("Job", job({"type": "Failed", "status": "True", "message": "too often"}), "Job a: failed: too often"),
        ("Job", job({"type": "Failed", "status": "False"}), "Job a: has not ended"),
        ("Secret", None, "Secret a: not there"),
        ("Secret", {"metadata": {}, "data": {}}, "Secret a: is empty"),
        ("Secret", {"metadata": {}, "data": {"a": "b"}}, ""),
    ],
)
def test_what_a_workload_lacks(kind, there, expected):
    answer = health.lack(Workload(kind, "a"), there)
    assert (answer.what if answer else "") == expected


def test_a_job_that_failed_is_waited_for_no_more():
    failed = job({"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"})
    assert health.lack(Workload("Job", "a"), failed).final
    assert not health.lack(Workload("Job", "a"), job()).final
