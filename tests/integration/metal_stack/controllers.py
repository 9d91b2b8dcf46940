"""A stand-in for Kubernetes' controllers and kubelets: it sets the status that workloads have once their pods run.

It makes no pods. C(holds) names workloads that never get ready, C(fails) Jobs that fail.
"""

from __future__ import annotations

import contextlib
import threading
import time
import urllib.error
from typing import Any

from cluster import Cluster

POLL_SECONDS = 0.4
STATUS = "application/merge-patch+json"


class Controllers:
    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._end = threading.Event()
        self.holds: set[str] = set()
        self.fails: set[str] = set()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._end.is_set():
            # An API server that goes is what some tests are about.
            with contextlib.suppress(OSError, urllib.error.HTTPError):
                for plural, reconcile in (("statefulsets", self._replicas), ("deployments", self._replicas)):
                    self._each(f"/apis/apps/v1/{plural}", plural, reconcile)
                self._each("/apis/batch/v1/jobs", "jobs", self._job)
            time.sleep(POLL_SECONDS)

    def _each(self, path: str, plural: str, reconcile: Any) -> None:
        group = path.rpartition("/")[0]
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
