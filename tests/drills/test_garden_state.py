"""A Garden comes back to a cluster that has lost it, and only while nobody acts on it.

What is there is shaped like Gardener's: a definition of Gardens, a Deployment of the operator, for which there is no
image, a Garden in the midst of a rotation, and Secrets with the labels of Gardener's secrets manager.
"""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
from backups import GARDEN, backed_up, info, program, restore
from cluster import Cluster, wait_until
from object_store import s3
from playbook import play, said

pytestmark = pytest.mark.usefixtures("backed_up_site")
BACKED = ("-e", json.dumps({"site_backup_garden": True}))
TIMERS = "systemctl list-timers --all --no-legend 'metalstack-backup@garden.timer'"
LATE = "garden was backed up in time"
AUTHORITIES = ("ca", "ca-client", "ca-etcd", "ca-etcd-peer", "ca-front-proxy", "ca-gardener")
SERVERS = ("kube-apiserver", "gardener-apiserver")
OTHERS = ("service-account-key", "gardener-apiserver-workload-identity-signing-key")
BEGUN, MOMENT = "2026-11-20T10:00:00Z", "1795168800"
NAMESPACE: dict[str, Any] = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "garden"}}
HOOK = {
    "apiVersion": "admissionregistration.k8s.io/v1",
    "kind": "ValidatingWebhookConfiguration",
    "metadata": {"name": "gardener-operator"},
}
BUCKET = ".?spec.?virtualCluster.?etcd.?main.?backup.?bucketName.orValue('')"
# What the operator's webhook refuses, for which there is no image: a second Garden, and another bucket.
POLICY: dict[str, Any] = {
    "apiVersion": "admissionregistration.k8s.io/v1",
    "kind": "ValidatingAdmissionPolicy",
    "metadata": {"name": "gardener-operator"},
    "spec": {
        "matchConstraints": {
            "resourceRules": [
                {
                    "apiGroups": ["operator.gardener.cloud"],
                    "apiVersions": ["*"],
                    "operations": ["CREATE", "UPDATE"],
                    "resources": ["gardens"],
                }
            ]
        },
        "validations": [
            {"expression": "request.operation != 'CREATE' || object.metadata.name == 'local'"},
            {"expression": f"request.operation != 'UPDATE' || object{BUCKET} == oldObject{BUCKET}"},
        ],
    },
}
BINDING = {
    "apiVersion": "admissionregistration.k8s.io/v1",
    "kind": "ValidatingAdmissionPolicyBinding",
    "metadata": {"name": "gardener-operator"},
    "spec": {"policyName": "gardener-operator", "validationActions": ["Deny"]},
}
SPEC = {
    "dns": {"providers": [{"name": "main", "type": "powerdns", "secretRef": {"name": "dns"}}]},
    "virtualCluster": {
        "etcd": {"main": {"backup": {"provider": "s3", "secretRef": {"name": "bucket"}}}},
        "kubernetes": {"version": "1.35.6"},
    },
}
STATUS = {
    "gardener": {"id": "x", "name": "gardener-operator", "version": "v1.138.3"},
    "lastOperation": {"type": "Reconcile", "state": "Succeeded"},
    "encryptedResources": ["configmaps"],
    "credentials": {
        "rotation": {"certificateAuthorities": {"phase": "Prepared", "lastInitiationTime": BEGUN}},
    },
}


def secret(name: str, labels: dict[str, str] | None = None, **data: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "garden", "labels": labels or {}}
    encoded = {key: base64.b64encode(text.encode()).decode() for key, text in data.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": encoded}


def managed(name: str, moment: str = "", **data: str) -> dict[str, Any]:
    labels = {
        "managed-by": "secrets-manager",
        "manager-identity": "gardener-operator",
        "name": name,
        "last-rotation-initiation-time": moment,
    }
    full = f"{name}-1f2e3d4c{'-5e58a' if moment else ''}"
    return {**secret(full, labels, **(data or {"value": f"the key of {full}"})), "immutable": True}


def configuration(server: str) -> dict[str, Any]:
    name = f"{server}-etcd-encryption-configuration"
    return secret(f"{name}-0a1b2c3d", {"role": name}, **{"encryption-configuration.yaml": "- name: key17"})


def before_rotation() -> list[dict[str, Any]]:
    return [
        *(managed(name) for name in (*AUTHORITIES, *OTHERS)),
        *(managed(f"{server}-etcd-encryption-key", key="key17", secret="of-a-drill") for server in SERVERS),
        *map(configuration, SERVERS),
        secret("dns", apiKey="of-a-drill"),
        secret("bucket", accessKeyID="of-a-drill"),
    ]


def anew() -> list[dict[str, Any]]:
    """What nobody backs up."""
    bundle = managed("ca-bundle")
    bundle["metadata"]["labels"]["bundle-for"] = "ca"
    return [bundle, secret("gardener", token="of-a-drill")]


def operator(replicas: int) -> dict[str, Any]:
    image = {"name": "operator", "image": "example.org/gardener/operator:v1.138.3", "imagePullPolicy": "Never"}
    template = {"metadata": {"labels": {"app": "gardener"}}, "spec": {"containers": [image]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": "gardener"}}, "template": template}
    metadata = {"name": "gardener-operator", "namespace": "garden"}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def apply(cluster: Cluster, *items: dict[str, Any]) -> None:
    cluster.apply(cluster.servers[0], json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))


def kubectl(cluster: Cluster, arguments: str, check: bool = True) -> str:
    return cluster.on(cluster.servers[0], f"k3s kubectl {arguments}", timeout=120, check=check)


def tell(cluster: Cluster, status: dict[str, Any]) -> None:
    """Write the status of the Garden, as the operator does."""
    patch = json.dumps({"status": status})
    kubectl(cluster, f"patch garden local --subresource=status --type=merge --patch='{patch}'")


def knows(cluster: Cluster) -> bool:
    return cluster.succeeds(cluster.servers[0], "get gardens")


def begin(cluster: Cluster) -> None:
    """Have a Garden as Gardener keeps it, its rotated authorities made after those of before."""
    cluster.apply(cluster.servers[0], GARDEN.split("---")[0])
    wait_until("the API knows Gardens", lambda: knows(cluster))
    apply(cluster, NAMESPACE)
    apply(cluster, operator(1), *before_rotation(), *anew())
    # The API knows seconds only.
    time.sleep(1.1)
    apply(cluster, *(managed(name, MOMENT) for name in AUTHORITIES))
    version = "operator.gardener.cloud/v1alpha1"
    the_one = {"apiVersion": version, "kind": "Garden", "metadata": {"name": "local"}, "spec": SPEC}
    apply(cluster, the_one, POLICY, BINDING)
    tell(cluster, STATUS)
    second = json.dumps({**the_one, "metadata": {"name": "rehearsal-local"}})
    create = "k3s kubectl create --dry-run=server -f - 2>&1"

    def refused() -> bool:
        answer = cluster.on(cluster.servers[0], create, stdin=second, check=False)
        return "ValidatingAdmissionPolicy 'gardener-operator'" in answer

    wait_until("a second Garden is refused", refused)


def lose(cluster: Cluster) -> None:
    """Take all of it from the cluster but the definition and the operator, which does nothing any more."""
    kubectl(cluster, "-n garden scale deployment gardener-operator --replicas=0")
    kubectl(cluster, "delete garden local")
    kubectl(cluster, "-n garden delete secrets --all")

    def stopped() -> bool:
        found = cluster.kubectl(cluster.servers[0], "-n garden get deployment gardener-operator")
        return not found["status"].get("replicas")

    wait_until("the operator is gone", stopped)


def end(cluster: Cluster) -> None:
    kubectl(cluster, "delete validatingwebhookconfiguration gardener-operator --ignore-not-found", check=False)
    for kind in ("validatingadmissionpolicybinding", "validatingadmissionpolicy"):
        kubectl(cluster, f"delete {kind} gardener-operator --ignore-not-found", check=False)
    kubectl(cluster, "delete crd gardens.operator.gardener.cloud --ignore-not-found", check=False)
    kubectl(cluster, "delete namespace garden --ignore-not-found --wait=false", check=False)


def held(cluster: Cluster) -> dict[str, Any]:
    """Return what each Secret in the namespace holds, and how it is marked."""
    items = cluster.kubectl(cluster.servers[0], "-n garden get secrets")["items"]
    return {
        one["metadata"]["name"]: [one["data"], one["metadata"].get("labels"), one.get("immutable"), one["type"]]
        for one in items
        if one["metadata"].get("labels") or one["metadata"]["name"] in ("dns", "bucket")
    }


def the_garden(cluster: Cluster) -> dict[str, Any]:
    found: dict[str, Any] = cluster.kubectl(cluster.servers[0], "get garden local")
    return found


@pytest.mark.long
def test_a_garden_comes_back_to_a_cluster_that_has_lost_it(cluster: Cluster) -> None:
    """The same name, keys, phase of the rotation and bucket; refused while it lives, or its operator acts."""
    first = cluster.servers[0]
    component = ("-e", "restore_component=garden", *BACKED)
    unnamed = restore(cluster, "-e", "restore_component=garden")
    assert unnamed.returncode and "found: False" in said(unnamed) and unnamed.changed() == 0
    # Another drill may have left one.
    end(cluster)
    wait_until("nothing of it is there", lambda: not knows(cluster) and not cluster.succeeds(first, "get ns garden"))
    play("bootstrap", *BACKED).succeeded()
    try:
        assert all(cluster.on(host, TIMERS).strip() for host in cluster.servers)
        # Without a Garden it costs nothing, and nothing is missed.
        for verb in ("create --component=garden", "verify"):
            assert "rc=0" in program(cluster, first, *verb.split(), timeout=600)
        assert info(cluster, first)["garden"]["idle"] and not info(cluster, first)["garden"].get("verify_error")
        if not any("/catalogue/garden/" in key for key in s3(cluster, first, "list")):
            assert LATE not in said(play("status", *BACKED))
        begin(cluster)
        name = backed_up("-e", "backup_reason=garden", *BACKED)
        assert info(cluster, first)["garden"]["set"] == name
        assert LATE not in said(play("status", *BACKED))
        for verb in ("verify", "rehearse"):
            assert "rc=0" in program(cluster, first, verb, "--component=garden", timeout=600)
        before, was = held(cluster), the_garden(cluster)
        refused = restore(cluster, *component)
        told = said(refused)
        assert refused.returncode and refused.changed() == 0, told[-4000:]
        assert "Garden local lives here" in told and "gardener-operator runs here with 1 replicas" in told, told[-4000:]
        lose(cluster)
        apply(cluster, {**HOOK, "webhooks": []})
        refused = restore(cluster, *component)
        told = said(refused)
        assert refused.returncode and "kubectl delete validatingwebhookconfiguration gardener-operator" in told, told
        kubectl(cluster, "delete validatingwebhookconfiguration gardener-operator")
        restore(cluster, *component, "--check").succeeded()
        assert not held(cluster)
        run = restore(cluster, *component).succeeded()
        assert "scale gardener-operator up" in said(run)
        for text in ("of-a-drill", base64.b64encode(b"of-a-drill").decode()):
            assert text not in run.output
        after, found = held(cluster), the_garden(cluster)
        unkept = {one["metadata"]["name"] for one in anew()}
        assert after == {one: what for one, what in before.items() if one not in unkept}
        assert found["status"] == {
            **{field: STATUS[field] for field in ("gardener", "encryptedResources", "credentials")},
            "observedGeneration": found["metadata"]["generation"],
        }
        backup = found["spec"]["virtualCluster"]["etcd"]["main"]["backup"]
        assert backup.pop("bucketName") == f"garden-{was['metadata']['uid']}" and found["spec"] == was["spec"]
        made = {
            one["metadata"]["name"]: one["metadata"]["creationTimestamp"]
            for one in cluster.kubectl(first, "-n garden get secrets")["items"]
        }
        assert all(made[f"{one}-1f2e3d4c"] < made[f"{one}-1f2e3d4c-5e58a"] for one in AUTHORITIES)
        # Nothing is missed before the operator has taken it over, and it is not restored over itself.
        assert "rc=0" in program(cluster, first, "create", "--component=garden")
        assert info(cluster, first)["garden"]["idle"]
        again = restore(cluster, *component)
        assert again.returncode and "Garden local lives here" in said(again)
        assert play("bootstrap", *BACKED).succeeded().changed() == 0
        # It does.
        apply(cluster, operator(1), *anew())
        tell(cluster, {"lastOperation": STATUS["lastOperation"]})
        name = backed_up("-e", "backup_reason=garden-again", *BACKED)
        assert info(cluster, first)["garden"]["set"] == name
    finally:
        end(cluster)
        play("bootstrap").succeeded()
    assert not any(cluster.on(host, TIMERS).strip() for host in cluster.servers)
