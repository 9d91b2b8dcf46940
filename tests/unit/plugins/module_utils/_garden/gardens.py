"""A garden as it is described, and as a cluster has it, for the units."""

from __future__ import annotations

import copy
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.metalstack.autonomous.plugins.module_utils._garden import manifests, options
from ansible_collections.metalstack.autonomous.plugins.module_utils._garden.surroundings import Facts

VERSION = "v1.138.3"


def extension(name: str, *resources: tuple[str, str], **deployment: Any) -> dict[str, Any]:
    helm = {"helm": {"ociRepository": {"ref": f"registry.example/{name}:v1"}}}
    listed = [{"kind": kind, "type": one} for kind, one in resources]
    return {"name": name, "spec": {"resources": listed, "deployment": deployment or {"extension": helm}}}


EXTENSIONS = [
    extension("provider-metal", ("ControlPlane", "metal"), ("Infrastructure", "metal"), ("Worker", "metal")),
    extension("os-metal", ("OperatingSystemConfig", "debian")),
    extension("networking-calico", ("Network", "calico")),
    extension("dns-powerdns", ("DNSRecord", "powerdns")),
    extension("backup-s3", ("BackupBucket", "S3"), ("BackupEntry", "S3")),
]


def given(**more: Any) -> dict[str, Any]:
    """With all that is mandatory, and with defaults as a module has them."""
    described: dict[str, Any] = {
        "version": VERSION,
        "kubernetes_version": "1.35.6",
        "cluster_identity": "initial",
        "ingress_domains": ["runtime.example.org"],
        "virtual_domains": ["garden.example.org"],
        "nodes": ["192.0.2.0/24"],
        "pods": ["198.18.0.0/16"],
        "services": ["198.19.0.0/16"],
        "virtual_services": ["10.252.0.0/16"],
        "dns": [{"name": "primary", "type": "powerdns", "secret_name": "dns"}],
        "backup": {"provider": "S3", "bucket": "bucket", "region": "a", "secret_name": "backup"},
        "seed_api_url": "https://api.example.org:6443",
        "load_balancers": 3,
        "extensions": EXTENSIONS,
        **more,
    }
    checked = ArgumentSpecValidator(options.WANTED).validate(copy.deepcopy(described))
    assert not checked.error_messages, checked.error_messages
    return dict(checked.validated_parameters)


def live(described: dict[str, Any] | None = None, **status: Any) -> dict[str, Any]:
    """The Garden of a description, reconciled."""
    made = manifests.garden(described or given(), None)
    made["metadata"] |= {"uid": "u1", "generation": 2, "resourceVersion": "7"}
    last = {"type": "Reconcile", "state": "Succeeded", "progress": 100, "description": "done"}
    made["status"] = {
        "observedGeneration": 2, "gardener": {"version": VERSION}, "lastOperation": last,
        "conditions": [
            {"type": one, "status": "True"} for one in (
                "VirtualGardenAPIServerAvailable", "RuntimeComponentsHealthy", "VirtualComponentsHealthy",
                "ObservabilityComponentsHealthy",
            )
        ], **status,
    }  # fmt: skip
    return made


def facts(**more: Any) -> Facts:
    """A cluster that has all it takes."""
    nodes = [node(f"node-{number}", f"192.0.2.{number}", f"198.18.{number}.0/24") for number in (1, 2, 3)]
    annotations = {"storageclass.kubernetes.io/is-default-class": "true"}
    usual = Facts(
        version="v1.35.4+k3s1", nodes=nodes, services=[service("default", "kubernetes", clusterIP="198.19.0.1")],
        daemon_sets=[], classes=[{"metadata": {"name": "local-path", "annotations": annotations}}], pool=None,
        space=None, secrets=["dns", "backup"], operator=None, pending=[], served=True, gardens=[], extensions=[],
    )  # fmt: skip
    return usual._replace(**more)


def node(name: str, address: str, pods: str, **labels: str) -> dict[str, Any]:
    status = {"addresses": [{"type": "InternalIP", "address": address}], "allocatable": {"pods": "256"}}
    return {"metadata": {"name": name, "labels": labels}, "spec": {"podCIDR": pods}, "status": status}


def service(namespace: str, name: str, *addresses: str, **spec: Any) -> dict[str, Any]:
    balanced = {"type": "LoadBalancer"} if addresses else {}
    status = {"loadBalancer": {"ingress": [{"ip": one} for one in addresses]}}
    return {"metadata": {"namespace": namespace, "name": name}, "spec": {**balanced, **spec}, "status": status}
