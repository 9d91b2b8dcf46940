"""N5: the majority of the servers is lost, and one still has its data: one run makes a cluster of three out of them."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from alerts import fires, resolves
from backups import canary, names, record, restore, zone
from cluster import RESETS, Cluster, lab, wait_until
from names import ask
from playbook import Run, play, start
from scenario import measured, scenario

from lab import topology

ASIDE = "/var/lib/rancher/k3s/server/before-reset"


@pytest.fixture(autouse=True)
def complete(cluster: Cluster, request: pytest.FixtureRequest) -> None:
    """Begin with a cluster of three, as each of these drills leaves it unless it fails."""
    if request.session.testsfailed or not cluster.is_complete():
        play("bootstrap").succeeded()
    wait_until("the cluster is complete", cluster.is_complete)


def survive(cluster: Cluster, *arguments: str) -> Run:
    return restore(cluster, "-e", "restore_mode=survivor", *arguments)


def refused(run: Run, words: str) -> None:
    """Fail unless the run was refused in these words, with nothing changed."""
    assert run.returncode != 0
    assert words in " ".join(run.output.split()), run.output[-3000:]
    assert run.changed() == 0


def kept(cluster: Cluster, name: str) -> None:
    """Write an object and read it through the first server, which has it then."""
    canary(cluster, name)
    assert name in names(cluster)


def whole(cluster: Cluster, identities: set[str]) -> None:
    """Fail unless the same cluster has three voters, whose nodes are ready, and no leavings."""
    wait_until("the cluster is complete", cluster.is_complete)
    assert cluster.identities() == identities
    # An agent may be there, too.
    servers = cluster.kubectl(cluster.servers[0], "get nodes -l node-role.kubernetes.io/etcd=true")["items"]
    assert sorted(node["metadata"]["name"] for node in servers) == cluster.servers
    for node in servers:
        ready = {each["type"]: each["status"] for each in node["status"]["conditions"]}
        assert (ready["Ready"], ready["EtcdIsVoter"]) == ("True", "True"), node["metadata"]["name"]
    for host in cluster.servers:
        assert cluster.on(host, "systemctl is-enabled k3s.service").strip() == "enabled"
        assert "gone" in cluster.on(host, f"test -e {ASIDE} || echo gone")
    assert play("bootstrap").succeeded().changed() == 0


def test_a_cluster_that_lives_is_not_taken_apart(cluster: Cluster) -> None:
    show = "systemctl show -p ActiveEnterTimestampMonotonic --value k3s.service"
    before = [cluster.on(host, show) for host in cluster.servers]
    refused(play("restore", "-e", "restore_mode=survivor"), "what only they have is lost. Nothing was changed")
    refused(survive(cluster), "the quorum is not lost")
    refused(survive(cluster, "-e", f"restore_survivor={cluster.servers[1]}"), "the quorum is not lost")
    refused(restore(cluster, "-e", "restore_mode=other"), "restore_mode is other")
    assert [cluster.on(host, show) for host in cluster.servers] == before


def test_two_servers_without_power_that_get_it_back_need_nobody(cluster: Cluster) -> None:
    """What N5 is not: their disks are there, and they come back by themselves."""
    identities, lost = cluster.identities(), cluster.servers[1:]
    kept(cluster, "powered")
    lab("kill", *lost)
    wait_until("nothing is written any more", lambda: not cluster.writes(cluster.servers[0]))
    lab("start", *lost)
    wait_until("the cluster is complete", cluster.is_complete)
    wait_until("it takes writes", lambda: cluster.writes(cluster.servers[0]))
    assert "powered" in names(cluster)
    whole(cluster, identities)


@scenario(
    id="N5",
    title="The quorum of etcd is lost: the majority of the servers is gone, disks and all, and one still has its data",
    initial_cluster="nothing can be written, the virtual address is gone; pods on the survivor run on",
    target_cluster="runs on; nothing heals or is rescheduled there, nothing new can be made",
    end_users="none; the DNS of the survivor goes on answering",
    detection="`etcd_server_has_leader` is 0; `etcd has a quorum` does not hold in the playbook `status`",
    remedy="start the lost servers if their disks are whole, which is all it takes; else install them anew and run the"
    " playbook `restore` with `restore_mode: survivor`. If the lost ones had the primary of the DNS, the playbook"
    " `promote_dns` comes first",
)
def test_two_servers_are_lost_and_the_third_goes_on(cluster: Cluster) -> None:
    """N5: no object storage; nothing that the survivor had is lost. It is the primary of the DNS, too."""
    first, lost = cluster.servers[0], cluster.servers[1:]
    identities = cluster.identities()
    kubeconfig = cluster.on(first, "cat /etc/rancher/k3s/k3s.yaml")
    zone(cluster, first, "PATCH", record("outlived", "192.0.2.55"))
    kept(cluster, "earlier")
    kept(cluster, "last")
    lab("kill", *lost)
    wait_until("the API is not ready", lambda: not cluster.succeeds(first, "get --raw=/readyz"))
    assert not cluster.writes(first) and not cluster.holders()
    name = {"name": "outlived.shoot.lab.example", "rtype": "A"}
    assert ask("records", server=str(topology.host(first).address), **name) == ["192.0.2.55"]
    began = time.monotonic()
    told = play("status")
    measured("N5", "until the playbook status has told", time.monotonic() - began)
    assert told.returncode and "etcd has a quorum" in told.output, told.output[-4000:]
    # Without a leader k3s ends and starts again.
    metrics = "curl -s http://127.0.0.1:2381/metrics; true"
    wait_until("etcd has no leader", lambda: "etcd_server_has_leader 0" in cluster.on(first, metrics))
    fires(cluster, "EtcdQuorumLost", first)
    refused(survive(cluster), "no answer")
    lab("wipe", *lost)

    looked = survive(cluster, "--check").succeeded()
    assert f"{first} goes on with its data" in " ".join(looked.output.split())
    assert cluster.on(first, f"test -e {ASIDE} || echo nothing").strip() == "nothing"
    began = time.monotonic()
    run = survive(cluster).succeeded()
    measured("N5", "three servers again, from two new hosts and the survivor's data", time.monotonic() - began)
    assert f"Kept until the cluster is complete again: {ASIDE}/copy-" in " ".join(run.output.split())
    assert {"earlier", "last"} <= names(cluster)
    assert "192.0.2.55" in zone(cluster, first, "GET")
    cluster.on(first, "cat > /run/old-kubeconfig", stdin=kubeconfig)
    cluster.on(first, "k3s kubectl --kubeconfig /run/old-kubeconfig get nodes; rm /run/old-kubeconfig")
    resolves(cluster, "EtcdQuorumLost")
    whole(cluster, identities)


def test_servers_that_return_with_old_disks_enter_anew(cluster: Cluster) -> None:
    """Three servers have data, of different age; which one goes on is for somebody to say."""
    first, second, third = cluster.servers
    identities = cluster.identities()
    kept(cluster, "older")
    # So that they come back with their data, and wait.
    for host in (second, third):
        cluster.on(host, "systemctl disable k3s.service && sync")
    lab("kill", third)
    wait_until("the two take writes", lambda: cluster.writes(first))
    kept(cluster, "newer")
    lab("kill", second)
    lab("start", second, third)
    wait_until("the API is not ready", lambda: not cluster.succeeds(first, "get --raw=/readyz"))

    refused(survive(cluster), "3 servers have data")
    survive(cluster, "-e", f"restore_survivor={first}").succeeded()
    assert {"older", "newer"} <= names(cluster)
    whole(cluster, identities)


def test_a_run_that_was_killed_and_a_cut_of_the_power_lose_nothing(cluster: Cluster, tmp_path: Path) -> None:
    """Killed when k3s begins its reset, then the survivor's power goes at that moment; the same command goes on."""
    first, lost = cluster.servers[0], cluster.servers[1:]
    identities = cluster.identities()
    kept(cluster, "through-it-all")
    lab("kill", *lost)
    lab("wipe", *lost)
    confirm = ("-e", f"restore_confirm={cluster.site['site_name']}", "-e", "restore_mode=survivor")
    for name in ("run", "power"):
        directory = tmp_path / name
        directory.mkdir()
        interrupted = start("restore", directory, *confirm)
        try:
            wait_until(
                "the membership is being reset",
                lambda: bool(cluster.on(first, RESETS, check=False).strip()),
                timeout=300,
                every=0.1,
            )
            if name == "run":
                cluster.on(first, f"kill -9 $({RESETS}); true")
            else:
                lab("kill", first)
        finally:
            interrupted.kill()
        copies = cluster.on(first, f"ls -d {ASIDE}/copy-*").split() if name == "run" else []
        assert len(copies) == (name == "run")
    lab("start", first)
    survive(cluster).succeeded()
    assert "through-it-all" in names(cluster)
    whole(cluster, identities)
