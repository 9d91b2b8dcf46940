"""A stand-in of the StatefulSet controller, of what makes volumes, of the scheduler and of the kubelet.

It speaks to a real kube-apiserver. Of a StatefulSet it makes the claims and one pod, and a new pod where its template
has changed; of a claim, a directory; of a pod, processes (pod.py). Whoever is deleted ends, pods before their claims.
It has no probes: a pod is ready once its containers run, as with metal-roles' own.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import shutil
import threading
import urllib.error
from pathlib import Path
from typing import Any

import kubelet
import yaml
from api import Server
from cluster import Cluster
from playing import NAMESPACE
from pod import Container, Pod

POLL_SECONDS = 0.3
REVISION = "controller-revision-hash"
MERGE = "application/merge-patch+json"
Object = dict[str, Any]


class Pods(kubelet.Kubelet):
    """running: the pods, by name. volumes: the directories of claims, by the name of the claim.

    formatted: whether a new volume has what a file system of its own begins with. late: whether a claim gets its volume
    with the first pod that asks for it, as those on the disk of a node. Commands that are run in containers are the
    kubelet's.
    """

    def __init__(self, cluster: Cluster, tree: Path, home: Path) -> None:
        own = cluster.directory
        super().__init__(Server(cluster.kubeconfig, cluster.kubeconfig, own / "apiserver.crt", own / "apiserver.key"))
        self.running: dict[str, Pod] = {}
        self.volumes: dict[str, Path] = {}
        self.formatted = self.late = False
        self._cluster, self._tree, self.home = cluster, tree, home
        self._owners: dict[str, str] = {}
        self._end = threading.Event()
        # Nobody makes pods that read a volume here.
        self._threads[1:] = [threading.Thread(target=self._reconcile_all, daemon=True)]

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._threads[-1].join()
        super().__exit__()

    def container(self, pod: str, name: str) -> Any:
        return self.running[pod].containers[name]

    def log(self, pod: str, container: str) -> str | None:
        """Of pods with containers what was written before the last restart, which is all that is asked of them."""
        one = self.running.get(pod)
        return one.containers[container].previous if one else super().log(pod, container)

    def _reconcile_all(self) -> None:
        while not self._end.is_set():
            # What somebody else has changed meanwhile is looked at again.
            with contextlib.suppress(OSError, urllib.error.HTTPError, KeyError):
                self._reconcile()
            self._end.wait(POLL_SECONDS)
        # Here, since what this thread has started ends with it, and in no order.
        while self.running:
            self.running.popitem()[1].stop(0)

    def _reconcile(self) -> None:
        sets, pods, claims = (
            {one["metadata"]["name"]: one for one in self._list(path)}
            for path in ("/apis/apps/v1/{}/statefulsets", "/api/v1/{}/pods", "/api/v1/{}/persistentvolumeclaims")
        )
        for name, one in claims.items():
            self._claim(name, one, pods)
        for name in self.volumes.keys() - claims.keys():
            shutil.rmtree(self.volumes.pop(name))
        for name in list(self.running):
            if pods.get(name, {}).get("metadata", {}).get("uid") != self.running[name].uid:
                # It was deleted without grace.
                self.running.pop(name).stop(0)
        for name, one in pods.items():
            self._pod(name, one, sets, claims)
        for name, one in sets.items():
            self._set(name, one, pods.get(f"{name}-0"), claims)

    def _list(self, path: str) -> list[Object]:
        return list(self._cluster.request(path.format(f"namespaces/{NAMESPACE}"))["items"])

    def _at(self, plural: str, name: str = "", group: str = "/api/v1") -> str:
        return f"{group}/namespaces/{NAMESPACE}/{plural}/{name}".rstrip("/")

    def _claim(self, name: str, found: Object, pods: dict[str, Object]) -> None:
        metadata = found["metadata"]
        used = {
            volume.get("persistentVolumeClaim", {}).get("claimName")
            for pod in pods.values()
            for volume in pod["spec"].get("volumes") or []
        }
        if "deletionTimestamp" in metadata:
            if name not in used:
                where = self._at("persistentvolumeclaims", name)
                self._cluster.request(where, "PATCH", {"metadata": {"finalizers": None}}, MERGE)
            return
        if self.late and name not in used:
            return
        volume = self.home / "volumes" / metadata["uid"]
        if self.volumes.get(name) != volume:
            if name in self.volumes:
                shutil.rmtree(self.volumes[name])
            volume.mkdir(parents=True)
            volume.chmod(0o777)
            if self.formatted:
                (volume / "lost+found").mkdir(mode=0o700)
            self.volumes[name] = volume
        if found.get("status", {}).get("phase") != "Bound":
            where = self._at("persistentvolumeclaims", f"{name}/status")
            self._cluster.request(where, "PATCH", {"status": {"phase": "Bound"}}, MERGE)

    def _set(self, name: str, found: Object, pod: Object | None, claims: dict[str, Object]) -> None:
        if "deletionTimestamp" in found["metadata"]:
            return
        spec = found["spec"]
        revision = hashlib.sha256(json.dumps(spec["template"], sort_keys=True).encode()).hexdigest()[:10]
        wanted = bool(spec.get("replicas", 1))
        for template in (spec.get("volumeClaimTemplates") or []) if wanted else []:
            claim = f"{template['metadata']['name']}-{name}-0"
            if claim not in claims:
                body = {"metadata": {"name": claim, "labels": {"app": name}}, "spec": template["spec"]}
                self._cluster.request(self._at("persistentvolumeclaims"), "POST", body)
        current = pod is not None and pod["metadata"]["labels"].get(REVISION) == revision
        if pod is None and wanted:
            self._make(name, found, revision)
        elif pod is not None and not (current and wanted) and "deletionTimestamp" not in pod["metadata"]:
            self._cluster.request(self._at("pods", f"{name}-0"), "DELETE")
        ready = int(current and pod is not None and "deletionTimestamp" not in pod["metadata"] and _ready(pod))
        status = {
            "observedGeneration": found["metadata"]["generation"], "replicas": int(pod is not None),
            "readyReplicas": ready, "updatedReplicas": int(current), "availableReplicas": ready,
            "currentRevision": revision, "updateRevision": revision, "currentReplicas": int(current),
        }  # fmt: skip
        if not {key: one for key, one in status.items() if one}.items() <= (found.get("status") or {}).items():
            where = self._at("statefulsets", f"{name}/status", "/apis/apps/v1")
            self._cluster.request(where, "PATCH", {"status": status}, MERGE)

    def _make(self, name: str, found: Object, revision: str) -> None:
        template = found["spec"]["template"]
        volumes = [
            {
                "name": one["metadata"]["name"],
                "persistentVolumeClaim": {"claimName": f"{one['metadata']['name']}-{name}-0"},
            }
            for one in found["spec"].get("volumeClaimTemplates") or []
        ]
        owner = {
            "apiVersion": "apps/v1", "kind": "StatefulSet", "name": name, "uid": found["metadata"]["uid"],
            "controller": True,
        }  # fmt: skip
        metadata = {
            "name": f"{name}-0", "labels": {**template["metadata"]["labels"], REVISION: revision},
            "ownerReferences": [owner],
        }  # fmt: skip
        spec = {**template["spec"], "nodeName": kubelet.NODE, "terminationGracePeriodSeconds": 15}
        spec["volumes"] = [*volumes, *(template["spec"].get("volumes") or [])]
        self._cluster.request(self._at("pods"), "POST", {"metadata": metadata, "spec": spec})

    def _pod(self, name: str, found: Object, sets: dict[str, Object], claims: dict[str, Object]) -> None:
        metadata = found["metadata"]
        if not metadata.get("ownerReferences") or metadata["ownerReferences"][0]["kind"] != "StatefulSet":
            return
        if "deletionTimestamp" in metadata:
            if name in self.running:
                self.running.pop(name).stop()
            self._cluster.request(self._at("pods", name), "DELETE", {"gracePeriodSeconds": 0})
            return
        if metadata["ownerReferences"][0]["uid"] not in [one["metadata"]["uid"] for one in sets.values()]:
            self._cluster.request(self._at("pods", name), "DELETE")
            return
        if name not in self.running:
            if not self._startable(found, claims):
                return
            self.running[name] = self._started(found)
        pod = self.running[name]
        for one in pod.containers.values():
            one.keep_running()
        statuses = [
            {
                "name": each, "image": "image", "imageID": "", "restartCount": one.restarts, "ready": one.running,
                "state": {"running": {}} if one.running else {"waiting": {"reason": "CrashLoopBackOff"}},
            }
            for each, one in pod.containers.items()
        ]  # fmt: skip
        before = (found.get("status") or {}).get("containerStatuses") or []
        told = [(one["restartCount"], one["ready"]) for one in statuses]
        if [(one["restartCount"], one["ready"]) for one in before] != told:
            status = {"phase": "Running", "containerStatuses": statuses}
            self._cluster.request(self._at("pods", f"{name}/status"), "PATCH", {"status": status}, MERGE)

    def _startable(self, found: Object, claims: dict[str, Object]) -> bool:
        """Whether all is there that its containers need; a kubelet waits for it."""
        for volume in found["spec"].get("volumes") or []:
            if "persistentVolumeClaim" in volume:
                claim = claims.get(volume["persistentVolumeClaim"]["claimName"])
                if claim is None or "deletionTimestamp" in claim["metadata"] or claim["metadata"]["name"] not in (
                    self.volumes
                ):  # fmt: skip
                    return False
            if "configMap" in volume and not self._cluster.find(self._at("configmaps", volume["configMap"]["name"])):
                return False
        references = [
            variable["valueFrom"]["secretKeyRef"]["name"]
            for one in found["spec"]["containers"]
            for variable in one.get("env") or []
            if "valueFrom" in variable
        ]
        return all(self._cluster.find(self._at("secrets", one)) for one in {*references})

    def _started(self, found: Object) -> Pod:
        pod = Pod(found["metadata"]["uid"])
        home = self.home / "pods" / pod.uid
        places: dict[str, Path] = {}
        for volume in found["spec"].get("volumes") or []:
            if "persistentVolumeClaim" in volume:
                places[volume["name"]] = self.volumes[volume["persistentVolumeClaim"]["claimName"]]
            else:
                data = self._cluster.request(self._at("configmaps", volume["configMap"]["name"]))["data"]
                places[volume["name"]] = directory = home / volume["name"]
                directory.mkdir(parents=True)
                for key, text in data.items():
                    (directory / key).write_text(text)
                pod.config = yaml.safe_load(data["config.yaml"])
        home.chmod(0o755) if home.exists() else None
        for one in found["spec"]["containers"]:
            mounts = {mount["mountPath"]: places[mount["name"]] for mount in one.get("volumeMounts") or []}
            pod.containers[one["name"]] = Container(
                pod.network, self._tree, home / one["name"], one["command"], self._environment(one), mounts
            )
        return pod

    def _environment(self, container: Object) -> dict[str, str]:
        found = {}
        for variable in container.get("env") or []:
            if "value" in variable:
                found[variable["name"]] = variable["value"]
                continue
            reference = variable["valueFrom"]["secretKeyRef"]
            data = self._cluster.request(self._at("secrets", reference["name"]))["data"]
            found[variable["name"]] = base64.b64decode(data[reference["key"]]).decode()
        return found


def _ready(pod: Object) -> bool:
    statuses = (pod.get("status") or {}).get("containerStatuses") or []
    return bool(statuses) and all(one["ready"] for one in statuses)
