"""A patch level of k3s whose program runs when it is tried out, and not as a server."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from cluster import Cluster

RUNS = "v1.35.4+k3s1"
FAILS = "v1.35.999+k3s1"
PROGRAM = '#!/bin/sh\n[ "$1" = kubectl ] && exit 0\necho \'level=fatal msg="this version is broken"\'\nexit 1\n'
# Nobody waits long for what does not come.
SOON = ("-e", json.dumps({"upgrade_drain_timeout": 10, "k3s_cluster_timeout": 90, "upgrade_soak": 2}))


def failing_version(cluster: Cluster, directory: Path) -> tuple[str, str]:
    """Return the arguments that ask for it."""
    program = directory / "k3s"
    program.write_text(PROGRAM)
    described = {"path": str(program), "sha256": hashlib.sha256(PROGRAM.encode()).hexdigest()}
    artifacts = {**cluster.site["site_artifacts"], "k3s": {FAILS: {"amd64": described, "arm64": described}}}
    return ("-e", json.dumps({"site_k3s_version": FAILS, "site_artifacts": artifacts}))
