"""A claim that is made anew is the one that was, without its volume; and what it waits for."""

from __future__ import annotations

import copy

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import release

CLAIM = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {
        "name": "data-db-0",
        "namespace": "metal",
        "uid": "u-1",
        "resourceVersion": "17",
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "labels": {"app": "db"},
        "annotations": {
            "team": "storage",
            "pv.kubernetes.io/bind-completed": "yes",
            "volume.kubernetes.io/selected-node": "server1",
            "volume.kubernetes.io/storage-provisioner": "rancher.io/local-path",
        },
        "finalizers": ["kubernetes.io/pvc-protection"],
    },
    "spec": {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}},
        "storageClassName": "local-path",
        "volumeName": "pvc-1",
    },
    "status": {"phase": "Bound"},
}


def pod(claim: str = "data-db-0", ready: str = "True") -> dict:
    return {
        "metadata": {"namespace": "metal", "name": "db-0"},
        "spec": {"volumes": [{"configMap": {}}, {"persistentVolumeClaim": {"claimName": claim}}]},
        "status": {"conditions": [{"type": "Ready", "status": ready}]},
    }


def test_a_renewed_claim_has_nothing_of_its_old_volume() -> None:
    before = copy.deepcopy(CLAIM)
    assert release.renewed(CLAIM) == {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {
            "name": "data-db-0",
            "namespace": "metal",
            "labels": {"app": "db"},
            "annotations": {"team": "storage"},
        },
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
            "storageClassName": "local-path",
        },
    }
    assert before == CLAIM


@pytest.mark.parametrize(
    ("pods", "phase", "expected"),
    [
        ([], "Pending", []),
        ([pod("other", "False")], "Pending", []),
        ([pod()], "Bound", []),
        ([pod(ready="False")], "Bound", ["pod metal/db-0 is not ready"]),
        ([pod(ready="False")], "Pending", ["claim metal/data-db-0 is Pending", "pod metal/db-0 is not ready"]),
    ],
    ids=["no pod asks for it", "a pod asks for another", "met", "met, but not ready", "neither"],
)
def test_what_a_claim_waits_for(pods: list[dict], phase: str, expected: list[str]) -> None:
    assert release.waiting(pods, {**CLAIM, "status": {"phase": phase}}) == expected


def test_an_ephemeral_volume_is_its_pods() -> None:
    ephemeral = {
        "metadata": {"namespace": "metal", "name": "web"},
        "spec": {"volumes": [{"name": "tmp", "ephemeral": {}}]},
    }
    assert release.users([pod(), ephemeral], "web-tmp") == [ephemeral]


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({}, True),
        ({"ownerReferences": [{"kind": "StatefulSet"}]}, True),
        ({"ownerReferences": [{"kind": "Pod"}]}, False),
        ({"deletionTimestamp": "2026-01-01T00:00:00Z"}, False),
    ],
    ids=["a plain one", "one of a StatefulSet", "one that goes with its pod", "one that somebody has deleted"],
)
def test_which_claims_are_made_anew(metadata: dict, expected: bool) -> None:
    assert release.lasts({"metadata": metadata}) is expected
