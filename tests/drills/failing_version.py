"""Versions whose program fails: of k3s one that runs when it is tried out, and not as a server; of kube-vip any."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from cluster import Cluster
from versions import broken

PROGRAM = '#!/bin/sh\n[ "$1" = kubectl ] && exit 0\necho \'level=fatal msg="this version is broken"\'\nexit 1\n'
FAILING_VIP = "v1.2.999"
VIP_PROGRAM = "#!/bin/sh\necho 'this version is broken'\nexit 1\n"
# Nobody waits long for what does not come.
SOON = ("-e", json.dumps({"upgrade_drain_timeout": 10, "k3s_cluster_timeout": 90, "upgrade_soak": 2}))


def running(cluster: Cluster) -> str:
    """Return the version that the lab's inventory asks for."""
    return str(cluster.site["site_k3s_version"])


def fails(cluster: Cluster) -> str:
    """Return the name of the one that fails, another patch level of the same minor."""
    return broken(running(cluster))


def failing_version(cluster: Cluster, directory: Path) -> tuple[str, str]:
    """Return the arguments that ask for it."""
    version = fails(cluster)
    return ("-e", json.dumps({"site_k3s_version": version, **_artifacts(cluster, directory, "k3s", version, PROGRAM)}))


def failing_kube_vip(cluster: Cluster, directory: Path) -> tuple[str, str]:
    """Return the arguments that ask for it."""
    artifacts = _artifacts(cluster, directory, "kube-vip", FAILING_VIP, VIP_PROGRAM)
    return ("-e", json.dumps({"site_kube_vip_version": FAILING_VIP, **artifacts}))


def _artifacts(cluster: Cluster, directory: Path, name: str, version: str, text: str) -> dict[str, Any]:
    program = directory / name
    program.write_text(text)
    described = {"path": str(program), "sha256": hashlib.sha256(text.encode()).hexdigest()}
    known = cluster.site["site_artifacts"]
    return {"site_artifacts": {**known, name: {version: {"amd64": described, "arm64": described}}}}
