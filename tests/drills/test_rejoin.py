"""A server that lost its disk, one whose disk is full, and all servers without power: one more run mends each."""

from __future__ import annotations

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
