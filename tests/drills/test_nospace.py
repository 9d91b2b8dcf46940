"""E2: the database of etcd reaches its quota, and nothing can be written until there is room again."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from alerts import fires, green, resolves
from cluster import Cluster, wait_until
from playbook import play
from scenario import measured, scenario

# With room for what the lab itself writes in the minutes that Kubernetes keeps.
QUOTA = 32 << 20
OBJECT = "k3s kubectl create configmap filler -n default --from-file=/run/filler"
# A megabyte of history each time; the object itself stays as large as it is.
WRITE = f"""
for each in $(seq %d); do
    head -c 700000 /dev/urandom | base64 -w0 >/run/filler
    {OBJECT} --dry-run=client -o json | k3s kubectl replace -f - 2>&1 || exit 0
done
"""


def percent(cluster: Cluster) -> float:
    """Return what the fullest database takes of its quota, by the metrics that k3s' etcd has on loopback."""
    wanted = "^etcd_mvcc_db_total_size_in_bytes |^etcd_server_quota_backend_bytes "
    shares = []
    for host in cluster.servers:
        size, quota = cluster.on(host, f"curl -s http://127.0.0.1:2381/metrics | grep -E '{wanted}'").split()[1::2]
        shares.append(100 * float(size) / float(quota))
    return max(shares)


def fill(cluster: Cluster) -> None:
    """Write until nothing can be written, also after a k3s that began has taken the alarm back."""
    first = cluster.servers[0]
    said = cluster.on(first, WRITE % 60, timeout=300)
    assert "database space exceeded" in said, said[-1000:]
    assert not cluster.writes(first)


@pytest.fixture
def small_quota(cluster: Cluster) -> Iterator[None]:
    """Give etcd a quota that is soon reached, and nobody but the remedy who makes room."""
    extra = {
        **cluster.site["k3s_cluster_extra_config"],
        "etcd-arg": [f"quota-backend-bytes={QUOTA}"],
        # A k3s that begins defragments and takes alarms back, which helps as soon as history is compacted.
        "kube-apiserver-arg": ["etcd-compaction-interval=0"],
    }
    play("bootstrap", "-e", json.dumps({"k3s_cluster_extra_config": extra})).succeeded()
    yield
    cluster.on(cluster.servers[0], "k3s kubectl delete configmap filler -n default --ignore-not-found; rm /run/filler")
    # With the alarm raised, no server is restarted.
    play("defragment").succeeded()
    play("bootstrap").succeeded()
    assert play("bootstrap").succeeded().changed() == 0


@scenario(
    id="E2",
    title="The database of etcd reaches its quota",
    initial_cluster="read-only: no object can be written and no lease renewed, so that the virtual address is gone and"
    " k3s ends and starts again, which takes the alarm back for as long as there is room; pods that run go on",
    target_cluster="runs on; nothing heals or is rescheduled there, nothing new can be made",
    end_users="none",
    detection="`etcd_mvcc_db_total_size_in_bytes` at 80 % of `etcd_server_quota_backend_bytes`, then the alarm"
    " `NOSPACE`; the playbook `status` is red on both",
    remedy="run the playbook `defragment`, which compacts, defragments and takes the alarm back; if it says that the"
    " database is full of what is in use, delete objects first",
)
@pytest.mark.long
@pytest.mark.usefixtures("small_quota")
def test_a_full_etcd_gets_room_again(cluster: Cluster) -> None:
    """E2: the alarm is seen coming, and no server is restarted by the remedy."""
    first = cluster.servers[0]
    green()
    assert play("defragment").succeeded().changed() == 0
    cluster.on(first, f"head -c 700000 /dev/urandom | base64 -w0 >/run/filler; {OBJECT}")
    while percent(cluster) < 81:
        cluster.on(first, WRITE % 1)
    found = play("status")
    assert found.returncode and "the database of etcd has room" in found.output, found.output[-3000:]
    assert "NOSPACE" not in found.output
    fires(cluster, "EtcdDatabaseNearQuota")

    fill(cluster)
    assert cluster.succeeds(first, "get nodes")
    wait_until("nobody holds the address of the API", lambda: not cluster.holders())
    found = play("status")
    assert found.returncode and "etcd raises no alarm" in found.output and "NOSPACE on " in found.output
    fires(cluster, "EtcdDatabaseFull")

    refused = play("defragment", "--limit", first)
    assert refused.returncode and "no --limit here" in " ".join(refused.output.split()) and refused.changed() == 0
    assert play("defragment", "--check").succeeded().changed() >= 1
    assert percent(cluster) > 80
    fill(cluster)
    began = time.monotonic()
    play("defragment").succeeded()
    measured("E2", "from the remedy's first command to a cluster that can be written", time.monotonic() - began)
    assert cluster.writes(first)
    assert percent(cluster) < 80, "a member has kept its history"
    wait_until("the cluster is complete", cluster.is_complete)
    resolves(cluster, "EtcdDatabaseFull")
    resolves(cluster, "EtcdDatabaseNearQuota")
    green()
    assert play("defragment").succeeded().changed() == 0
