"""A runtime cluster on loopback: a real kube-apiserver on a real etcd, with Gardener's own definitions.

No controller of Kubernetes runs. Nodes, Services and a StorageClass are those that a cluster of k3s would have.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import subprocess
import time
import urllib.error
from pathlib import Path
from typing import Any

import yaml
from cluster import Cluster

from lab import build, golang, settings

Object = dict[str, Any]

APPLY = "application/apply-patch+yaml"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
OPERATOR_API = "/apis/operator.gardener.cloud/v1alpha1"
SPACE = "/api/v1/namespaces/garden"
CHART = "/apis/apps/v1/namespaces/garden/deployments/gardener-operator"
# The stand-in acts within one, and definitions are served within some.
UNTIL_SECONDS = 300
# What gardener-operator's chart defines, and what the operator itself defines with its first reconciliation.
OF_CHART = ("example/operator/10-crd-operator.gardener.cloud_{}.yaml", ("gardens", "extensions"))
OF_OPERATOR = (
    "pkg/component/extensions/crds/assets/crd-extensions.gardener.cloud_{}.yaml",
    ("dnsrecords", "backupbuckets"),
)
OF_MANAGER = ("example/resource-manager/10-crd-resources.gardener.cloud_{}.yaml", ("managedresources",))


@functools.cache
def sources() -> Path:
    """Gardener's module of the version that the lab pins, verified by the checksum there."""
    directory = build.BUILDS["gardener-apiserver"].directory
    go = golang.go_command(directory / "go.mod", settings.from_environment().cache)
    command = [go, "mod", "download", "-json", "github.com/gardener/gardener"]
    environment = {**os.environ, "GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local", "GOWORK": "off"}
    done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=True)
    return Path(json.loads(done.stdout)["Dir"])


def version() -> str:
    return build.BUILDS["gardener-apiserver"].version


def charts() -> Path:
    return sources() / "charts/gardener"


class Runtime(Cluster):
    """A cluster that a garden may come to. authority: in PEM, of one whose certificate is not of its own making."""

    authority = ""

    def prepare(self) -> None:
        """What a cluster of k3s has before any garden."""
        self.await_ready()
        self.define_storage_class()
        for number in (1, 2, 3):
            self.node(f"node-{number}", f"192.0.2.{number}", f"198.18.{number}.0/24", f"zone-{number}")
        pool = {"range-global": "192.0.2.200-192.0.2.209"}
        self.put({"apiVersion": "v1", "kind": "ConfigMap", "metadata": _named("kubevip", "kube-system"), "data": pool})

    def node(self, name: str, address: str, pods: str, zone: str = "") -> None:
        labels = {"topology.kubernetes.io/zone": zone} if zone else {}
        self.put(
            {
                "apiVersion": "v1",
                "kind": "Node",
                "metadata": {"name": name, "labels": labels},
                "spec": {"podCIDR": pods},
            }
        )
        self.put(
            {
                "apiVersion": "v1", "kind": "Node", "metadata": {"name": name},
                "status": {
                    "addresses": [{"type": "InternalIP", "address": address}], "allocatable": {"pods": "256"},
                    "conditions": [{"type": "Ready", "status": "True"}],
                },
            },
            part="/status",
        )  # fmt: skip

    def define(self, *what: tuple[str, tuple[str, ...]]) -> None:
        """Have Gardener's own definitions, and wait until they are served."""
        for pattern, names in what:
            for name in names:
                wanted = yaml.safe_load((sources() / pattern.format(name)).read_text())
                self.put(wanted)
                self.until(functools.partial(self._serves, wanted), f"{name} are served")

    def space(self) -> None:
        self.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "garden"}})

    def operator(self, tag: str = "", ready: bool = True) -> None:
        """The Deployment of gardener-operator as its chart has it, without the chart."""
        labels = {"app": "gardener", "role": "operator"}
        image = f"registry.example/gardener/operator:{tag or version()}"
        spec = {
            "replicas": 1, "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels}, "spec": {"containers": [{"name": "gardener-operator", "image": image}]},
            },
        }  # fmt: skip
        metadata = _named("gardener-operator", "garden")
        self.put({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec})
        if ready:
            self.run_operator()

    def run_operator(self, running: int = 1) -> None:
        """What a controller would write of the operator's pods."""
        path = "/apis/apps/v1/namespaces/garden/deployments/gardener-operator"
        found = self.request(path)
        status = {
            "observedGeneration": found["metadata"]["generation"], "replicas": running, "updatedReplicas": running,
            "availableReplicas": running, "readyReplicas": running,
        }  # fmt: skip
        self.request(f"{path}/status", "PATCH", {"status": status}, "application/merge-patch+json")

    def put(self, wanted: Object, part: str = "", manager: str = "fixture") -> Object:
        """Have an object, whatever was there before."""
        path = f"{place(wanted)}{part}?fieldManager={manager}&force=true"
        return dict(self.request(path, "PATCH", wanted, APPLY))

    def remove(self, path: str) -> None:
        with contextlib.suppress(urllib.error.HTTPError):
            self.request(path, "DELETE")

    def garden(self, name: str = "garden") -> Object | None:
        return self.find(f"{OPERATOR_API}/gardens/{name}")

    def told(self, state: str, said: str = "") -> None:
        """Wait until the Garden's last operation is in a state, and says so."""

        def there() -> bool:
            last = ((self.garden() or {}).get("status") or {}).get("lastOperation") or {}
            return bool(last.get("state") == state and said in last.get("description", ""))

        self.until(there, f"the operation is {state} {said}")

    def extensions(self) -> list[Object]:
        return list((self.find(f"{OPERATOR_API}/extensions") or {}).get("items") or [])

    def secret(self, name: str) -> Object | None:
        return self.find(f"{SPACE}/secrets/{name}")

    def until(self, reached: Any, what: str) -> None:
        end = time.monotonic() + UNTIL_SECONDS
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                if reached():
                    return
            time.sleep(0.2)
        raise AssertionError(f"never: {what}")

    def empty(self) -> None:
        """Take away what a garden has left. No controller runs that would do so, so finalizers go first."""
        for path in (f"{OPERATOR_API}/gardens", f"{OPERATOR_API}/extensions"):
            for one in (self.find(path) or {}).get("items") or []:
                self.request(f"{path}/{one['metadata']['name']}", "PATCH", {"metadata": {"finalizers": None}}, _MERGE)
            self.remove(path)
        for path in (
            f"{SPACE}/secrets", f"{SPACE}/configmaps", f"{SPACE}/services", "/api/v1/namespaces/kube-system/services",
            "/apis/apps/v1/namespaces/garden/deployments", "/apis/apps/v1/namespaces/kube-system/daemonsets",
            "/apis/extensions.gardener.cloud/v1alpha1/namespaces/garden/dnsrecords",
            "/apis/resources.gardener.cloud/v1alpha1/namespaces/garden/managedresources",
        ):  # fmt: skip
            self.remove(path)

    def _serves(self, definition: Object) -> bool:
        names, group = definition["spec"]["names"], definition["spec"]["group"]
        return all(
            self.find(f"/apis/{group}/{one['name']}/{names['plural']}") is not None
            for one in definition["spec"]["versions"]
        )


_MERGE = "application/merge-patch+json"


def place(wanted: Object) -> str:
    """Where an object is; StorageClasses and the like are not made here."""
    version_, metadata = wanted["apiVersion"], wanted["metadata"]
    inside = f"/namespaces/{metadata['namespace']}" if "namespace" in metadata else ""
    plural = f"{wanted['kind'].lower()}s"
    return f"/{'apis' if '/' in version_ else 'api'}/{version_}{inside}/{plural}/{metadata['name']}"


def _named(name: str, namespace: str) -> Object:
    return {"name": name, "namespace": namespace}
