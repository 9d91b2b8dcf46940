"""An agent enters, loses its disk, is taken off and comes back, all with the production playbooks.

From here on the lab has one host more, which is why this comes after the other drills.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from cluster import Cluster, lab, wait_until
from playbook import play

AGENT = "agent1"


@pytest.fixture(scope="module", autouse=True)
def host(cluster: Cluster) -> Iterator[None]:
    """Add the agent's host to the lab."""
    os.environ["LAB_HOSTS"] = ",".join([*cluster.servers, AGENT])
    lab("up", "--no-artifacts")
    yield
    del os.environ["LAB_HOSTS"]


def ready(cluster: Cluster) -> bool:
    node = cluster.kubectl(cluster.servers[0], f"get node {AGENT}")
    return any(c["type"] == "Ready" and c["status"] == "True" for c in node["status"]["conditions"])


def entered(cluster: Cluster) -> str:
    """Return the identity of the agent's node, once a run has brought it in and a second found nothing to do."""
    play("bootstrap").succeeded()
    assert ready(cluster)
    assert len(cluster.members()) == len(cluster.servers)
    assert play("bootstrap").succeeded().changed() == 0
    return cluster.kubectl(cluster.servers[0], f"get node {AGENT}")["metadata"]["uid"]


def test_an_agent_enters_beside_a_live_cluster(cluster: Cluster) -> None:
    entered(cluster)
    assert cluster.on(AGENT, "stat -c %a /etc/rancher/k3s/agent-token").strip() == "600"
    assert "token" not in cluster.on(AGENT, "ls /etc/rancher/k3s").split()
    knock = "timeout 2 bash -c '</dev/tcp/{address}/10250' && echo open || echo closed"
    agent = cluster.kubectl(cluster.servers[0], f"get node {AGENT}")["status"]["addresses"][0]["address"]
    assert cluster.on(cluster.servers[0], knock.format(address=agent)).strip() == "open"
    outside = lab("exec", "--", "bash", "-c", knock.format(address=agent)).stdout.split()
    assert outside[-1] == "closed"


def test_an_agent_that_lost_its_disk_is_let_in_again(cluster: Cluster) -> None:
    before = cluster.kubectl(cluster.servers[0], f"get node {AGENT}")["metadata"]["uid"]
    lab("wipe", AGENT)
    assert entered(cluster) != before


def test_an_agent_is_taken_off_alone(cluster: Cluster) -> None:
    play("reset", "--limit", AGENT, "-e", f"reset_confirm={cluster.site['site_name']}").succeeded()
    assert cluster.on(AGENT, "ls -d /etc/rancher /usr/local/bin/k3s 2>/dev/null; true").strip() == ""
    assert cluster.is_complete()
    wait_until("the node is seen to be gone", lambda: not ready(cluster))
    entered(cluster)
