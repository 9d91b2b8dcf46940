"""What goes wrong with monitoring itself, which those that are left tell until it is mended; and a change of it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from alerts import fires, resolves
from cluster import Cluster, wait_until
from deadman import Receiver
from playbook import play
from scenario import also
from test_monitoring import STORE, ask
from turns import COUNT, Turns

from lab import topology

STORE_UNIT = "victoria-metrics.service"
TOLD = "/var/lib/prometheus/node-exporter"
STATE = "metalstack-metrics@state"
# Nobody listens there.
NOBODY = ("-e", json.dumps({"site_monitoring_deadman_url": Receiver.url, "victoria_metrics_deadman_interval": "10s"}))
CHANGED = ("-e", json.dumps({"victoria_metrics_memory_percent": 14}))
ASKING, MISSED = "drill-asking.service", "/run/drill-missed"
STOPPED = f"systemctl stop {STORE_UNIT} prometheus-alertmanager.service"
# It refuses what it does not know, and who is refused brings it to nobody again.
MISLED = "sed -i 's#/api/v1/write#/api/v1/wrote#' /etc/victoria-metrics/auth.yml && systemctl restart vmauth.service"
BROKEN = f"echo '{{' >{TOLD}/drill.prom"
LAST_RUN = r"s/^\(metalstack_metrics_last_run_timestamp_seconds{.*}\) .*/\1 1700000000/"
STALE = f"systemctl stop {STATE}.timer {STATE}.service && sed -i '{LAST_RUN}' {TOLD}/metalstack_metrics_state.prom"
# A disk that has less than a store is to leave of it, before anything is on it.
SMALL = (
    f"systemctl stop {STORE_UNIT} && mv {STORE} {STORE}.aside && mkdir {STORE}"
    f" && mount -t tmpfs -o size=1g tmpfs {STORE} && cp -a {STORE}.aside/. {STORE} && chown --reference={STORE}.aside"
    f" {STORE} && systemctl start {STORE_UNIT}"
)
LARGE = f"systemctl stop {STORE_UNIT}; umount {STORE} && rmdir {STORE} && mv {STORE}.aside {STORE}"

pytestmark = pytest.mark.long


@pytest.fixture(scope="module", autouse=True)
def impatient() -> Iterator[None]:
    """Have the lab's site monitored impatiently, and afterwards as the lab has it."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("LAB_MONITORED", "1")
        play("bootstrap").succeeded()
        yield
    play("bootstrap").succeeded()


def alike(cluster: Cluster, since: float) -> None:
    """Wait until every store has as many samples of that time as the others."""
    end = round(time.time())
    # Of one moment, whenever it is asked.
    question = f'count_over_time(up{{job="node",instance="{cluster.servers[1]}"}}[{end - round(since)}s]) @ {end}'

    def counts() -> set[str]:
        return {one["value"][1] for host in cluster.servers for one in ask(cluster, host, question)}

    wait_until("every store has all", lambda: len(counts()) == 1, timeout=180, every=2)


@also("M1")
def test_each_program_that_fails_is_told_by_those_that_are_left(cluster: Cluster) -> None:
    _first, other, victim = cluster.servers
    told = {
        "MonitoringDown": victim,
        "RulesFail": victim,
        "AlertmanagersApart": other,
        "SamplesDropped": other,
        "MetricsIncomplete": other,
        "MetricsStale": other,
        "NotificationsFail": "",
    }
    play("bootstrap", *NOBODY).succeeded()
    try:
        for host, trouble in ((victim, STOPPED), (victim, MISLED), (other, BROKEN), (other, STALE)):
            cluster.on(host, trouble)
        for alert, about in told.items():
            fires(cluster, alert, about)
    finally:
        cluster.on(other, f"rm -f {TOLD}/drill.prom")
        play("bootstrap").succeeded()
    for alert, about in told.items():
        resolves(cluster, alert, about)
    assert play("bootstrap").succeeded().changed() == 0


@also("M1")
def test_a_store_whose_disk_is_full_is_told_and_has_all_in_the_end(cluster: Cluster) -> None:
    victim, began = cluster.servers[2], time.time()
    cluster.on(victim, SMALL)
    try:
        fires(cluster, "MetricsStoreFull", victim)
    finally:
        cluster.on(victim, LARGE)
        cluster.on(victim, f"systemctl start {STORE_UNIT}")
    resolves(cluster, "MetricsStoreFull", victim)
    alike(cluster, began)


def active(cluster: Cluster, host: str, alert: str) -> str:
    """Return since when the host's own rules find it, to the second; empty while it does not fire."""
    found = json.loads(cluster.on(host, "curl -sS -m 10 http://127.0.0.1:8880/api/v1/alerts"))["data"]["alerts"]
    return next((one["activeAt"][:19] for one in found if (one["name"], one["state"]) == (alert, "firing")), "")


@also("M1")
def test_a_store_that_was_killed_is_told_until_the_others_have_brought_what_it_lost(cluster: Cluster) -> None:
    """One that could bring it is away. What fires goes on to fire as the same when its judge begins anew."""
    killed, away, judge = cluster.servers
    began, alert = time.time(), "SamplesNotCaughtUp"
    cluster.on(away, f"systemctl stop {STORE_UNIT}")
    try:
        cluster.on(killed, f"systemctl kill --signal=KILL {STORE_UNIT}")
        fires(cluster, alert, killed)
        wait_until("this host finds it", lambda: active(cluster, judge, alert) != "")
        since = active(cluster, judge, alert)
        cluster.on(judge, "systemctl restart vmalert.service")
        wait_until("it fires again", lambda: active(cluster, judge, alert) != "")
        assert active(cluster, judge, alert) == since
    finally:
        cluster.on(away, f"systemctl start {STORE_UNIT}")
    resolves(cluster, alert, killed)
    alike(cluster, began)


def asking(*others: str) -> str:
    """Return what has a host ask two others, one of which answers at any time; each time that none did is a line."""
    first, second = (
        f"curl -fsS -m 20 -o /dev/null --cacert /etc/victoria-metrics/ca.crt -K /run/drill-reader"
        f" https://{topology.host(other).address}:8427/api/v1/query?query=up"
        for other in others
    )
    return (
        f"rm -f {MISSED}; touch {MISSED}; systemd-run --quiet --unit={ASKING} bash -c"
        f" 'while sleep 1; do {first} || {second} || date >>{MISSED}; done'"
    )


def turned(cluster: Cluster, host: str) -> list[str]:
    return [one["value"][1] for one in ask(cluster, host, COUNT)]


@also("M1")
def test_one_host_after_the_other_is_changed_and_none_of_it_is_missed(cluster: Cluster) -> None:
    first, second, third = cluster.servers
    reader = f'user = "reader:{cluster.site["site_monitoring_reader_password"]}"\n'
    cluster.on(third, "umask 077; cat >/run/drill-reader", stdin=reader)
    cluster.on(third, asking(first, second))
    try:
        with Turns(cluster, first) as turns:
            assert play("bootstrap", *CHANGED).succeeded().changed() > 0
            assert play("bootstrap", *CHANGED).succeeded().changed() == 0
    finally:
        cluster.on(third, f"systemctl stop {ASKING}; rm /run/drill-reader")
    assert cluster.on(third, f"cat {MISSED}") == ""
    for host in cluster.servers:
        wait_until("it knows all", lambda host=host: turned(cluster, host) == [str(turns.written)])  # type: ignore[misc]
    play("bootstrap").succeeded()
