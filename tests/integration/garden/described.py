"""A garden as a site describes it."""

from __future__ import annotations

import copy
from typing import Any

from runtime import version

CHART = "registry.example/charts/{}:v1.0.0"


def extension(name: str, *resources: tuple[str, str]) -> dict[str, Any]:
    """One whose chart comes from a registry that is not there: nobody fetches it."""
    return {
        "name": name,
        "spec": {
            "resources": [{"kind": kind, "type": one} for kind, one in resources],
            "deployment": {"extension": {"helm": {"ociRepository": {"ref": CHART.format(name)}}}},
        },
    }


EXTENSIONS = [
    extension("provider-metal", ("ControlPlane", "metal"), ("Infrastructure", "metal"), ("Worker", "metal")),
    extension("os-metal", ("OperatingSystemConfig", "debian")),
    extension("networking-calico", ("Network", "calico")),
    extension("dns-powerdns", ("DNSRecord", "powerdns")),
    extension("backup-s3", ("BackupBucket", "S3"), ("BackupEntry", "S3")),
]
SECRETS = [
    {"name": "dns", "data": {"apiKey": "key-of-the-test", "server": "https://dns.example.org"}},
    {
        "name": "etcd-backup",
        "data": {"accessKeyID": "id-of-the-store", "secretAccessKey": "key-of-the-store", "region": "site-a"},
    },
]


def garden(**more: Any) -> dict[str, Any]:
    """All that is mandatory, and more."""
    given: dict[str, Any] = {
        "version": version(),
        "kubernetes_version": "1.35.6",
        "cluster_identity": "initial-site-a",
        "ingress_domains": ["runtime.site-a.example.org"],
        "virtual_domains": ["garden.site-a.example.org"],
        "nodes": ["192.0.2.0/24"],
        "pods": ["198.18.0.0/16"],
        "services": ["198.19.0.0/16"],
        "virtual_services": ["10.252.0.0/16"],
        "dns": [{"name": "primary", "type": "powerdns", "secret_name": "dns"}],
        "backup": {"provider": "S3", "bucket": "garden-site-a", "region": "site-a", "secret_name": "etcd-backup"},
        "seed_api_url": "https://api.site-a.example.org:6443",
        "extensions": EXTENSIONS,
    }
    return copy.deepcopy({**given, **more})
