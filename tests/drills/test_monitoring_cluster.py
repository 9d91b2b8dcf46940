"""A site whose three servers keep their metrics together: a store away, a change of all hosts, and all stores lost."""

from __future__ import annotations

import json
import os
import time
import urllib.parse
from collections.abc import Iterator

import pytest
from alerts import fires, resolves
from backups import backed_up, begun, restore, with_storage
from cluster import Cluster, described, lab, wait_until
from playbook import play, said
from scenario import also, measured
from test_monitoring import JOBS, PROGRAMS, UNMONITORED
from turns import COUNT, Turns

STORES = ("vmstorage", "vmselect", "vminsert")
DATA = "/var/lib/victoria-metrics"
CLUSTERED = ("-e", json.dumps({"site_monitoring_mode": "cluster"}))
# The same programs by the name of a version that nobody releases.
NEWER = "v1.999.0-cluster"
CHANGED = ("-e", json.dumps({"victoria_metrics_memory_percent": 14}))
WRITE = "http://127.0.0.1:8480/insert/0/prometheus/api/v1/import/prometheus"
ASK = "http://127.0.0.1:8481/select/0/prometheus/api/v1/query?nocache=1&latency_offset=1ms&query="

pytestmark = [
    pytest.mark.skipif(
        not os.environ.get("LAB_VM_CLUSTER_DIR"),
        reason="LAB_VM_CLUSTER_DIR names no directory with vmstorage, vmselect and vminsert of VictoriaMetrics",
    ),
    pytest.mark.long,
]


@pytest.fixture(scope="module", autouse=True)
def site(cluster: Cluster) -> Iterator[None]:
    """Have the lab's site keep its metrics so, from none on, and afterwards as the lab has it."""

    def nothing() -> None:
        play("bootstrap", *UNMONITORED).succeeded()
        for host in cluster.servers:
            cluster.on(host, f"rm -rf {DATA}/*")

    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("LAB_MONITORED", "1")
        # It knows the programs from now on; the mode is asked for.
        lab("up", timeout=900)
        nothing()
        play("bootstrap", *CLUSTERED).succeeded()
        yield
        nothing()
    play("bootstrap").succeeded()


@pytest.fixture
def stored(cluster: Cluster) -> Iterator[None]:
    """Give the lab object storages, and have the site backed up in this mode; its metrics refuse another one."""
    with_storage(cluster)
    play("bootstrap", *CLUSTERED).succeeded()
    begun(cluster, *CLUSTERED)
    yield
    del os.environ["LAB_HOSTS"]


def answer(cluster: Cluster, host: str, question: str) -> int:
    """Return the value of a question to all stores, asked on a host; 0 without one, and while stores are away."""
    told = json.loads(cluster.on(host, f"curl -sS -m 10 '{ASK}{urllib.parse.quote(question)}'"))
    found = told.get("data", {}).get("result", [])
    return int(found[0]["value"][1]) if found else 0


class Numbers:
    """Samples that are counted: each has a second of its own."""

    def __init__(self, cluster: Cluster, name: str) -> None:
        self.cluster, self.name, self.begun, self.written = cluster, name, round(time.time()) - 900, 0

    def write(self, host: str, count: int) -> None:
        """Have the stores take more of them by way of a host."""
        numbers = range(self.written, self.written + count)
        lines = "".join(f"{self.name} {number} {1000 * (self.begun + number)}\n" for number in numbers)
        self.cluster.on(host, f"curl -fsS -m 10 --data-binary @- {WRITE}", stdin=lines)
        self.written += count

    def wait(self) -> None:
        """Wait until each host knows of all."""
        for host in self.cluster.servers:
            wait_until(f"{host} knows all", lambda host=host: self.count(host) == self.written, timeout=120, every=1)  # type: ignore[misc]

    def count(self, host: str) -> int:
        return answer(self.cluster, host, f"count_over_time({self.name}[1h])")


@also("M1")
def test_each_host_tells_of_all_and_a_second_run_changes_nothing(cluster: Cluster) -> None:
    every = len(cluster.servers) * len(JOBS | PROGRAMS | {"vmselect", "vminsert"})
    for host in cluster.servers:
        for unit in (*STORES, "vmstorage-links"):
            assert cluster.on(host, f"systemctl is-active {unit}.service").strip() == "active"
        wait_until(f"{host} knows all", lambda host=host: answer(cluster, host, "count(up == 1)") == every)  # type: ignore[misc]
        assert cluster.on(host, f"ls -d {DATA}/store 2>/dev/null; true").strip() == ""
    assert play("bootstrap", *CLUSTERED).succeeded().changed() == 0


@also("M1")
def test_a_store_that_is_away_is_told_and_not_missed(cluster: Cluster) -> None:
    first, second, away = cluster.servers
    numbers = Numbers(cluster, "drill_away")
    numbers.write(first, 50)
    numbers.wait()
    cluster.on(away, "systemctl stop vmstorage.service")
    try:
        for host in (first, second, away):
            numbers.write(host, 50)
        numbers.wait()
        fires(cluster, "MetricsStoreUnreached")
    finally:
        cluster.on(away, "systemctl start vmstorage.service")
    resolves(cluster, "MetricsStoreUnreached")
    numbers.write(away, 50)
    numbers.wait()


@also("M1")
def test_one_host_after_the_other_is_changed_and_no_sample_is_lost(cluster: Cluster) -> None:
    with Turns(cluster, cluster.servers[0]) as turns:
        assert play("bootstrap", *CLUSTERED, *CHANGED).succeeded().changed() > 0
        assert play("bootstrap", *CLUSTERED, *CHANGED).succeeded().changed() == 0
    for host in cluster.servers:
        wait_until(f"{host} knows all", lambda host=host: answer(cluster, host, COUNT) == turns.written)  # type: ignore[misc]
    play("bootstrap", *CLUSTERED).succeeded()


def running(cluster: Cluster) -> dict[str, str]:
    """Return the file that each host's store is run from."""
    show = "readlink /proc/$(systemctl show -P MainPID vmstorage.service)/exe"
    return {host: cluster.on(host, show).strip() for host in cluster.servers}


@also("M1")
def test_an_upgrade_brings_the_stores_to_a_version_and_never_to_an_older_one(cluster: Cluster) -> None:
    known = described().site["site_artifacts"]
    programs = {name: {**known[name], NEWER: next(iter(known[name].values()))} for name in STORES}
    wanted = {"site_victoria_metrics_version": NEWER, "site_artifacts": {**known, **programs}}
    asked = (*CLUSTERED, "-e", json.dumps(wanted))
    numbers = Numbers(cluster, "drill_upgraded")
    numbers.write(cluster.servers[0], 50)
    before = running(cluster)
    predicted = said(play("upgrade", "--check", *asked).succeeded())
    assert all(f"upgrade {name} on {host} from" in predicted for host in cluster.servers for name in STORES)
    assert running(cluster) == before
    play("upgrade", *asked).succeeded()
    assert running(cluster) == dict.fromkeys(cluster.servers, f"/opt/vmstorage/{NEWER}/vmstorage")
    numbers.write(cluster.servers[0], 50)
    numbers.wait()
    assert play("upgrade", *asked).succeeded().changed() == 0
    refused = play("upgrade", *CLUSTERED)
    assert refused.returncode != 0 and refused.changed() == 0
    assert f"vmstorage on {cluster.servers[0]}: has {NEWER}" in said(refused)
    play("bootstrap", *CLUSTERED).succeeded()
    assert running(cluster) == before
    numbers.wait()


@also("M1")
@pytest.mark.usefixtures("stored")
def test_all_shares_come_back_from_the_object_storage(cluster: Cluster) -> None:
    numbers = Numbers(cluster, "drill_shares")
    numbers.write(cluster.servers[0], 100)
    numbers.wait()
    backed_up("-e", "backup_reason=shares", *CLUSTERED)
    for host in cluster.servers:
        cluster.on(host, f"systemctl stop vmstorage.service && rm -r {DATA}/storage/*")
    for host in cluster.servers:
        cluster.on(host, "systemctl start vmstorage.service")
    assert {numbers.count(host) for host in cluster.servers} == {0}
    began = time.monotonic()
    restore(cluster, "-e", "restore_component=victoria_metrics", *CLUSTERED).succeeded()
    measured("M1", "until every store of a cluster has its share of the set", time.monotonic() - began)
    numbers.wait()
    assert play("bootstrap", *CLUSTERED).succeeded().changed() == 0
