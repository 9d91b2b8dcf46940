"""Shoots as a garden has them, for the units."""

from __future__ import annotations

import copy
import json
from typing import Any

MANAGER = "metalstack.autonomous"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def shoot(**more: Any) -> dict[str, Any]:
    """A shoot that gardenlet has reconciled; more: its spec's fields, or C(status) and C(metadata), merged."""
    made: dict[str, Any] = {
        "apiVersion": "core.gardener.cloud/v1beta1",
        "kind": "Shoot",
        "metadata": {
            "namespace": "garden-a", "name": "fra", "uid": "u", "generation": 2, "resourceVersion": "7",
            "annotations": {}, "finalizers": ["gardener"],
        },
        "spec": {
            "seedName": "seed",
            "kubernetes": {"version": "1.35.3", "kubelet": {"kubeReserved": {"cpu": "80m", "memory": "1Gi"}}},
            "provider": {"type": "metal", "workers": [pool()]},
        },
        "status": {
            "observedGeneration": 2,
            "lastOperation": {
                "type": "Reconcile", "state": "Succeeded", "progress": 100, "description": "reconciled",
                "lastUpdateTime": "2026-11-30T12:00:00Z",
            },
        },
    }  # fmt: skip
    for part in ("metadata", "status"):
        made[part] |= more.pop(part, {})
    made["spec"] |= more
    return copy.deepcopy(made)


def pool(name: str = "group-0", **more: Any) -> dict[str, Any]:
    image = {"name": "debian", "version": "12.0.20260201"}
    return {"name": name, "minimum": 1, "maximum": 2, "machine": {"type": "n1", "image": image}, **more}


def managed(manager: str, fields: dict[str, Any], operation: str = "Apply", **more: str) -> dict[str, Any]:
    """An entry of who manages which fields."""
    return {"manager": manager, "operation": operation, "fieldsType": "FieldsV1", "fieldsV1": fields, **more}


def by_kubectl(applied: dict[str, Any], found: dict[str, Any], manager: str = "kubectl-client-side-apply") -> None:
    """Have a shoot as if this had been applied on the client's side."""
    found["metadata"]["annotations"][LAST_APPLIED] = json.dumps(applied)
    fields = {"f:metadata": {"f:annotations": {f"f:{LAST_APPLIED}": {}}}, "f:spec": {}}
    found["metadata"].setdefault("managedFields", []).append(managed(manager, fields, "Update"))
