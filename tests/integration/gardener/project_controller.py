"""A stand-in for gardener-controller-manager, of which it has the part for projects: a namespace comes and goes.

The order of its writes and their fields are those of pkg/controllermanager/controller/project/project of v1.138.3. The
namespace's own end, too, is made here, since no controller of Kubernetes runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from garden import Garden, Object
from reconciling import Reconciler

PATH = "/apis/core.gardener.cloud/v1beta1/projects"
MERGE = "application/merge-patch+json"
FINALIZER = "gardener"


class ProjectController(Reconciler):
    """Looks after one project, by its name."""

    def __init__(self, garden: Garden, name: str) -> None:
        super().__init__(garden)
        self._garden, self._name, self._path = garden, name, f"{PATH}/{name}"
        self.start()

    def steps(self) -> Iterable[Callable[[], None]]:
        return [self._look]

    def _look(self) -> None:
        found = self._garden.find(self._path)
        if found is None:
            return
        (self._delete if "deletionTimestamp" in found["metadata"] else self._reconcile)(found)

    def _reconcile(self, found: Object) -> None:
        metadata, status = found["metadata"], found.get("status") or {}
        if status.get("phase") == "Ready" and status.get("observedGeneration") == metadata["generation"]:
            return
        if FINALIZER not in metadata.get("finalizers", []):
            self._patch({"metadata": {"finalizers": [*metadata.get("finalizers", []), FINALIZER]}})
        namespace = found["spec"].get("namespace") or f"garden-{self._name}-{metadata['uid'][:5]}"
        labels = {"gardener.cloud/role": "project", "project.gardener.cloud/name": self._name}
        if self._garden.find(f"/api/v1/namespaces/{namespace}") is None:
            made: Object = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": labels}}
            self._garden.request("/api/v1/namespaces", "POST", made)
        self._patch({"spec": {"namespace": namespace}})
        now = self._garden.request(self._path)["metadata"]["generation"]
        self._patch({"status": {"phase": "Ready", "observedGeneration": now}}, "/status")

    def _delete(self, found: Object) -> None:
        """No shoot may be in it any more; with the namespace goes all that is."""
        namespace = found["spec"].get("namespace")
        if namespace and self._garden.find(f"/api/v1/namespaces/{namespace}"):
            shoots = self._garden.request(f"/apis/core.gardener.cloud/v1beta1/namespaces/{namespace}/shoots")
            if shoots["items"]:
                return
            for plural in ("secrets", "configmaps"):
                self._garden.request(f"/api/v1/namespaces/{namespace}/{plural}", "DELETE")
            self._garden.request(f"/api/v1/namespaces/{namespace}", "DELETE")
            ended: Object = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}, "spec": {}}
            self._garden.request(f"/api/v1/namespaces/{namespace}/finalize", "PUT", ended)
        self._patch({"metadata": {"finalizers": None}})

    def _patch(self, change: Object, subresource: str = "") -> None:
        self._garden.request(f"{self._path}{subresource}", "PATCH", change, MERGE)
