"""A stand-in for Kubernetes' controllers and kubelets: it sets the status that workloads have once their pods run.

It makes no pods. C(holds) names workloads that never get ready, C(fails) Jobs that fail.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from cluster import Cluster
from reconciling import STATUS, Reconciler


class Controllers(Reconciler):
    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster)
        self.holds: set[str] = set()
        self.fails: set[str] = set()
        self.start()

    def steps(self) -> list[Callable[[], None]]:
        return [
            partial(self._each, "/apis/apps/v1/statefulsets", self._replicas),
            partial(self._each, "/apis/apps/v1/deployments", self._replicas),
            partial(self._each, "/apis/batch/v1/jobs", self._job),
        ]

    def _each(self, path: str, reconcile: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        group, _slash, plural = path.rpartition("/")
        for found in self._cluster.request(path)["items"]:
            metadata = found["metadata"]
            status = reconcile(found)
            if metadata["name"] not in self.holds and not status.items() <= (found.get("status") or {}).items():
                place = f"{group}/namespaces/{metadata['namespace']}/{plural}/{metadata['name']}/status"
                self._cluster.request(place, "PATCH", {"status": status}, STATUS)

    def _replicas(self, found: dict[str, Any]) -> dict[str, Any]:
        wanted, generation = found["spec"].get("replicas", 1), found["metadata"]["generation"]
        counted = dict.fromkeys(("replicas", "readyReplicas", "updatedReplicas", "availableReplicas"), wanted)
        return {"observedGeneration": generation, **counted}

    def _job(self, found: dict[str, Any]) -> dict[str, Any]:
        now = found["metadata"]["creationTimestamp"]
        if found["metadata"]["name"] in self.fails:
            kinds = ("FailureTarget", "Failed")
            ended: dict[str, Any] = {"failed": 1}
        else:
            kinds, ended = ("SuccessCriteriaMet", "Complete"), {"succeeded": 1, "completionTime": now}
        conditions = [
            {"type": kind, "status": "True", "reason": "Test", "message": "by the stand-in"} for kind in kinds
        ]
        return {"startTime": now, **ended, "conditions": conditions}
