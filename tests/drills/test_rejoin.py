"""A server that lost its disk, one whose disk is full, and all servers without power: one more run mends each."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from alerts import fires, resolves
from cluster import Cluster, lab, wait_until
from playbook import play
from scenario import measured, scenario

DATABASE = "/var/lib/rancher/k3s/server/db/etcd/member/snap/db"


def started(cluster: Cluster, hosts: list[str]) -> dict[str, str]:
    """Return when k3s was started last on each host, to tell a restart."""
    show = "systemctl show -p ActiveEnterTimestampMonotonic --value k3s.service"
    return {host: cluster.on(host, show).strip() for host in hosts}


@pytest.mark.long
class TestAServerThatCannotBeTakenIn:
    """It is wiped; in the end it is taken in."""

    @pytest.fixture(scope="class")
    def victim(self, cluster: Cluster) -> Iterator[str]:
        """Return a server with an empty disk."""
        host = cluster.servers[1]
        lab("wipe", host)
        yield host
        play("bootstrap").succeeded()

    def test_full_disk_stops_the_run_and_touches_no_other_server(self, cluster: Cluster, victim: str) -> None:
        others = [cluster.servers[0], cluster.servers[2]]
        cluster.on(victim, "mkdir -p /opt/k3s && mount -t tmpfs -o size=1m tmpfs /opt/k3s")
        before = started(cluster, others)
        try:
            run = play("bootstrap")
        finally:
            cluster.on(victim, "umount /opt/k3s")
        assert run.returncode != 0
        assert "no room for k3s" in run.output and "free for /opt/k3s" in run.output, run.output[-3000:]
        assert started(cluster, others) == before

    def test_a_tampered_artifact_reaches_no_host(self, cluster: Cluster, victim: str, tmp_path: Path) -> None:
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


@pytest.mark.long
def test_wiped_servers_join_the_cluster_they_belonged_to(cluster: Cluster) -> None:
    first = cluster.servers[0]
    identities = {cluster.kubectl(cluster.servers[2], "get namespace kube-system")["metadata"]["uid"]}
    play("bootstrap").succeeded()
    lab("wipe", first)
    # It was the primary of the DNS, too. Without its zones it is none, and another one takes its place meanwhile.
    refused = play("bootstrap")
    assert refused.returncode and f"{first} has no zones, while" in refused.output
    play("promote_dns", "-e", f"promote_dns_to={cluster.servers[1]}").succeeded()
    play("bootstrap", "-e", f"site_dns_primary={cluster.servers[1]}", "-vvv", "--diff").succeeded()
    assert cluster.is_complete()
    assert cluster.identities() == identities
    play("promote_dns", "-e", f"promote_dns_to={first}", "-e", "promote_dns_handover=true").succeeded()
    assert play("bootstrap").succeeded().changed() == 0


@scenario(
    id="E1",
    title="The database of one member of etcd is damaged",
    initial_cluster="none while the other two live; a second loss would cost the quorum",
    target_cluster="none",
    end_users="none",
    detection="k3s.service of that server ends again and again; the playbook `status`: the server is no voter, the gate"
    " is red",
    remedy="run the playbook `restore` with `restore_mode: single` and `restore_server`: it keeps the damaged data"
    " aside and has the server enter anew",
)
@pytest.mark.long
def test_a_member_with_a_damaged_database_enters_anew(cluster: Cluster) -> None:
    """E1: the other two take writes meanwhile, and it has them all in the end."""
    victim, others = cluster.servers[2], cluster.servers[:2]
    identities = cluster.identities()
    cluster.on(victim, "systemctl stop k3s.service", timeout=120)
    cluster.on(victim, f"dd if=/dev/urandom of={DATABASE} bs=1M count=1 conv=notrunc status=none")
    cluster.on(victim, "systemctl start --no-block k3s.service")
    restarts = "systemctl show -p NRestarts --value k3s.service"
    wait_until("it ends again and again", lambda: int(cluster.on(victim, restarts)) > 1, timeout=120)
    for host in others:
        cluster.on(host, f"k3s kubectl --request-timeout=10s create configmap written-by-{host} -n default")
    found = play("status")
    assert found.returncode and "gate: red" in found.output
    fires(cluster, "EtcdMemberDown", victim)
    single = ("-e", f"restore_confirm={cluster.site['site_name']}", "-e", "restore_mode=single", "-e")
    refused = play("restore", *single, f"restore_server={others[0]}")
    assert refused.returncode and refused.changed() == 0
    assert play("restore", *single, f"restore_server={victim}", "--check").succeeded().changed()
    assert cluster.on(victim, f"ls {DATABASE}")
    began = time.monotonic()
    restored = play("restore", *single, f"restore_server={victim}").succeeded()
    assert "before-reset/left-" in restored.output
    measured("E1", "from the remedy's first command to three voters", time.monotonic() - began)
    assert cluster.is_complete() and cluster.identities() == identities
    for host in others:
        assert cluster.kubectl(victim, f"get configmap written-by-{host} -n default")
        cluster.on(host, f"k3s kubectl delete configmap written-by-{host} -n default")
    assert "before-reset" not in cluster.on(victim, "ls /var/lib/rancher/k3s/server")
    resolves(cluster, "EtcdMemberDown")
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
