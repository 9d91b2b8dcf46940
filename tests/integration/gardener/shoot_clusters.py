"""A stand-in for gardenlet that makes of each shoot of a project what can be asked: a real kube-apiserver of its own.

It lets in whoever the garden has issued a kubeconfig, on a part of the garden's etcd. Its nodes are objects alone, with
the status that kubelets would have set; nothing runs on them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from cluster import Cluster
from garden import CertificateAuthority, Garden, Object, write_pair
from gardenlet import Shoot
from reconciling import Reconciler

IGNORE = "shoot.gardener.cloud/ignore"
# Whoever may do all in a shoot, as gardener-resource-manager lets them.
ADMINISTRATORS = ("gardener.cloud:system:admins", "gardener.cloud:project:admins")
MERGE = "application/merge-patch+json"
RBAC = "rbac.authorization.k8s.io"


class ShootCluster(Cluster):
    """What C(url) answers as, trusting the authority that the shoot's kubeconfigs are issued by."""

    def __init__(self, directory: Path, garden: Garden, name: str, authority: CertificateAuthority) -> None:
        directory.mkdir(parents=True)
        self.authority, trusted = authority, directory / "client-ca.crt"
        trusted.write_text(authority.pem)
        write_pair(directory / "tls", authority.issue("localhost"))
        super().__init__(
            directory / "api", garden.etcd, name, client_ca_file=trusted, tls_cert_file=directory / "tls.crt",
            tls_private_key_file=directory / "tls.key",
        )  # fmt: skip

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def populate(self, nodes: int) -> None:
        """Have the administrators and this many nodes."""
        self.await_ready()
        binding: Object = {
            "apiVersion": f"{RBAC}/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "administrators"},
            "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [{"apiGroup": RBAC, "kind": "Group", "name": one} for one in ADMINISTRATORS],
        }  # fmt: skip
        self._have(f"/apis/{RBAC}/v1/clusterrolebindings", binding)
        for number in range(nodes):
            node: Object = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"node-{number}"}}
            self._have("/api/v1/nodes", node)
            ready = {"conditions": [{"type": "Ready", "status": "True"}]}
            self.request(f"/api/v1/nodes/node-{number}/status", "PATCH", {"status": ready}, MERGE)

    def _have(self, path: str, wanted: Object) -> None:
        if self.find(f"{path}/{wanted['metadata']['name']}") is None:
            self.request(path, "POST", wanted)


class Gardenlet(Reconciler):
    """Looks after all shoots of a namespace, one after the other. C(works): while it is not set it does nothing."""

    def __init__(self, directory: Path, garden: Garden, namespace: str) -> None:
        super().__init__(garden)
        self._directory, self._garden, self._namespace = directory, garden, namespace
        self.clusters: dict[str, ShootCluster] = {}
        self.works = threading.Event()
        self.works.set()
        self.start()

    def stop(self) -> None:
        super().stop()
        for one in self.clusters.values():
            one.stop()

    def steps(self) -> Iterable[Callable[[], None]]:
        return [self._look]

    def _look(self) -> None:
        if not self.works.is_set():
            return
        found = self._garden.request(f"/apis/core.gardener.cloud/v1beta1/namespaces/{self._namespace}/shoots")
        for one in found["items"]:
            ignored = (one["metadata"].get("annotations") or {}).get(IGNORE) == "true"
            if not ignored and one["metadata"]["generation"] != (one.get("status") or {}).get("observedGeneration", 0):
                self._act(one)

    def _act(self, found: Object) -> None:
        name = found["metadata"]["name"]
        shoot = Shoot(self._garden, self._namespace, name)
        if shoot.start() == "Delete":
            if name in self.clusters:
                self.clusters.pop(name).stop()
            shoot.succeed()
            shoot.remove()
            return
        shoot.progress(42, "Waiting until shoot worker nodes have been reconciled")
        cluster = self._cluster_of(name, found["metadata"]["uid"])
        cluster.populate(sum(one["minimum"] for one in found["spec"]["provider"]["workers"]))
        shoot.expose(cluster.authority, url=cluster.url)
        shoot.succeed()

    def _cluster_of(self, name: str, uid: str) -> ShootCluster:
        if name not in self.clusters:
            place, authority = self._directory / uid, CertificateAuthority("shoot")
            self.clusters[name] = ShootCluster(place, self._garden, uid, authority)
        return self.clusters[name]
