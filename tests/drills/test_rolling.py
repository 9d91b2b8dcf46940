"""A changed setting on a live cluster: predicted without a touch, then made on one server after the other."""

from __future__ import annotations

import itertools
import json

import pytest
from cluster import Cluster
from playbook import play

FEWER_PODS = ("-e", json.dumps({"k3s_cluster_max_pods": 250}))


def windows(cluster: Cluster) -> dict[str, tuple[int, int]]:
    """Return when k3s last went down and came up again on each server, on the clock that all hosts share."""
    show = "systemctl show -p ActiveExitTimestampMonotonic -p ActiveEnterTimestampMonotonic k3s.service"
    found = {}
    for host in cluster.servers:
        stamps = dict(line.split("=") for line in cluster.on(host, show).split())
        found[host] = (int(stamps["ActiveExitTimestampMonotonic"]), int(stamps["ActiveEnterTimestampMonotonic"]))
    return found


def pods(cluster: Cluster) -> set[str]:
    return {cluster.kubectl(host, f"get node {host}")["status"]["capacity"]["pods"] for host in cluster.servers}


@pytest.mark.long
def test_check_mode_on_a_live_cluster_tells_what_a_run_would_do_and_does_nothing(cluster: Cluster) -> None:
    play("bootstrap").succeeded()
    before = windows(cluster)
    assert play("bootstrap", "--check", "--diff").succeeded().changed() == 0
    predicted = play("bootstrap", "--check", "--diff", *FEWER_PODS).succeeded()
    assert predicted.changed() > 0
    for line in ("-- max-pods=256", "+- max-pods=250", *(f"restart {host}, because" for host in cluster.servers)):
        assert line in predicted.output, predicted.output[-4000:]
    assert windows(cluster) == before
    assert play("bootstrap").succeeded().changed() == 0


@pytest.mark.long
def test_servers_are_restarted_one_after_the_other(cluster: Cluster) -> None:
    before = windows(cluster)
    play("bootstrap", *FEWER_PODS).succeeded()
    after = windows(cluster)
    assert all(after[host][0] > before[host][1] for host in cluster.servers), "each was restarted"
    for (_down, up), (down, _up) in itertools.pairwise(sorted(after.values())):
        assert up < down, f"two servers were down at once: {after}"
    assert pods(cluster) == {"250"}
    assert cluster.is_complete()
    play("bootstrap").succeeded()
    assert pods(cluster) == {"256"}
    assert play("bootstrap").succeeded().changed() == 0
