"""From one minor version to the next while the cluster is in use, and killed half-way."""

from __future__ import annotations

import json
import os
import re
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alerts import fires, resolves, watched_for
from api_load import LABEL, Load
from cluster import Cluster, lab, wait_until
from elsewhere import controller
from failover import credentials
from playbook import play, said, start
from probe import Probe
from scenario import also, measured, scenario
from test_lock import LOCK
from versions import lab_version, minor_before

NEW = lab_version()
OLD = minor_before(NEW)
AT_OLD = ("-e", json.dumps({"site_k3s_version": OLD}))
NO_BACKUP = ("-e", "upgrade_without_backup=true")


@pytest.fixture(scope="module", autouse=True)
def alone(cluster: Cluster) -> Iterator[None]:
    """Leave out what other drills have added to the lab: a site without backups is what is founded here."""
    os.environ["LAB_HOSTS"] = ",".join(cluster.servers)
    yield
    del os.environ["LAB_HOSTS"]


@pytest.fixture(scope="module", autouse=True)
def older_version_at_hand() -> None:
    """Build the older version, or find it built or given."""
    if not OLD:
        pytest.skip(f"there is no k3s of the minor version before {NEW}: put one into the directory of LAB_K3S_DIR")
    lab("k3s", OLD, timeout=3000)


@pytest.fixture
def told(task: str, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """Return the alerts that are waited for where a task was not done everywhere, by a site that is watched."""
    if task != "Switch to the version":
        return ()
    watched_for(monkeypatch)
    return "VersionsDiffer", "UpgradeHalfWay"


@pytest.fixture
def older(cluster: Cluster) -> None:
    """Found the cluster anew with the older version."""
    lab("wipe", *cluster.servers)
    play("bootstrap", *AT_OLD).succeeded()
    assert set(versions(cluster).values()) == {OLD}


def versions(cluster: Cluster) -> dict[str, str]:
    nodes = cluster.kubectl(cluster.servers[0], "get nodes")["items"]
    return {node["metadata"]["name"]: node["status"]["nodeInfo"]["kubeletVersion"] for node in nodes}


def closed(cluster: Cluster) -> list[str]:
    nodes = cluster.kubectl(cluster.servers[0], "get nodes")["items"]
    return [node["metadata"]["name"] for node in nodes if node["spec"].get("unschedulable")]


def second(task: str) -> Callable[[dict[str, object]], bool]:
    """Wait for the second time that a task begins: the second server's turn."""
    begun = set()

    def reached(record: dict[str, object]) -> bool:
        if str(record.get("task")).endswith(task):
            begun.add(record["time"])
        return len(begun) > 1

    return reached


def test_three_servers_are_upgraded_while_the_api_is_in_use(
    cluster: Cluster, older: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tls = credentials(cluster, tmp_path_factory.mktemp("tls"))
    predicted = play("upgrade", "--check", *NO_BACKUP).succeeded()
    order = re.findall(r"upgrade (\w+) from", predicted.output)
    assert sorted(order) == cluster.servers
    assert set(versions(cluster).values()) == {OLD}
    refused = play("upgrade")
    assert refused.returncode != 0 and "upgrade_without_backup=true" in refused.output, refused.output[-3000:]
    assert set(versions(cluster).values()) == {OLD}
    with Load(cluster.vip, tls) as load, Probe(cluster.vip, 6443, tls) as probe:
        wait_until("the API at the address", lambda: probe.answering)
        begin = time.monotonic()
        run = play("upgrade", *NO_BACKUP).succeeded()
        took = time.monotonic() - begin
    measured("upgrade", "three servers to the next minor version", took)
    measured("upgrade", "longest silence of the API's address", probe.gap)
    assert re.findall(r"upgrade (\w+) from", run.output) == order
    assert set(versions(cluster).values()) == {NEW}
    assert closed(cluster) == []
    assert cluster.is_complete()
    print(f"{load.result['asked']} requests, {len(load.result['retried'])} retried: {load.result['retried']}")
    assert load.result["failed"] == []
    kept = cluster.on(
        cluster.servers[0], f"k3s kubectl get configmaps -l {LABEL} -o name --chunk-size=0", timeout=120
    ).split()
    lost = set(load.result["written"]) - {name.partition("/")[2] for name in kept}
    assert len(load.result["written"]) > 100 and lost == set()
    collection = f"/api/v1/namespaces/default/configmaps?labelSelector={LABEL.replace('=', '%3D')}"
    cluster.on(cluster.servers[0], f"k3s kubectl delete --raw '{collection}'", timeout=120)
    again = time.monotonic()
    assert play("upgrade").succeeded().changed() == 0
    measured("upgrade", "again, with nothing to do", time.monotonic() - again)
    assert play("bootstrap").succeeded().changed() == 0


@scenario(
    id="U1",
    title="An upgrade is killed half-way, with the machine that ran it",
    initial_cluster="servers of two versions, which may stay so for long; one may be stopped, or closed for pods",
    target_cluster="none",
    end_users="none",
    detection="the playbook `status` tells the versions; `bootstrap` refuses to go on in its place",
    remedy="run `upgrade` again, from anywhere: it goes on where it was. The lock of a run on another machine is taken"
    " over with `-e site_lock_takeover=true`",
)
@pytest.mark.parametrize(
    "task",
    ["Have others take its pods", "Switch to the version", "Start k3s and wait until the server takes part"],
)
def test_an_upgrade_that_was_killed_is_gone_on_with(
    cluster: Cluster, told: tuple[str, ...], older: None, tmp_path: Path, task: str
) -> None:
    run = start("upgrade", tmp_path, *NO_BACKUP)
    try:
        run.wait_for(second(task))
    finally:
        run.kill()
    assert set(versions(cluster).values()) == {OLD, NEW}
    for alert in told:
        fires(cluster, alert)
    refused = play("bootstrap")
    assert refused.returncode != 0
    begin = time.monotonic()
    play("upgrade", *NO_BACKUP).succeeded()
    measured("U1", "the same command again, with one server of three done", time.monotonic() - begin)
    for alert in told:
        resolves(cluster, alert)
    assert set(versions(cluster).values()) == {NEW}
    assert closed(cluster) == []
    assert cluster.is_complete()
    assert play("upgrade").succeeded().changed() == 0


@also("U1")
def test_an_upgrade_is_gone_on_with_from_elsewhere(cluster: Cluster, older: None, tmp_path: Path) -> None:
    """Its runner lived on the server whose turn it was, and is lost with it."""
    order = re.findall(r"upgrade (\w+) from", said(play("upgrade", "--check", *NO_BACKUP).succeeded()))
    run = start("upgrade", tmp_path, *NO_BACKUP)
    try:
        run.wait_for(second("Switch to the version"))
    finally:
        run.kill()
        lab("kill", order[1])
    lab("start", order[1])
    wait_until("all servers are back", cluster.is_complete, timeout=300)

    other = controller(tmp_path / "elsewhere")
    refused = other.play("upgrade", *NO_BACKUP)
    # However it was wrapped.
    told = "".join(refused.output.split())
    owner = rf"isheldbyplaybooks/upgrade\.ymlof\w+oncontroller{re.escape(socket.gethostname())}\(process\d+,since"
    assert refused.returncode and refused.changed() == 0
    assert re.search(owner + r"[^,]+,(lessthanaminute|\d+min)\)", told), refused.output[-3000:]
    assert "-esite_lock_takeover=true" in told

    begin = time.monotonic()
    other.play("upgrade", *NO_BACKUP, "-e", "site_lock_takeover=true").succeeded()
    measured("U1", "from the command on another machine to three servers of the new version", time.monotonic() - begin)
    assert set(versions(cluster).values()) == {NEW}
    assert closed(cluster) == []
    assert cluster.is_complete()
    assert {cluster.on(host, f"cat {LOCK} 2>/dev/null", check=False) for host in cluster.servers} == {""}
    assert other.play("upgrade").succeeded().changed() == 0
