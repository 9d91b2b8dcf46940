"""The drills run on the lab that is up; each leaves the cluster as it found it, or says so in its name."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).parent)]

from cluster import TREE, Cluster  # noqa: E402


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """Return the cluster that the lab's inventory describes."""
    tool = Path(sys.executable).parent / "ansible-inventory"
    done = subprocess.run(
        [str(tool), "-i", "inventories/lab", "--list"], cwd=TREE, stdout=subprocess.PIPE, check=True, timeout=60
    )
    inventory = json.loads(done.stdout)
    servers = sorted(inventory["k3s_servers"]["hosts"])
    return Cluster(servers, inventory["_meta"]["hostvars"][servers[0]])
