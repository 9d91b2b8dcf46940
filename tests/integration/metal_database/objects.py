"""The objects that metal-roles and the StatefulSet controller leave of a database, shaped as theirs."""

from __future__ import annotations

from typing import Any

from api import Server
from containers import Container
from kubelet import NODE, Kubelet
from kubernetes import client, config

NAMESPACE = "metal-control-plane"
SECURITY = {"fsGroup": 999, "runAsUser": 999, "runAsNonRoot": True}
RUNNING = {"running": {"startedAt": "2026-11-29T11:00:00Z"}}
CRASHED = {"waiting": {"reason": "CrashLoopBackOff"}}


class World:
    """One namespace."""

    def __init__(self, server: Server, kubelet: Kubelet) -> None:
        self.kubelet = kubelet
        self._allowed: list[str] = []
        api = config.new_client_from_config(str(server.kubeconfig))
        self.core, self.apps, self._rbac = (
            client.CoreV1Api(api),
            client.AppsV1Api(api),
            client.RbacAuthorizationV1Api(api),
        )
        if NAMESPACE not in [one.metadata.name for one in self.core.list_namespace().items]:
            self.core.create_namespace({"metadata": {"name": NAMESPACE}})

    def clear(self) -> None:
        """Nobody is there who removes a namespace."""
        self.kubelet.reset()
        for user in self._allowed:
            self._rbac.delete_cluster_role_binding(user)
            self._rbac.delete_cluster_role(user)
        for one in self.core.list_namespaced_pod(NAMESPACE).items:
            self.core.delete_namespaced_pod(one.metadata.name, NAMESPACE, grace_period_seconds=0)
        for one in self.core.list_namespaced_persistent_volume_claim(NAMESPACE).items:
            self.core.patch_namespaced_persistent_volume_claim(
                one.metadata.name, NAMESPACE, {"metadata": {"finalizers": None}}
            )
            if not one.metadata.deletion_timestamp:
                self.core.delete_namespaced_persistent_volume_claim(one.metadata.name, NAMESPACE)
        for one in self.core.list_namespaced_config_map(NAMESPACE).items:
            self.core.delete_namespaced_config_map(one.metadata.name, NAMESPACE)
        for one in self.apps.list_namespaced_stateful_set(NAMESPACE).items:
            self.apps.delete_namespaced_stateful_set(one.metadata.name, NAMESPACE)

    def claim(self, name: str, container: Container | None = None, phase: str = "Bound") -> str:
        """Its name. container: what has the volume."""
        called = f"{name}-{name}-0"
        resources = {"requests": {"storage": "1Gi"}}
        body = {"metadata": {"name": called}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": resources}}
        self.core.create_namespaced_persistent_volume_claim(NAMESPACE, body)
        self.core.patch_namespaced_persistent_volume_claim_status(called, NAMESPACE, {"status": {"phase": phase}})
        if container:
            self.kubelet.claims[called] = container
        return called

    def pod(self, name: str, engine: str, container: Container, **states: Any) -> None:
        """states: of the containers `database` and `sidecar`; both run unless another is given."""
        called, claim = f"{name}-0", f"{name}-{name}-0"
        self.kubelet.pods[called] = container
        of = {engine: states.get("database", RUNNING), "backup-restore-sidecar": states.get("sidecar", RUNNING)}
        mounts = [{"name": name, "mountPath": "/data"}]
        containers = [{"name": one, "image": "database:1", "volumeMounts": mounts} for one in of]
        volumes = [{"name": name, "persistentVolumeClaim": {"claimName": claim}}]
        spec = {"nodeName": NODE, "containers": containers, "volumes": volumes, "securityContext": SECURITY}
        self.core.create_namespaced_pod(NAMESPACE, {"metadata": {"name": called}, "spec": spec})
        statuses = [
            {"name": one, "image": "database:1", "imageID": "", "restartCount": 0, "ready": True, "state": state}
            for one, state in of.items()
        ]
        status = {"phase": "Running", "containerStatuses": statuses}
        self.core.patch_namespaced_pod_status(called, NAMESPACE, {"status": status})

    def stateful_set(self, name: str) -> None:
        """Scaled down."""
        labels = {"app": name}
        containers = [{"name": "database", "image": "database:1"}]
        template = {"metadata": {"labels": labels}, "spec": {"containers": containers, "securityContext": SECURITY}}
        spec = {"replicas": 0, "serviceName": name, "selector": {"matchLabels": labels}, "template": template}
        self.apps.create_namespaced_stateful_set(NAMESPACE, {"metadata": {"name": name}, "spec": spec})

    def allow(self, user: str, resources: list[str]) -> None:
        """Let them be looked at, here and elsewhere, until the test ends."""
        rules = [{"apiGroups": [""], "resources": resources, "verbs": ["get"]}]
        self._rbac.create_cluster_role({"metadata": {"name": user}, "rules": rules})
        reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": user}
        subjects = [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}]
        body = {"metadata": {"name": user}, "roleRef": reference, "subjects": subjects}
        self._rbac.create_cluster_role_binding(body)
        self._allowed.append(user)

    def pods(self) -> list[str]:
        return [one.metadata.name for one in self.core.list_namespaced_pod(NAMESPACE).items]
