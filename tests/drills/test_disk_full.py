"""E3: the disk that etcd of one server lies on is full."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from alerts import fires, green, resolves
from cluster import Cluster, wait_until
from playbook import play
from scenario import measured, scenario

DATABASE = "/var/lib/rancher/k3s/server/db"
COPY = "/run/db-copy"
FILLER = f"{DATABASE}/filler"
# What etcd has preallocated takes some writes more.
WRITE = """
head -c 700000 /dev/urandom | base64 -w0 >/run/word
for each in $(seq 40); do k3s kubectl create configmap disk-full-$each -n default --from-file=/run/word; done
rm /run/word
"""


@pytest.fixture
def small_disk(cluster: Cluster) -> Iterator[str]:
    """Put the database of the last server on a disk of its own, which is soon full."""
    first, victim = cluster.servers[0], cluster.servers[2]
    cluster.on(victim, "systemctl stop k3s.service", timeout=120)
    cluster.on(victim, f"cp -a {DATABASE} {COPY} && mount -t tmpfs -o size=400m tmpfs {DATABASE}")
    cluster.on(victim, f"cp -a {COPY}/. {DATABASE} && rm -r {COPY}")
    cluster.on(victim, "systemctl start k3s.service", timeout=180)
    wait_until("the cluster is complete", cluster.is_complete)
    yield victim
    names = " ".join(f"disk-full-{each}" for each in range(1, 41))
    cluster.on(first, f"k3s kubectl delete configmap -n default --ignore-not-found {names}", timeout=120)
    cluster.on(victim, "systemctl stop k3s.service", timeout=120)
    cluster.on(victim, f"rm -f {FILLER}; cp -a {DATABASE} {COPY} && umount {DATABASE} && rm -r {DATABASE}")
    cluster.on(victim, f"cp -a {COPY} {DATABASE} && rm -r {COPY}")
    play("bootstrap").succeeded()
    assert play("bootstrap").succeeded().changed() == 0


@scenario(
    id="E3",
    title="The disk of a server is full",
    initial_cluster="its etcd ends and with it k3s; none beside that while the other two live",
    target_cluster="none",
    end_users="none",
    detection="less than 15 % free: the alert DiskNearlyFull, and the playbook `status`, which names the disk;"
    " later the node is not ready and k3s.service ends again and again",
    remedy="remove what fills the disk; the server comes back by itself, and the playbook `bootstrap` waits for it",
)
@pytest.mark.long
def test_a_server_whose_disk_is_full_comes_back_when_there_is_room(cluster: Cluster, small_disk: str) -> None:
    """E3: it is seen coming, the other two take writes meanwhile, and nothing of it is lost."""
    first, victim = cluster.servers[0], small_disk
    limit = ("-e", json.dumps({"site_disk_free_percent": 15}))
    cluster.on(victim, f"fallocate -l $(($(stat -f -c '%a * %S' {DATABASE}) - 40000000)) {FILLER}")
    found = play("status", *limit)
    assert found.returncode and f"the disk of {DATABASE}/etcd has room" in found.output, found.output[-3000:]
    assert cluster.ready(first, victim)
    fires(cluster, "DiskNearlyFull", DATABASE)

    cluster.on(victim, f"dd if=/dev/zero of={FILLER} bs=64k oflag=append conv=notrunc", check=False)
    began = time.monotonic()
    cluster.on(first, WRITE, timeout=300)
    wait_until("the node is not ready", lambda: not cluster.ready(first, victim), timeout=300)
    measured("E3", "from the last free block to a node that is not ready", time.monotonic() - began)
    assert cluster.writes(first)
    found = play("status")
    assert found.returncode and "found 0 % free" in found.output and "gate: red" in found.output
    fires(cluster, "NodeNotReady", victim)

    cluster.on(victim, f"rm {FILLER}")
    began = time.monotonic()
    play("bootstrap").succeeded()
    measured("E3", "from room on the disk to three voters", time.monotonic() - began)
    assert cluster.is_complete() and cluster.ready(first, victim)
    assert cluster.kubectl(victim, "get configmap disk-full-40 -n default")
    resolves(cluster, "NodeNotReady")
    resolves(cluster, "DiskNearlyFull", DATABASE)
    green()
