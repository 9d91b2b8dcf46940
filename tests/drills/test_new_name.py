"""The first server is lost, and a machine of another name and address takes its place: one command, one inventory."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest
from alerts import green
from cluster import Cluster, described, lab, wait_until
from names import ask
from playbook import play
from scenario import also, measured
from test_replace_node import fenced, replace, told

from lab import topology

FIRST, STAYS, SUCCESSOR = "server1", ["server2", "server3"], "server4"

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Found a site of three servers, whatever the lab was before; a fourth machine is there, and of no site."""
    os.environ["LAB_HOSTS"] = ",".join([FIRST, *STAYS, SUCCESSOR])
    lab("up", "--fresh", timeout=3600)
    os.environ["LAB_HOSTS"] = ",".join([FIRST, *STAYS])
    play("bootstrap").succeeded()
    yield described()
    del os.environ["LAB_HOSTS"]


def nodes(cluster: Cluster) -> dict[str, str]:
    """Return the nodes that the cluster has, each with its address."""
    found = {}
    for node in cluster.kubectl(cluster.servers[0], "get nodes")["items"]:
        addresses = {each["type"]: each["address"] for each in node["status"]["addresses"]}
        found[node["metadata"]["name"]] = addresses["InternalIP"]
    return found


@also("N2")
def test_a_machine_of_another_name_and_address_takes_the_place_of_one_that_died(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, identities = STAYS[0], cluster.identities()
    lab("kill", FIRST)
    wait_until("the node is not ready", lambda: not cluster.ready(asked, FIRST))
    # It was the primary of the DNS, too, whose place in the inventory nobody else takes by itself.
    play("promote_dns", "-e", f"promote_dns_to={asked}").succeeded()

    monkeypatch.setenv("LAB_HOSTS", ",".join([*STAYS, SUCCESSOR]))
    after = Cluster([*STAYS, SUCCESSOR], cluster.site)
    planned = replace(after, FIRST, "--check", *fenced(FIRST)).succeeded()
    assert f"take {FIRST} out" in told(planned) and FIRST in nodes(Cluster(STAYS, cluster.site))
    began = time.monotonic()
    replace(after, FIRST, *fenced(FIRST)).succeeded()
    measured(
        "N2", "from the command to three voters, one of them of another name and address", time.monotonic() - began
    )
    assert after.is_complete() and after.identities() == identities
    assert nodes(after) == {host: str(topology.host(host).address) for host in after.servers}
    # Whoever asks for the new name is told, by whichever name server.
    address = str(topology.host(SUCCESSOR).address)
    for host in after.servers:
        assert ask("records", server=str(topology.host(host).address), name=f"{SUCCESSOR}.lab.example") == [address]
    assert play("bootstrap").succeeded().changed() == 0
    green()
    refused = replace(after, FIRST)
    assert refused.returncode and refused.changed() == 0
    assert f"{FIRST} is neither in the inventory nor in the cluster" in told(refused)
