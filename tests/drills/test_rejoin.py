"""A server that lost its disk, one whose disk is full, and all servers without power: one more run mends each."""

from __future__ import annotations

import copy
import json
from pathlib import Path

from cluster import Cluster, lab, wait_until
from playbook import play


def started(cluster: Cluster, hosts: list[str]) -> dict[str, str]:
    """Return when k3s was started last on each host, to tell a restart."""
    show = "systemctl show -p ActiveEnterTimestampMonotonic --value k3s.service"
    return {host: cluster.on(host, show).strip() for host in hosts}


def test_full_disk_stops_the_run_and_touches_no_other_server(cluster: Cluster) -> None:
    victim, others = cluster.servers[1], [cluster.servers[0], cluster.servers[2]]
    lab("wipe", victim)
    cluster.on(victim, "mkdir -p /opt/k3s && mount -t tmpfs -o size=1m tmpfs /opt/k3s")
    before = started(cluster, others)
    try:
        run = play("bootstrap")
    finally:
        cluster.on(victim, "umount /opt/k3s")
    assert run.returncode != 0
    assert "no room for k3s" in run.output and "free for /opt/k3s" in run.output, run.output[-3000:]
    assert started(cluster, others) == before


def test_a_tampered_artifact_reaches_no_host(cluster: Cluster, tmp_path: Path) -> None:
    victim = cluster.servers[1]
    artifacts = copy.deepcopy(cluster.site["site_artifacts"])
    versions = artifacts["k3s"]
    used = versions[cluster.site.get("site_k3s_version") or next(iter(versions))]
    [described] = [pins for pins in used.values() if pins.get("path")]
    tampered = tmp_path / "k3s"
    content = bytearray(Path(described["path"]).read_bytes())
    content[len(content) // 2] ^= 1
    tampered.write_bytes(content)
    described["path"] = str(tampered)
    before = started(cluster, [cluster.servers[0], cluster.servers[2]])
    run = play("bootstrap", "-e", json.dumps({"site_artifacts": artifacts}))
    assert run.returncode != 0
    assert f"{tampered} is not what was pinned" in " ".join(run.output.split()), run.output[-3000:]
    assert run.changed() == 0
    assert cluster.on(victim, "find /opt/k3s /usr/local/bin/k3s -not -type d 2>/dev/null; true").strip() == ""
    assert started(cluster, list(before)) == before


def test_wiped_servers_join_the_cluster_they_belonged_to(cluster: Cluster) -> None:
    first = cluster.servers[0]
    identities = {cluster.kubectl(cluster.servers[2], "get namespace kube-system")["metadata"]["uid"]}
    play("bootstrap").succeeded()
    lab("wipe", first)
    play("bootstrap", "-vvv", "--diff").succeeded()
    assert cluster.is_complete()
    assert cluster.identities() == identities
    assert play("bootstrap").succeeded().changed() == 0


def test_servers_that_all_lost_power_come_back_in_one_run(cluster: Cluster) -> None:
    identities = cluster.identities()
    lab("kill", *cluster.servers)
    lab("start", *cluster.servers)
    for host in cluster.servers:
        cluster.on(host, "systemctl stop k3s.service")
    play("bootstrap").succeeded()
    wait_until("all servers are voters and one holds the address", cluster.is_complete)
    assert cluster.identities() == identities
