"""A node that is lost together with the volumes of the databases, and what takes its place."""

from __future__ import annotations

import contextlib
import ssl
import urllib.request
from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import kubelet
import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import client, holding
from ansible_collections.metalstack.autonomous.plugins.modules import k3s_volumes
from cluster import Cluster
from one_site import DATABASES, SCHEDULE, Site
from playing import NAMESPACE, Run
from pods import MERGE
from test_site import deploy

from plugins.module_utils._metal_databases import deployed

CLAIMS = f"/api/v1/namespaces/{NAMESPACE}/persistentvolumeclaims"
VOLUMES = "/api/v1/persistentvolumes"
SETS = f"/apis/apps/v1/namespaces/{NAMESPACE}/statefulsets"
NODES = "/api/v1/nodes"
HELD = [f"StatefulSet/{NAMESPACE}/{name}" for name in DATABASES]


class Administrator(client.Client):
    """A client as on a server of k3s, whose certificates are not here."""

    def __init__(self, cluster: Cluster) -> None:
        self._base, self._deadline, self._per_request = f"https://127.0.0.1:{cluster.port}", client.Deadline(300), 20.0
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self._opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context))
        self._opener.addheaders = [("Authorization", f"Bearer {cluster.token}")]


def bind(site: Site) -> list[str]:
    """Have the volumes of the databases lie on the disk of their node; their names."""
    made = []
    for claim in site.cluster.request(CLAIMS)["items"]:
        name = f"pvc-{claim['metadata']['uid']}"
        term = {"key": "kubernetes.io/hostname", "operator": "In", "values": [kubelet.NODE]}
        spec = {
            "capacity": {"storage": "1Gi"}, "accessModes": claim["spec"]["accessModes"],
            "local": {"path": f"/var/lib/rancher/k3s/storage/{name}"},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [term]}]}},
            "claimRef": {key: claim["metadata"][key] for key in ("namespace", "name", "uid")},
        }  # fmt: skip
        site.cluster.request(VOLUMES, "POST", {"metadata": {"name": name}, "spec": spec})
        # No controller is there to remove it.
        site.cluster.request(f"{VOLUMES}/{name}", "PATCH", {"metadata": {"finalizers": None}}, MERGE)
        where = f"{CLAIMS}/{claim['metadata']['name']}"
        site.cluster.request(where, "PATCH", {"spec": {"volumeName": name}}, MERGE)
        made.append(name)
    return made


def release(
    site: Site, patched: pytest.MonkeyPatch, volumes: list[str], held: Sequence[str] = DATABASES, check: bool = False
) -> dict[str, Any]:
    """Let go of the volumes of a node that the cluster has forgotten, as the playbooks have it done on a server."""
    patched.setattr(client, "api", lambda *_, **__: Administrator(site.cluster))
    claims = [f"{NAMESPACE}/{prefix}-{name}-0" for name in DATABASES for prefix in (name, "backup")]
    given = {
        "node": kubelet.NODE, "volumes": volumes, "claims": claims, "held": [f"{NAMESPACE}/{name}" for name in held],
    }  # fmt: skip

    def fail(msg: str) -> None:
        raise AssertionError(msg)

    return dict(k3s_volumes.released(SimpleNamespace(params=given, check_mode=check, fail_json=fail)))


@contextlib.contextmanager
def forgotten(site: Site) -> Iterator[None]:
    """The node is no object of the cluster; then another one is there."""
    node = site.cluster.request(f"{NODES}/{kubelet.NODE}")
    site.cluster.request(f"{NODES}/{kubelet.NODE}", "DELETE")
    try:
        yield
    finally:
        site.cluster.request(NODES, "POST", {"metadata": {"name": kubelet.NODE}})
        status = {key: node["status"][key] for key in ("addresses", "daemonEndpoints")}
        site.cluster.request(f"{NODES}/{kubelet.NODE}/status", "PATCH", {"status": status}, MERGE)


def lose(site: Site, patched: pytest.MonkeyPatch) -> None:
    """The node with all that was on its disk, so that what was held waits for its data."""
    site.pods.late = True
    volumes = bind(site)
    with forgotten(site):
        assert release(site, patched, volumes)["held"] == HELD


def bring_back(
    site: Site, *options: str, held: Sequence[str] = DATABASES, fails: bool = False, bucket: str = "", **entry: Any
) -> Run:
    """What the playbooks do next by the controller. entry: what the inventory says of each database."""
    storage = site.storage.given(bucket or site.bucket)
    own = {key: storage.pop(key) for key in ("bucket", "access_key", "secret_key")}
    databases = [{"name": name, "schedule": SCHEDULE, **entry} for name in DATABASES]
    return deploy(
        site.stage("keep"), *options, fails=fails, held=tuple(held), site_metal_stack_storage=own,
        site_object_storage=storage, site_metal_stack_databases=databases,
    )  # fmt: skip


def let_go(site: Site) -> list[str]:
    """What is held yet once the playbooks have let go what is not."""
    return holding.release(Administrator(site.cluster), 5, False).held


def phases(site: Site) -> dict[str, str]:
    """Of the claims of the databases' data."""
    return {name: site.cluster.request(f"{CLAIMS}/{deployed.claim(name)}")["status"]["phase"] for name in DATABASES}


def replicas(site: Site) -> dict[str, int]:
    return {name: site.cluster.request(f"{SETS}/{name}")["spec"]["replicas"] for name in DATABASES}
