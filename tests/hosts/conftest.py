"""Every server of the inventory, each looked at over SSH by testinfra."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import testinfra
from testinfra.host import Host

TREE = Path(__file__).resolve().parents[2]


def inventory() -> dict[str, Any]:
    """Return the lab's inventory as ansible-inventory prints it, variables of each host merged."""
    tool = Path(sys.executable).parent / "ansible-inventory"
    done = subprocess.run(
        [str(tool), "-i", "inventories/lab", "--list", "--export"],
        cwd=TREE,
        stdout=subprocess.PIPE,
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout)


SITE = inventory()
SERVERS: list[str] = SITE["k3s_servers"]["hosts"]


@pytest.fixture(scope="session")
def site() -> dict[str, Any]:
    """Return the site's inputs (site_*) as the first server sees them."""
    return {**SITE["all"].get("vars", {}), **SITE["_meta"]["hostvars"][SERVERS[0]]}


@pytest.fixture(scope="session")
def servers() -> list[str]:
    """Return the names of the servers."""
    return SERVERS


@pytest.fixture(params=SERVERS)
def host(request: pytest.FixtureRequest) -> Host:
    """Return a connection to one server; a test that takes it runs once for each of them."""
    return connect(request.param)


@pytest.fixture
def everyone() -> dict[str, Host]:
    """Return a connection to each server, by name, for what concerns all of them together."""
    return {name: connect(name) for name in SERVERS}


@pytest.fixture
def first() -> Host:
    """Return a connection to the first server, for what is asked of the cluster once."""
    return connect(SERVERS[0])


def connect(name: str) -> Host:
    """Return a connection to a server by its name in the inventory."""
    return testinfra.get_host(f"ansible://{name}", ansible_inventory=str(TREE / "inventories" / "lab"))
