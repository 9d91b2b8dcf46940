from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import pods
from in_cluster import CRASHED, pod


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (None, "pod ipam-db-0 is not there"),
        (pod(), ""),
        (pod(sidecar=CRASHED), ""),
        (pod(database=CRASHED), "container postgres of pod ipam-db-0 does not run: CrashLoopBackOff"),
        (pod(database={"waiting": {}}), "does not run: waiting"),
        (pod(database={"terminated": {"reason": "OOMKilled"}}), "does not run: OOMKilled"),
        ({**pod(), "metadata": {"deletionTimestamp": "2026-11-29T11:00:00Z"}}, "pod ipam-db-0 is being ended"),
        ({"metadata": {}, "status": {"phase": "Pending"}}, "does not run: the pod is Pending"),
        ({"metadata": {}}, "does not run: the pod is new"),
    ],
)
def test_why_a_container_does_not_run(found, said):
    told = pods.idle(found, "ipam-db-0", "postgres")
    assert said in told and bool(told) is bool(said)


@pytest.mark.parametrize(
    ("found", "times"),
    [
        ({"status": {"containerStatuses": [{"name": "a", "restartCount": 2}, {"name": "b", "restartCount": 0}]}}, 0),
        ({"status": {"containerStatuses": [{"name": "b", "restartCount": 3}]}}, 3),
        ({"status": {"containerStatuses": [{"name": "a", "restartCount": 2}]}}, None),
        ({}, None),
        (None, None),
    ],
)
def test_how_often_a_container_has_started_anew(found, times):
    assert pods.restarts(found, "b") == times
