"""What a garden is refused for, each with the way out, before anything is changed."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from typing import Any

import described
import pytest
from ansible_collections.metalstack.autonomous.plugins.modules import gardener_garden_plan
from operator_stand_in import Operator
from runtime import OPERATOR_API, Runtime

Have = Callable[..., dict[str, Any]]
Plan = Callable[..., dict[str, Any]]

DAY_ONE = {
    "cluster_identity": "",
    "ingress_domains": [],
    "virtual_domains": [],
    "nodes": [],
    "pods": [],
    "services": [],
    "virtual_services": [],
}
OTHER = {"name": "target", "cluster_identity": "initial-site-a", "bucket": "garden-site-a"}


@pytest.fixture
def plan(run: Callable[..., dict[str, Any]]) -> Plan:
    def plan(secrets: Any = None, timeout: int = 30, **more: Any) -> dict[str, Any]:
        given = described.SECRETS if secrets is None else secrets
        return run(gardener_garden_plan, garden=described.garden(**more), secrets=given, timeout=timeout)

    return plan


def test_a_garden_that_can_be_is_told_of(plan: Plan, runtime: Runtime) -> None:
    told = plan()
    assert not told.get("failed"), told["msg"]
    assert (told["former"], told["operator"], told["present"]) == ("v1.138.3", "v1.138.3", False)
    assert told["server"] == "https://api.garden.site-a.example.org" and told["secrets"] == ["dns", "etcd-backup"]
    assert runtime.garden() is None


def test_all_that_is_chosen_on_the_first_day_is_demanded_with_its_reason(plan: Plan) -> None:
    told = plan(**DAY_ONE, backup={"secret_name": "etcd-backup"})
    assert told["failed"]
    for name in (*DAY_ONE, "backup.provider", "backup.bucket"):
        assert f"garden.{name} is missing" in told["msg"]
    assert "named after the UID of the Garden" in told["msg"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"kubernetes_version": "1.36.1"}, "supports Kubernetes 1.30 to 1.35"),
        ({"kubernetes_version": "1.35"}, "expected a whole version"),
        ({"version": "1.138.3"}, "expected a release of Gardener"),
        ({"version": "v1.137.0"}, "goes back to none before"),
        ({"version": "v1.141.0"}, "take v1.139, v1.140 first"),
        ({"version": "v1.200.0"}, "is not known here"),
        ({"nodes": ["203.0.113.0/24"]}, "node node-1 has 192.0.2.1"),
        ({"pods": ["10.0.0.0/16"]}, "pods of node node-1 have 198.18.1.0/24"),
        ({"services": ["10.0.0.0/16"]}, "Service default/kubernetes has 198.19.0.1"),
        ({"virtual_services": ["100.64.0.0/13"]}, "garden.taken_networks.headscale 100.64.0.0/10 overlap"),
        ({"virtual_services": ["198.18.0.0/15"]}, "overlap -> give each a network of its own"),
        ({"virtual_services": ["10.1.0.0/16", "10.2.0.0/16"]}, "one of each family"),
        ({"nodes": ["192.0.2.1/24"]}, "expected a network in CIDR notation"),
        ({"zones": ["zone-1", "zone-9"]}, "zones has zone-9, and the nodes have zone-1, zone-2, zone-3"),
        ({"storage": {"class_name": "fast"}}, "no StorageClass fast (there are local-path)"),
        ({"load_balancers": 2}, "the garden needs 3"),
        ({"seed_api_url": "https://192.0.2.10:6443"}, "expected https://NAME:PORT"),
        ({"seed_api_url": ""}, "garden.seed_api_url is missing"),
        ({"extensions": []}, "no extension reconciles DNSRecord of type powerdns"),
        ({"extensions": described.EXTENSIONS[:-1]}, "no extension reconciles BackupBucket of type S3"),
        ({"network_types": ["cilium"]}, "Network of type cilium -> give one among garden.extensions, such as network"),
        ({"virtual_domains": ["Garden"]}, "expected a domain"),
        ({"others": [OTHER]}, "garden target has the same cluster_identity initial-site-a"),
        ({"spec": {"virtualCluster": {"gardener": {"clusterIdentity": "x"}}}}, "say garden.cluster_identity instead"),
        ({"dns": [{"type": "powerdns", "secret_name": "none"}]}, "there is no Secret garden/none"),
        ({"maintenance": {"begin": "22:00"}}, "expected a time with its zone"),
    ],
)
def test_a_garden_that_cannot_be_is_refused(plan: Plan, runtime: Runtime, more: dict[str, Any], said: str) -> None:
    told = plan(**more)
    assert told["failed"] and said in told["msg"], told["msg"]
    assert "Nothing was changed" in told["msg"] and runtime.garden() is None


def test_secrets_are_checked_before_anything_is_written(plan: Plan) -> None:
    told = plan(secrets=[{"name": "dns", "files": {"apiKey": "/nowhere"}}, {"name": "etcd-backup", "data": {"a": ""}}])
    assert "/nowhere cannot be read" in told["msg"] and "secret etcd-backup has nothing in a" in told["msg"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"cluster_identity": "another"}, "garden.cluster_identity is another, and Garden garden has initial-site-a"),
        ({"ingress_domains": ["new.example.org"]}, "garden.ingress_domains is new.example.org"),
        ({"virtual_domains": ["new.example.org"]}, "the first one is the address of the garden's API"),
        ({"nodes": ["192.0.2.0/25"]}, "garden.nodes is 192.0.2.0/25, and Garden garden has 192.0.2.0/24"),
        ({"virtual_services": ["10.253.0.0/16"]}, "is only ever added to"),
        ({"kubernetes_version": "1.34.1"}, "it cannot go back"),
        ({"name": "other"}, "Garden garden is there, and garden.name is other"),
    ],
)
def test_what_was_chosen_once_is_not_changed(
    have: Have, plan: Plan, operator: Operator, more: dict[str, Any], said: str
) -> None:
    """No webhook refuses it here: it is refused where none runs as well."""
    have()
    told = plan(**more)
    assert told["failed"] and said in told["msg"], told["msg"]


@pytest.mark.parametrize(("option", "value"), [("provider", "gcp"), ("bucket", "another"), ("region", "site-b")])
def test_the_bucket_stays_where_it_is(have: Have, plan: Plan, operator: Operator, option: str, value: str) -> None:
    have()
    backup = {**described.garden()["backup"], option: value}
    assert f"garden.backup.{option} is {value}" in plan(backup=backup)["msg"]


def test_networks_and_domains_may_be_added(have: Have, operator: Operator) -> None:
    have()
    more = {
        "nodes": ["192.0.2.0/24", "203.0.113.0/24"],
        "virtual_domains": ["garden.site-a.example.org", "g.example.org"],
    }
    assert have(**more)["changes"] == ["Garden/garden"]
    assert "garden.nodes is 192.0.2.0/24" in have()["msg"]


def test_availability_is_never_taken_back(have: Have, plan: Plan, operator: Operator) -> None:
    have(high_availability=True)
    assert "garden.high_availability is missing, and Garden garden has" in plan()["msg"]


def test_a_bucket_that_nobody_named_is_said_by_the_name_that_it_has(
    have: Have, plan: Plan, operator: Operator, runtime: Runtime
) -> None:
    """As a garden that others have made has it; to name it now would be refused by Gardener."""
    have(backup={**described.garden()["backup"], "bucket": "later"})
    garden = copy.deepcopy(runtime.garden() or {})
    runtime.remove("/apis/operator.gardener.cloud/v1alpha1/gardens/garden")
    del garden["spec"]["virtualCluster"]["etcd"]["main"]["backup"]["bucketName"]
    runtime.put({key: garden[key] for key in ("apiVersion", "kind", "spec")} | {"metadata": {"name": "garden"}})
    made = runtime.garden() or {}
    backup = described.garden()["backup"]
    told = have(backup={**backup, "bucket": f"garden-{made['metadata']['uid']}"}, options={"force": True})
    assert not told.get("failed"), told
    assert "bucketName" not in (runtime.garden() or {})["spec"]["virtualCluster"]["etcd"]["main"]["backup"]


def test_too_few_addresses_of_kube_vip_are_told(plan: Plan, runtime: Runtime) -> None:
    for number in range(8):
        name = f"taken-{number}"
        spec = {"type": "LoadBalancer", "ports": [{"port": 80}], "loadBalancerIP": f"192.0.2.{200 + number}"}
        metadata = {"name": name, "namespace": "kube-system"}
        runtime.put({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec})
    told = plan()
    assert told["failed"] and "has 2 free addresses of 10" in told["msg"] and "the gateway of the seed" in told["msg"]
    # Those that the garden has itself count for it.
    assert not plan(load_balancers=11).get("failed")


def test_what_k3s_does_beside_a_garden_is_refused(plan: Plan, runtime: Runtime) -> None:
    labels = {"svccontroller.k3s.cattle.io/svcname": "traefik"}
    template = {
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": "lb", "image": "registry.example/lb"}]},
    }
    runtime.put(
        {
            "apiVersion": "apps/v1", "kind": "DaemonSet",
            "metadata": {"name": "svclb-traefik", "namespace": "kube-system", "labels": labels},
            "spec": {"selector": {"matchLabels": labels}, "template": template},
        }
    )  # fmt: skip
    metadata = {"name": "traefik", "namespace": "kube-system"}
    spec = {"type": "LoadBalancer", "ports": [{"port": 80}]}
    runtime.put({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec})
    told = plan()
    assert "servicelb" in told["msg"] and "k3s runs Traefik" in told["msg"]


def test_a_minor_version_is_not_begun_while_the_one_before_fails(
    have: Have, plan: Plan, operator: Operator, runtime: Runtime
) -> None:
    have()
    operator.broken = "task deployIstio failed."
    window = {"begin": "010000+0000", "end": "020000+0000"}
    have(options={"wait": False}, maintenance=window)
    runtime.told("Error")
    told = plan(version="v1.139.1", maintenance=window)
    assert told["failed"] and "so v1.139.1 is not begun -> have it healthy first" in told["msg"]


def test_a_minor_version_waits_for_the_reconciliation_that_is_under_way(
    have: Have, plan: Plan, operator: Operator, runtime: Runtime
) -> None:
    have()
    operator.stop()
    body = {"status": {"lastOperation": {"state": "Processing", "progress": 42}}}
    runtime.request(f"{OPERATOR_API}/gardens/garden/status", "PATCH", body, "application/merge-patch+json")
    told = plan(timeout=0, version="v1.139.1")
    assert told["failed"] and not told["over"] and "mistakes" not in told
    assert "Gardener v1.138.3 is through with Garden garden: seen Reconcile Processing 42 %" in told["msg"]
    refused = have(options={"wait": False}, version="v1.139.1")
    assert refused["failed"] and "is through with Garden garden" in refused["msg"]
    threading.Timer(1, operator.start).start()
    assert not plan(version="v1.139.1").get("failed")
