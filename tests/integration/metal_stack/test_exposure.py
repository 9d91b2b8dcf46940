"""What a cluster is given around metal-stack, on a real API with the real definitions of the Gateway API.

The controllers' manifests are stand-ins with the objects that those of Envoy Gateway and ingress-nginx have; what the
controllers would do is done by C(gateway_controller.py).
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.metalstack.autonomous.plugins.module_utils._kube.client import Cluster as Client
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import options, prepare, prune
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack.errors import StackError
from cluster import SECONDS, Cluster, Etcd
from controllers import Controllers
from gateway_controller import CONTROLLER, ENVOY, GROUP, NAMESPACE, GatewayController, definitions
from playing import NAMESPACE as OURS
from playing import Run, command, environment

RECORD = f"/api/v1/namespaces/{OURS}/configmaps/metal-stack-addons"
GATEWAY = f"/apis/{GROUP}/v1/namespaces/{OURS}/gateways/metal-control-plane"
DEPLOYMENT = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/envoy-gateway"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
SERVICE = f"/api/v1/namespaces/{NAMESPACE}/services/envoy-{OURS}-metal-control-plane"
CLASSES = "/apis/networking.k8s.io/v1/ingressclasses"
SECRET = {
    "apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": {"name": "metal-stack-tls", "namespace": OURS},
    "stringData": {"tls.crt": "a certificate", "tls.key": "the key of it"},
}  # fmt: skip


def workload(kind: str, name: str, version: str, **spec: Any) -> dict[str, Any]:
    container = {"name": name, "image": "example.org/a:1"}
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container], **spec.pop("pod", {})}}
    # As helm writes it, whose label is not a part of anybody's selector.
    labels = {"app": name, "app.kubernetes.io/managed-by": "Helm"}
    metadata = {"name": name, "namespace": NAMESPACE, "labels": labels}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": {"template": template, **spec}}


def envoy_gateway() -> list[dict[str, Any]]:
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    names = {"kind": "EnvoyProxy", "plural": "envoyproxies", "singular": "envoyproxy", "listKind": "EnvoyProxyList"}
    version = {"name": "v1alpha1", "served": True, "storage": True, "schema": schema}
    certificates = workload("Job", "certgen", "batch/v1", pod={"restartPolicy": "Never"}, ttlSecondsAfterFinished=30)
    return [
        workload("Deployment", "envoy-gateway", "apps/v1", selector={"matchLabels": {"app": "envoy-gateway"}}),
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "envoy-gateway", "namespace": NAMESPACE}},
        certificates,
        {
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": f"envoyproxies.{ENVOY}"},
            "spec": {"group": ENVOY, "names": names, "scope": "Namespaced", "versions": [version]},
        },
    ]  # fmt: skip


def ingress_nginx() -> list[dict[str, Any]]:
    controller = {"controller": "k8s.io/ingress-nginx"}
    return [
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "IngressClass",
            "metadata": {"name": "nginx"},
            "spec": controller,
        }
    ]


@pytest.fixture(scope="module")
def cluster(etcd: Etcd, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    running = Cluster(tmp_path_factory.mktemp("cluster") / "exposed", etcd, "exposed")
    try:
        running.await_ready()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def at_work(cluster: Cluster) -> Iterator[GatewayController]:
    workloads, running = Controllers(cluster), GatewayController(cluster)
    yield running
    running.stop()
    workloads.stop()


@pytest.fixture
def controller(at_work: GatewayController, cluster: Cluster) -> Iterator[GatewayController]:
    """With a StorageClass in the cluster; what a test leaves of add-ons goes after it."""
    at_work.gives = True
    if cluster.find("/apis/storage.k8s.io/v1/storageclasses/local-path") is None:
        cluster.define_storage_class()
    yield at_work
    at_work.gives = True
    prune.prune(given(expose="none"), Client(cluster.kubeconfig), False)


def given(**more: Any) -> dict[str, Any]:
    described = {
        "stage": "initial", "gateway_dns": "metal.example.org", "ingress_dns": "metal.example.org",
        "node_network": "192.0.2.0/24", "pod_network": "198.18.0.0/16", "service_network": "198.19.0.0/16",
        "timeout": SECONDS, **more,
    }  # fmt: skip
    found = ArgumentSpecValidator(options.CONTROL_PLANE).validate(described)
    assert not found.error_messages
    return dict(found.validated_parameters)


def gatewayed(channel: str = "experimental", **more: Any) -> dict[str, Any]:
    """All that a cluster needs where a Gateway exposes it."""
    addons = [
        {"name": "gateway-api", "path": str(definitions(channel))},
        {"name": "envoy-gateway", "namespace": NAMESPACE, "objects": envoy_gateway()},
        {"name": "certificate", "objects": [SECRET]},
    ]
    return given(**{"gateway_class": "eg", "gateway_controller": CONTROLLER, "addons": addons, **more})


def prepared(cluster: Cluster, wanted: dict[str, Any], dry: bool = False) -> dict[str, Any]:
    return prepare.prepare(wanted, Client(cluster.kubeconfig), dry)


def pruned(cluster: Cluster, wanted: dict[str, Any], dry: bool = False) -> dict[str, Any]:
    return prune.prune(wanted, Client(cluster.kubeconfig), dry)


def test_all_that_is_missing_is_told_at_once(cluster: Cluster):
    wanted = given(gateway_class="eg")
    with pytest.raises(StackError) as told:
        prepared(cluster, wanted)
    for text in (
        "the cluster has no GatewayClass v1, HTTPRoute v1, TCPRoute v1alpha2, Gateway v1 of",
        "the cluster has no GatewayClass eg, and addons bring none",
        "the cluster has no default StorageClass",
        f"Secret {OURS}/metal-stack-tls is missing",
    ):
        assert text in str(told.value)
    assert cluster.find(f"/api/v1/namespaces/{OURS}") is None


def test_the_standard_channel_has_not_what_metal_roles_make(cluster: Cluster, controller: GatewayController):
    with pytest.raises(StackError, match=r"has no TCPRoute v1alpha2 \(it has v1\) of gateway\.networking\.k8s\.io"):
        prepared(cluster, gatewayed("standard"))
    assert cluster.request(CRDS)["items"] == []


def test_a_cluster_is_given_a_gateway_and_a_second_run_changes_nothing(cluster: Cluster, controller: GatewayController):
    wanted = gatewayed(address="192.0.2.201")
    before = prepared(cluster, wanted, dry=True)
    assert f"Gateway/{OURS}/metal-control-plane" in before["objects"] and cluster.find(RECORD) is None
    assert "the key of it" not in json.dumps(before)
    first = prepared(cluster, wanted)
    assert first["objects"] == before["objects"]
    assert [one["value"] for one in cluster.request(GATEWAY)["status"]["addresses"]] == ["192.0.2.201"]
    again = prepared(cluster, wanted)
    assert (again["changed"], again["objects"], pruned(cluster, wanted)["changed"]) == (False, [], False)
    # It removes itself when it has ended, and is not run again for that.
    cluster.request(f"/apis/batch/v1/namespaces/{NAMESPACE}/jobs/certgen?propagationPolicy=Background", "DELETE")
    assert prepared(cluster, wanted)["changed"] is False


def test_another_version_of_a_job_takes_its_place(cluster: Cluster, controller: GatewayController):
    wanted = gatewayed()
    prepared(cluster, wanted)
    changed = json.loads(json.dumps(wanted["addons"]))
    changed[1]["objects"][2]["spec"]["template"]["spec"]["containers"][0]["image"] = "example.org/a:2"
    assert prepared(cluster, {**wanted, "addons": changed}, dry=True)["objects"] == [f"Job/{NAMESPACE}/certgen"]
    assert prepared(cluster, {**wanted, "addons": changed})["objects"] == [f"Job/{NAMESPACE}/certgen"]
    found = cluster.request(f"/apis/batch/v1/namespaces/{NAMESPACE}/jobs/certgen")
    assert found["spec"]["template"]["spec"]["containers"][0]["image"] == "example.org/a:2"


def test_it_is_told_which_service_waits_for_an_address_and_why(cluster: Cluster, controller: GatewayController):
    prepared(cluster, gatewayed())
    controller.gives = False
    cluster.request(SERVICE, "DELETE")
    end = time.monotonic() + SECONDS
    while cluster.request(GATEWAY)["status"].get("addresses"):
        assert time.monotonic() < end
        time.sleep(0.3)
    with pytest.raises(StackError) as told:
        prepared(cluster, gatewayed(timeout=2))
    assert f"Gateway/{OURS}/metal-control-plane: Programmed is False (AddressNotAssigned" in str(told.value)
    service = f"Service/{NAMESPACE}/envoy-{OURS}-metal-control-plane"
    assert f"{service} waits for an address: there is no ConfigMap kube-system/kubevip" in str(told.value)


def test_hosts_have_the_addresses_where_no_service_gets_one(cluster: Cluster, controller: GatewayController):
    controller.gives = False
    prepared(cluster, gatewayed(addresses="hosts"))
    assert cluster.request(SERVICE)["spec"]["type"] == "ClusterIP"


def test_too_few_addresses_are_refused_before_anything_is_made(cluster: Cluster, controller: GatewayController):
    pool = {"metadata": {"name": "kubevip"}, "data": {"range-global": "192.0.2.200-192.0.2.200"}}
    service = {
        "metadata": {"name": "other", "annotations": {"kube-vip.io/loadbalancerIPs": "192.0.2.200"}},
        "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]},
    }
    cluster.request("/api/v1/namespaces/kube-system/configmaps", "POST", pool)
    cluster.request("/api/v1/namespaces/default/services", "POST", service)
    try:
        with pytest.raises(
            StackError, match=r"has 0 free addresses of 1, .*; taken by default/other \(192\.0\.2\.200\)"
        ):
            prepared(cluster, gatewayed())
        assert cluster.request(CRDS)["items"] == []
    finally:
        cluster.request("/api/v1/namespaces/kube-system/configmaps/kubevip", "DELETE")
        cluster.request("/api/v1/namespaces/default/services/other", "DELETE")


def test_what_somebody_else_has_made_is_neither_changed_nor_removed(cluster: Cluster, controller: GatewayController):
    wanted = given(expose="ingress", addons=[{"name": "ingress-nginx", "objects": ingress_nginx()}])
    cluster.request(CLASSES, "POST", {"metadata": {"name": "nginx"}, "spec": {"controller": "example.org/other"}})
    try:
        with pytest.raises(StackError, match=r"IngressClass/nginx is there already, without the label"):
            prepared(cluster, wanted)
        # It serves all the same.
        prepared(cluster, given(expose="ingress"))
        pruned(cluster, given(expose="none"))
        assert cluster.request(f"{CLASSES}/nginx")["spec"]["controller"] == "example.org/other"
    finally:
        cluster.request(f"{CLASSES}/nginx", "DELETE")


def test_another_choice_removes_what_nobody_uses_any_more(cluster: Cluster, controller: GatewayController):
    prepared(cluster, gatewayed())
    chosen = given(expose="ingress", addons=[{"name": "ingress-nginx", "objects": ingress_nginx()}])
    with pytest.raises(StackError, match="the cluster has no IngressClass nginx"):
        prepared(cluster, given(expose="ingress"))
    assert prepared(cluster, chosen)["objects"] == ["IngressClass/nginx"]
    # A route of metal-stack's, which leads nowhere without our Gateway, and a Gateway of somebody else.
    route = {
        "metadata": {"name": "nsqd"},
        "spec": {"parentRefs": [{"name": "metal-control-plane", "sectionName": "nsq"}]},
    }
    body = {**route, "apiVersion": f"{GROUP}/v1alpha2", "kind": "TCPRoute"}
    body["spec"]["rules"] = [{"backendRefs": [{"name": "nsqd", "port": 4150}]}]
    cluster.request(f"/apis/{GROUP}/v1alpha2/namespaces/{OURS}/tcproutes", "POST", body)
    other = {
        "apiVersion": f"{GROUP}/v1", "kind": "Gateway", "metadata": {"name": "other"},
        "spec": {"gatewayClassName": "eg", "listeners": [{"name": "http", "protocol": "HTTP", "port": 80}]},
    }  # fmt: skip
    cluster.request(f"/apis/{GROUP}/v1/namespaces/default/gateways", "POST", other)
    kept = pruned(cluster, chosen)["kept"]
    assert set(kept) == {"gateway-api", "envoy-gateway", "certificate", "_gateway"}
    assert "GatewayClass/eg is used by gateways default/other" in kept["_gateway"]
    assert kept["envoy-gateway"] == [
        "_gateway stays, which was made after it and may need it",
        "certificate stays, which was made after it and may need it",
    ]
    assert cluster.find(DEPLOYMENT) is not None
    cluster.request(f"/apis/{GROUP}/v1/namespaces/default/gateways/other", "DELETE")
    told = pruned(cluster, chosen, dry=True)
    assert told["changed"] and cluster.find(GATEWAY) is not None
    assert pruned(cluster, chosen)["kept"] == {}
    assert (cluster.find(DEPLOYMENT), cluster.find(SERVICE), cluster.request(CRDS)["items"]) == (None, None, [])
    assert cluster.find(f"/api/v1/namespaces/{NAMESPACE}") is None and cluster.find(f"{CLASSES}/nginx") is not None
    assert pruned(cluster, chosen)["changed"] is False


def played(directory: Path, cluster: Cluster, wanted: dict[str, Any], *more: str) -> Run:
    module = "metalstack.autonomous.metal_stack_preparation"
    tasks = [
        {module: {"kubeconfig": str(cluster.kubeconfig), "control_plane": wanted, "state": state}}
        for state in ("present", "pruned")
    ]
    path = directory / "play.yml"
    path.write_text(json.dumps([{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}]))
    done = subprocess.run(command(path, *more), env=environment(directory), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:]
    return Run(done.returncode, done.stdout)


def test_the_action_tells_it_in_check_mode_and_changes_nothing_again(
    cluster: Cluster, controller: GatewayController, tmp_path: Path
):
    wanted = gatewayed()
    check = played(tmp_path, cluster, wanted, "--check", "--diff")
    assert check.changed == 1 and cluster.find(GATEWAY) is None and "the key of it" not in check.output
    assert '"digest"' in check.output and "openAPIV3Schema" not in check.output
    assert [played(tmp_path, cluster, wanted).changed for _run in range(2)] == [1, 0]
