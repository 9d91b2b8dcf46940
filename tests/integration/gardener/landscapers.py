"""Stand-ins for gardener-controller-manager, gardener-operator and gardenlet, as far as Projects and seeds go.

They write what these write in v1.138.3, in their order and with their words: the project controller
(pkg/controllermanager/controller/project/project), gardenlet's registration of its Seed (cmd/gardenlet/app), its
controllers of the Gardenlet and of the Seed (pkg/gardenlet/controller). No cluster is made, and nothing is deployed.
"""

from __future__ import annotations

import contextlib
import datetime
import threading
import time
import urllib.error
from collections.abc import Callable, Iterator

from garden import Garden, Object

CORE = "/apis/core.gardener.cloud/v1beta1"
SEEDS = "/apis/seedmanagement.gardener.cloud/v1alpha1/namespaces/garden"
FINALIZER = "gardener"
VERSION = "v1.138.3"
MERGE = "application/merge-patch+json"
PAUSE = 0.2
HEALTHY = ("GardenletReady", "ExtensionsReady", "SeedSystemComponentsHealthy", "BackupBucketsReady")


class Kept:
    """An object of which a controller writes the status. path: where it is."""

    def __init__(self, garden: Garden, path: str) -> None:
        self.garden, self.path = garden, path

    def read(self) -> Object:
        return dict(self.garden.request(self.path))

    def there(self) -> bool:
        return self.garden.find(self.path) is not None

    @property
    def status(self) -> Object:
        return dict(self.read().get("status") or {})

    def write(self, status: Object) -> None:
        """Merge into the status; lists and what is None are replaced."""
        self.garden.request(f"{self.path}/status", "PATCH", {"status": status}, MERGE)

    def change(self, change: Object, manager: str = "fixture") -> None:
        """Merge into all but the status, as another field manager."""
        self.garden.request(f"{self.path}?fieldManager={manager}", "PATCH", change, MERGE)

    def hold(self) -> None:
        """Have the finalizer by which it does not go before its controller has let it go."""
        metadata = self.read()["metadata"]
        if FINALIZER not in metadata.get("finalizers", []) and "deletionTimestamp" not in metadata:
            self.change({"metadata": {"finalizers": [*metadata.get("finalizers", []), FINALIZER]}})

    def remove(self) -> None:
        """Let it go."""
        self.change({"metadata": {"finalizers": None}})


class Project(Kept):
    def __init__(self, garden: Garden, name: str) -> None:
        super().__init__(garden, f"{CORE}/projects/{name}")
        self.name = name

    def reconcile(self) -> None:
        """Make or take its namespace, and say that it is ready; a namespace without its labels fails it."""
        found = self.read()
        if "deletionTimestamp" in found["metadata"]:
            self.remove()
            return
        self.hold()
        namespace = found["spec"]["namespace"]
        labels = {"gardener.cloud/role": "project", "project.gardener.cloud/name": self.name}
        there = self.garden.find(f"/api/v1/namespaces/{namespace}")
        if there is None:
            metadata = {"name": namespace, "labels": labels}
            self.garden.request(
                "/api/v1/namespaces", "POST", {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
            )
        fit = there is None or labels.items() <= (there["metadata"].get("labels") or {}).items()
        phase = "Ready" if fit else "Failed"
        self.write({"observedGeneration": found["metadata"]["generation"], "phase": phase})


class Seed(Kept):
    """A Seed, and the Gardenlet that it is made by."""

    def __init__(self, garden: Garden, name: str) -> None:
        super().__init__(garden, f"{CORE}/seeds/{name}")
        self.name, self.version = name, VERSION
        self.gardenlet = Kept(garden, f"{SEEDS}/gardenlets/{name}")

    def operate(self) -> None:
        """What gardener-operator tells while there is no Seed yet."""
        self._deployed("SeedRegistered", "Progressing", "Waiting for seed registration")

    def deploy(self, failure: str = "") -> None:
        """Have gardenlet tell that it has deployed itself, or why it has not."""
        state, said = ("False", failure) if failure else ("True", "Gardenlet with chart has been deployed")
        self._deployed("GardenletReconciled", state, said)

    def let_go(self) -> None:
        """Remove the kubeconfig of another cluster, as gardener-operator does once there is the Seed."""
        secret = (self.gardenlet.read()["spec"].get("kubeconfigSecretRef") or {}).get("name")
        if secret:
            self.garden.request(f"/api/v1/namespaces/garden/secrets/{secret}", "DELETE")
            self.gardenlet.change({"spec": {"kubeconfigSecretRef": None}}, "gardener-operator")

    def register(self) -> None:
        """Have the Seed that the Gardenlet describes, as gardenlet does when it starts."""
        template = self.gardenlet.read()["spec"]["config"]["seedConfig"]
        metadata = {**template.get("metadata", {}), "name": self.name}
        wanted: Object = {"apiVersion": "core.gardener.cloud/v1beta1", "kind": "Seed", "metadata": metadata}
        found = self.garden.find(self.path)
        if found is None:
            metadata.pop("creationTimestamp", None)
            self.garden.request(f"{CORE}/seeds", "POST", {**wanted, "spec": template["spec"]})
        elif found["spec"] != template["spec"]:
            self.garden.request(self.path, "PUT", {**found, "spec": template["spec"]})
        self.hold()

    def start(self) -> None:
        """Begin with what is to be done."""
        found = self.read()
        kind = "Delete" if "deletionTimestamp" in found["metadata"] else "Reconcile"
        self.write(
            {
                "observedGeneration": found["metadata"]["generation"], "kubernetesVersion": "v1.35.4",
                "gardener": {"id": "test", "name": "gardenlet-0", "version": self.version},
                "lastOperation": _operation(kind, "Processing", 0, "Reconciliation of Seed cluster initialized."),
                "clusterIdentity": "test-seed",
            }
        )  # fmt: skip

    def progress(self, percent: int, task: str) -> None:
        self.write({"lastOperation": _operation("Reconcile", "Processing", percent, task)})

    def fail(self, description: str) -> None:
        said = f"{description} Operation will be retried."
        self.write({"lastOperation": _operation("Reconcile", "Error", 0, said)})

    def succeed(self, **states: str) -> None:
        """End what was begun. states: of conditions that are not True."""
        said = "Seed cluster has been successfully reconciled."
        conditions = [_condition(name, states.get(name, "True"), "of the test") for name in HEALTHY]
        self.write({"lastOperation": _operation("Reconcile", "Succeeded", 100, said), "conditions": conditions})

    def run(self) -> None:
        """All that gardener-operator and gardenlet do, one after the other, if there is something to do."""
        if self.there() and "deletionTimestamp" in self.read()["metadata"]:
            self.start()
            self.remove()
        elif self.gardenlet.there() and self._behind():
            if not self.there():
                self.operate()
            self.register()
            self.let_go()
            self.start()
            self.succeed()
            self.deploy()

    def _behind(self) -> bool:
        found = self.gardenlet.read()
        known = found.get("status") or {}
        told = [one["type"] for one in known.get("conditions") or []]
        return "GardenletReconciled" not in told or found["metadata"]["generation"] != known["observedGeneration"]

    def _deployed(self, name: str, state: str, said: str) -> None:
        found = self.gardenlet.read()
        others = [one for one in (found.get("status") or {}).get("conditions") or [] if one["type"] != name]
        self.gardenlet.write(
            {
                "observedGeneration": found["metadata"]["generation"],
                "conditions": [*others, _condition(name, state, said)],
            }
        )


@contextlib.contextmanager
def playing(step: Callable[[], object]) -> Iterator[None]:
    """Take a step again and again beside what is done; what is not there yet is waited for."""
    ended, wrong = threading.Event(), list[Exception]()

    def play() -> None:
        while not ended.is_set():
            try:
                step()
            except urllib.error.HTTPError as error:
                # What was made just now is not in every cache yet.
                if error.code not in (403, 404, 409):
                    wrong.append(error)
                    return
            time.sleep(PAUSE)

    thread = threading.Thread(target=play, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(60)
    if wrong:
        raise wrong[0]


def _operation(kind: str, state: str, progress: int, description: str) -> Object:
    return {
        "type": kind, "state": state, "progress": progress, "description": description, "lastUpdateTime": _now(),
    }  # fmt: skip


def _condition(name: str, state: str, message: str) -> Object:
    return {
        "type": name, "status": state, "reason": "Test", "message": message, "lastTransitionTime": _now(),
        "lastUpdateTime": _now(),
    }  # fmt: skip


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
