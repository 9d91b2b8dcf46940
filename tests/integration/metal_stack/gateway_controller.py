"""A stand-in for Envoy Gateway, kube-vip and Kubernetes' garbage collector, on an API with the real Gateway API.

It makes the Service of each Gateway of its class, gives it an address unless C(gives) is false, and says of the Gateway
what Envoy Gateway says: in which namespace, under which labels and with which conditions. It runs no proxy.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from cluster import Cluster
from reconciling import STATUS, Reconciler

from lab import settings
from lab.golang import go_command

GROUP, ENVOY = "gateway.networking.k8s.io", "gateway.envoyproxy.io"
CONTROLLER = f"{ENVOY}/gatewayclass-controller"
NAMESPACE = "envoy-gateway-system"
MODULE = Path(__file__).parent / "gateway_api"
# What is removed in the foreground waits for its garbage collector.
COLLECTED = (
    "/apis/apps/v1/deployments", "/apis/batch/v1/jobs", "/api/v1/services", "/api/v1/serviceaccounts",
    "/api/v1/secrets", "/apis/networking.k8s.io/v1/ingressclasses", f"/apis/{GROUP}/v1/gateways",
    f"/apis/{GROUP}/v1/gatewayclasses", f"/apis/{ENVOY}/v1alpha1/envoyproxies", "/api/v1/namespaces",
    "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies",
    "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings",
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
)  # fmt: skip


def definitions(channel: str) -> Path:
    """The directory with the CustomResourceDefinitions of a channel, of the pinned module."""
    go = go_command(MODULE / "go.mod", settings.from_environment().cache)
    done = subprocess.run(
        [go, "list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/gateway-api"],
        cwd=MODULE,
        capture_output=True,
        text=True,
        check=False,
    )
    if not done.stdout.strip():
        subprocess.run([go, "mod", "download", "sigs.k8s.io/gateway-api"], cwd=MODULE, check=True)
        return definitions(channel)
    return Path(done.stdout.strip()) / "config/crd" / channel


class GatewayController(Reconciler):
    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster)
        self.gives = True
        self.start()

    def steps(self) -> list[Callable[[], None]]:
        return [self._gateways, *(partial(self._collect, path) for path in COLLECTED)]

    def _listed(self, path: str) -> list[dict[str, Any]]:
        return list((self._cluster.find(path) or {}).get("items") or [])

    def _gateways(self) -> None:
        found = [
            one for one in self._listed(f"/apis/{GROUP}/v1/gateways") if "deletionTimestamp" not in one["metadata"]
        ]
        for service in self._listed(f"/api/v1/namespaces/{NAMESPACE}/services"):
            labels = service["metadata"].get("labels") or {}
            owners = {one["metadata"]["name"] for one in found}
            if labels.get(f"{ENVOY}/owning-gateway-name", "") not in {"", *owners}:
                self._cluster.request(
                    f"/api/v1/namespaces/{NAMESPACE}/services/{service['metadata']['name']}", "DELETE"
                )
        for gateway in found:
            self._reconcile(gateway)

    def _reconcile(self, gateway: dict[str, Any]) -> None:
        metadata, generation = gateway["metadata"], gateway["metadata"]["generation"]
        address = self._address(metadata, self._proxy(gateway))
        programmed = {"status": "True", "reason": "Programmed", "message": "by the stand-in"}
        if not address:
            programmed = {"status": "False", "reason": "AddressNotAssigned", "message": "No addresses were assigned"}
        said = {"Accepted": {"status": "True", "reason": "Accepted", "message": ""}, "Programmed": programmed}
        listeners = [
            {
                "name": one["name"], "attachedRoutes": 0, "supportedKinds": [],
                "conditions": self._conditions(self._of_listener(one, metadata["namespace"]), generation),
            }
            for one in gateway["spec"]["listeners"]
        ]  # fmt: skip
        status = {"conditions": self._conditions(said, generation), "listeners": listeners, "addresses": address}
        place = f"/apis/{GROUP}/v1/namespaces/{metadata['namespace']}/gateways/{metadata['name']}/status"
        if self._plain(status) != self._plain(gateway.get("status") or {}):
            self._cluster.request(place, "PATCH", {"status": status}, STATUS)

    def _of_listener(self, listener: dict[str, Any], namespace: str) -> dict[str, dict[str, str]]:
        resolved = {"status": "True", "reason": "ResolvedRefs", "message": ""}
        for one in (listener.get("tls") or {}).get("certificateRefs") or []:
            if self._cluster.find(f"/api/v1/namespaces/{namespace}/secrets/{one['name']}") is None:
                resolved = {"status": "False", "reason": "InvalidCertificateRef", "message": f"no Secret {one['name']}"}
        well = {"status": "True", "reason": "Programmed", "message": ""}
        return {"Accepted": {**well, "reason": "Accepted"}, "ResolvedRefs": resolved, "Programmed": well}

    def _proxy(self, gateway: dict[str, Any]) -> dict[str, Any]:
        if "infrastructure" not in gateway["spec"]:
            return {"envoyService": {"type": "LoadBalancer"}}
        name = gateway["spec"]["infrastructure"]["parametersRef"]["name"]
        place = f"/apis/{ENVOY}/v1alpha1/namespaces/{gateway['metadata']['namespace']}/envoyproxies/{name}"
        return dict(self._cluster.request(place)["spec"]["provider"]["kubernetes"])

    def _address(self, metadata: dict[str, Any], proxy: dict[str, Any]) -> list[dict[str, str]]:
        """Of the Gateway's Service, which is made if it is not there."""
        name, kind = f"envoy-{metadata['namespace']}-{metadata['name']}", proxy["envoyService"]["type"]
        place = f"/api/v1/namespaces/{NAMESPACE}/services/{name}"
        found = self._cluster.find(place)
        if found is None:
            labels = {
                f"{ENVOY}/owning-gateway-name": metadata["name"],
                f"{ENVOY}/owning-gateway-namespace": metadata["namespace"],
                "app.kubernetes.io/managed-by": "envoy-gateway",
            }
            annotations = proxy["envoyService"].get("annotations", {})
            body = {
                "metadata": {"name": name, "labels": labels, "annotations": annotations},
                "spec": {"type": kind, "ports": [{"port": 443}]},
            }
            found = self._cluster.request(place.rpartition("/")[0], "POST", body)
        if kind == "ClusterIP":
            return [{"type": "IPAddress", "value": found["spec"]["clusterIP"]}]
        if not self.gives:
            return []
        asked = (found["metadata"].get("annotations") or {}).get("kube-vip.io/loadbalancerIPs", "192.0.2.200")
        status = {"loadBalancer": {"ingress": [{"ip": asked}]}}
        self._cluster.request(f"{place}/status", "PATCH", {"status": status}, STATUS)
        return [{"type": "IPAddress", "value": asked}]

    def _conditions(self, said: dict[str, dict[str, str]], generation: int) -> list[dict[str, Any]]:
        more = {"observedGeneration": generation, "lastTransitionTime": "2026-01-01T00:00:00Z"}
        return [{"type": kind, **one, **more} for kind, one in said.items()]

    def _plain(self, status: dict[str, Any]) -> Any:
        return {name: status.get(name) or [] for name in ("conditions", "listeners", "addresses")}

    def _collect(self, path: str) -> None:
        for one in self._listed(path):
            metadata = one["metadata"]
            if "deletionTimestamp" not in metadata:
                continue
            base, _slash, plural = path.rpartition("/")
            inside = f"/namespaces/{metadata['namespace']}" if "namespace" in metadata else ""
            place = f"{base}{inside}/{plural}/{metadata['name']}"
            left = [each for each in metadata.get("finalizers") or [] if each != "foregroundDeletion"]
            if "foregroundDeletion" in (metadata.get("finalizers") or []):
                self._cluster.request(place, "PATCH", {"metadata": {"finalizers": left}}, STATUS)
            elif plural == "namespaces":
                self._empty(place)
                self._cluster.request(f"{place}/finalize", "PUT", {**one, "spec": {"finalizers": []}})

    def _empty(self, place: str) -> None:
        """Remove what a controller has made in a namespace, as far as these tests have it."""
        for one in self._listed(f"{place}/services"):
            self._cluster.request(f"{place}/services/{one['metadata']['name']}", "DELETE")
