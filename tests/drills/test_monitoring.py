"""A site that watches itself: silent while it is well, told of a lost server by those that are left."""

from __future__ import annotations

import json
import os
import time
import urllib.parse
from collections.abc import Iterator
from typing import Any

import pytest
from alerts import names, told
from cluster import Cluster, lab, wait_until
from deadman import ALARM, OTHER, Receiver
from playbook import play, said
from scenario import also, measured, scenario

MONITORED = ("-e", json.dumps({"site_monitoring": True}))
# Nobody keeps copies of a lab's secrets.
UNCONFIRMED = {"BackupPasswordNotEscrowed", "SecretNotEscrowed"}
JOBS = {"alertmanager", "apiserver", "etcd", "kube_vip", "kubelet", "node", "powerdns"}
UNGUARDED = {"8428", "8429", "8880", "9093", "9100"}
PROGRAMS = {"victoria_metrics", "vmagent", "vmalert", "vmauth"}
UNITS = (
    *("victoria-metrics.service", "vmagent.service", "vmalert.service", "vmauth.service"),
    *("prometheus-alertmanager.service", "prometheus-node-exporter.service"),
)
AGENT = "agent1"
# How often the receiver outside is told in a drill, and for how long it bears nothing: told every second time at worst,
# and once later, as when an Alertmanager takes another one's turn.
TOLD_SECONDS, BOUND_SECONDS = 10, 60
UNMONITORED = ("-e", json.dumps({"site_monitoring": False}))
STORE = "/var/lib/victoria-metrics/store"
# Programs and configuration of ours, and nothing of what was measured.
LEFT = (
    "ls -d /etc/victoria-metrics /etc/metalstack/metrics.json /usr/local/bin/metalstack-metrics 2>/dev/null;"
    " systemctl list-units --plain --no-legend 'vm*.service' 'victoria-*' 'prometheus-*' 'metalstack-metrics@*'"
)


@pytest.fixture(scope="module", autouse=True)
def site(cluster: Cluster) -> Iterator[None]:
    """Have the lab's site monitored with the patience of a site, and afterwards as the lab has it."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("LAB_MONITORED", "0")
        play("bootstrap", *MONITORED).succeeded()
        yield
    play("bootstrap").succeeded()


def ask(cluster: Cluster, host: str, question: str) -> list[dict[str, Any]]:
    """Return what the host's own store answers."""
    url = f"http://127.0.0.1:8428/api/v1/query?nocache=1&query={urllib.parse.quote(question)}"
    found: list[dict[str, Any]] = json.loads(cluster.on(host, f"curl -sS -m 10 '{url}'"))["data"]["result"]
    return found


def alerts(cluster: Cluster, host: str) -> set[tuple[str, str]]:
    """Return the alerts that the host's own Alertmanager tells, with the host that they are about."""
    return {(labels["alertname"], labels.get("instance", "")) for labels in told(cluster, host)}


def pending(cluster: Cluster, host: str) -> set[str]:
    """Return what fires, or would after a while, by the host's own rules."""
    found = json.loads(cluster.on(host, "curl -sS -m 10 http://127.0.0.1:8880/api/v1/alerts"))["data"]["alerts"]
    return {one["name"] for one in found} - UNCONFIRMED


@pytest.mark.long
def test_a_site_that_is_well_is_silent_and_a_second_run_changes_nothing(cluster: Cluster) -> None:
    assert play("bootstrap", *MONITORED).succeeded().changed() == 0
    every = len(cluster.servers) * len(JOBS | PROGRAMS)
    for host in cluster.servers:
        wait_until(f"{host} knows all", lambda host=host: len(ask(cluster, host, "up == 1")) == every, timeout=90)  # type: ignore[misc]
        jobs = {one["metric"]["job"] for one in ask(cluster, host, "up == 1")}
        assert jobs == JOBS | PROGRAMS
        known = {one["metric"]["instance"] for one in ask(cluster, host, "metalstack_site_host_info")}
        assert known == set(cluster.servers)
        assert names(cluster, host) == {"Watchdog"}
        # Nor is there anything that would be one if it went on, once rules no longer look back at what a run did to a
        # machine of two processors.
        pause = 0.0
        while (waiting := pending(cluster, host)) != {"Watchdog"}:
            assert pause < 420, f"{host} goes on to tell of {sorted(waiting)}"
            time.sleep(5)
            pause += 5
    # What knows no users listens on loopback alone.
    listening = [line.rpartition(":") for line in cluster.on(cluster.servers[0], "ss -Hltn | awk '{print $4}'").split()]
    assert {address for address, _colon, port in listening if port in UNGUARDED} == {"127.0.0.1"}


@also("N1")
@pytest.mark.long
def test_a_lost_server_is_told_by_the_others_until_it_is_back(cluster: Cluster) -> None:
    lost, *others = reversed(cluster.servers)
    lab("kill", lost)
    begin = time.monotonic()
    try:
        for host in others:
            wait_until("it is told", lambda host=host: ("HostDown", lost) in alerts(cluster, host), timeout=180)  # type: ignore[misc]
        measured("N1", "until the alert HostDown fires", time.monotonic() - begin)
        [alert] = [
            one
            for one in json.loads(cluster.on(others[0], "curl -sS http://127.0.0.1:9093/api/v2/alerts"))
            if one["labels"]["alertname"] == "HostDown"
        ]
        assert alert["labels"]["scenario"] == "N1" and alert["annotations"]["runbook"].endswith("N1.md")
        # What is known of the others goes on to be known.
        assert len(ask(cluster, others[0], f'up{{instance="{others[1]}"}} == 1')) == len(JOBS | PROGRAMS)
    finally:
        lab("start", lost)
    begin = time.monotonic()
    for host in (*others, lost):
        wait_until("nothing is told any more", lambda host=host: names(cluster, host) == {"Watchdog"}, timeout=420)  # type: ignore[misc]
    measured("N1", "until no alert fires any more", time.monotonic() - begin)
    # Those that were left have kept for it what it has missed.
    question = f'count_over_time(up{{job="node",instance="{others[0]}"}}[2m])'
    counts = {float(ask(cluster, host, question)[0]["value"][1]) for host in cluster.servers}
    assert max(counts) - min(counts) <= 2, counts
    assert cluster.is_complete()


def watched_by(outside: Receiver) -> tuple[str, str]:
    """Return the arguments that have the site tell a receiver outside that it is watched."""
    inputs = {
        "site_monitoring": True,
        "site_monitoring_deadman_url": outside.url,
        "victoria_metrics_deadman_interval": f"{TOLD_SECONDS}s",
    }
    return "-e", json.dumps(inputs)


def running(cluster: Cluster, host: str) -> set[str]:
    """Return the units of monitoring that run on the host, but for timers."""
    shown = cluster.on(host, f"systemctl list-units --plain --no-legend --state=running {' '.join(UNITS)}")
    return {line.split()[0] for line in shown.splitlines()}


@scenario(
    id="M1",
    title="Monitoring itself is gone",
    initial_cluster="none, but nobody is told of what happens to it",
    target_cluster="none",
    end_users="none",
    detection="the receiver outside of the site (`site_monitoring_deadman_url`) hears the alert Watchdog no more and"
    " raises the alarm: nobody else can tell that all servers are gone, too; the playbook `status` is red, and"
    " calls the alerts unknown",
    remedy="the playbook `status` looks at the hosts without any monitoring: where it is red for another reason, follow"
    " that first; where a program fails again and again, `systemctl --failed` and its journal on that host say why"
    " (`journalctl -u metalstack-metrics@state` for what the host tells of itself); the playbook `bootstrap` brings"
    " back what should run, and what vmagent has measured meanwhile gets to the stores by itself",
)
@pytest.mark.long
def test_a_receiver_outside_hears_when_nobody_watches_any_more(cluster: Cluster) -> None:
    with Receiver(BOUND_SECONDS) as outside:
        watched = watched_by(outside)
        try:
            play("bootstrap", *watched).succeeded()
            configured = time.time()
            wait_until("it hears", lambda: outside.heard_since(configured) >= 3, timeout=2 * BOUND_SECONDS)
            # For longer than it would bear to hear nothing.
            time.sleep(BOUND_SECONDS + TOLD_SECONDS)
            assert outside.times(ALARM) == [] and outside.heard_since(configured) >= 5
            begin = time.time()
            for host in cluster.servers:
                cluster.on(host, f"systemctl stop {' '.join(UNITS)}")
            stopped = time.time()
            wait_until("it raises the alarm", lambda: bool(outside.times(ALARM)), timeout=2 * BOUND_SECONDS)
            measured("M1", "until the receiver outside raises the alarm", outside.times(ALARM)[0] - begin)
            # One message may have been on its way.
            assert outside.heard_since(stopped + 2) == 0
            assert {frozenset(running(cluster, host)) for host in cluster.servers} == {frozenset()}
            seen = play("status", *watched)
            assert seen.returncode
            assert "alerts: unknown" in seen.output and "vmalert answers" in seen.output
            begin = time.time()
            assert play("bootstrap", *watched).succeeded().changed() > 0
            measured("M1", "until the playbook bootstrap has brought monitoring back", time.time() - begin)
            wait_until("it hears again", lambda: outside.heard_since(begin) >= 3, timeout=2 * BOUND_SECONDS)
            assert len(outside.times(ALARM)) == 1
            # It is told of the Watchdog alone.
            assert outside.times(OTHER) == []
            for host in cluster.servers:
                wait_until("nothing is told", lambda host=host: names(cluster, host) == {"Watchdog"}, timeout=420)  # type: ignore[misc]
            assert "alerts: none" in play("status", *watched).output
            assert play("bootstrap", *watched).succeeded().changed() == 0
        finally:
            play("bootstrap", *MONITORED).succeeded()


@also("N6")
@pytest.mark.long
def test_a_receiver_outside_hears_when_all_servers_are_gone(cluster: Cluster) -> None:
    """N6: who would tell of it is lost, too."""
    with Receiver(BOUND_SECONDS) as outside:
        try:
            play("bootstrap", *watched_by(outside)).succeeded()
            configured = time.time()
            wait_until("it hears", lambda: outside.heard_since(configured) >= 3, timeout=2 * BOUND_SECONDS)
            lab("kill", *cluster.servers)
            begin = time.time()
            wait_until("it raises the alarm", lambda: bool(outside.times(ALARM)), timeout=2 * BOUND_SECONDS)
            measured("N6", "until the receiver outside raises the alarm", outside.times(ALARM)[0] - begin)
        finally:
            lab("start", *cluster.servers)
        begin = time.time()
        wait_until("the cluster is complete", cluster.is_complete, timeout=300)
        wait_until("it hears again", lambda: outside.heard_since(begin) >= 3, timeout=300)
    play("bootstrap", *MONITORED).succeeded()


@pytest.fixture
def agent(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Give the site an agent for a while; nothing of the site is left on its host."""
    every = os.environ.get("LAB_HOSTS") or ",".join(cluster.servers)
    with monkeypatch.context() as environment:
        environment.setenv("LAB_HOSTS", f"{every},{AGENT}")
        lab("up", "--no-artifacts", timeout=900)
        play("bootstrap", *MONITORED).succeeded()
        yield AGENT
        confirmed = f"reset_confirm={cluster.site['site_name']}"
        play("reset", "--limit", AGENT, *MONITORED, "-e", confirmed).succeeded()
        assert cluster.on(AGENT, LEFT, check=False).strip() == ""
        cluster.on(cluster.servers[0], f"k3s kubectl delete node {AGENT} --ignore-not-found --wait=false")
    # The others expect it no more.
    play("bootstrap", *MONITORED).succeeded()


@also("N1")
@pytest.mark.long
def test_an_agent_is_measured_and_missed_as_a_server_is(cluster: Cluster, agent: str) -> None:
    for host in cluster.servers:
        own = f'up{{instance="{agent}"}} == 1'
        wait_until(f"{host} knows all", lambda host=host, own=own: len(ask(cluster, host, own)) == 3, timeout=120)  # type: ignore[misc]
        assert {one["metric"]["job"] for one in ask(cluster, host, own)} == {"node", "vmagent", "kubelet"}
        assert len(ask(cluster, host, 'up{job="kubelet"} == 1')) == len(cluster.servers) + 1
        assert ask(cluster, host, f'kubelet_running_pods{{instance="{agent}"}}')
    lab("kill", agent)
    try:
        for host in cluster.servers:
            wait_until("it is told", lambda host=host: ("HostDown", agent) in alerts(cluster, host), timeout=180)  # type: ignore[misc]
    finally:
        lab("start", agent)
    for host in cluster.servers:
        wait_until("nothing is told any more", lambda host=host: names(cluster, host) == {"Watchdog"}, timeout=420)  # type: ignore[misc]


@pytest.mark.long
def test_a_host_that_keeps_no_samples_any_more_is_measured_on(cluster: Cluster) -> None:
    *others, former = cluster.servers
    fewer = ("-e", json.dumps({"site_monitoring": True, "monitoring_servers": others}))
    try:
        assert f"{former} keeps {STORE}" in said(play("bootstrap", *fewer).succeeded())
        assert running(cluster, former) == {"vmagent.service", "prometheus-node-exporter.service"}
        assert play("bootstrap", *fewer).succeeded().changed() == 0
        question = f'up{{instance="{former}",job=~"node|vmagent"}} == 1'
        for host in others:
            wait_until(f"{host} knows it", lambda host=host: len(ask(cluster, host, question)) == 2, timeout=90)  # type: ignore[misc]
        begin = cluster.on(former, "date +%s").strip()
    finally:
        play("bootstrap", *MONITORED).succeeded()
    assert running(cluster, former) == set(UNITS)
    # What it has kept is there again, of a time when it told nobody.
    before = f'count_over_time(up{{job="victoria_metrics",instance="{former}"}}[1h] offset {{}}s)'
    seconds = int(cluster.on(former, "date +%s")) - int(begin)
    assert ask(cluster, former, before.format(seconds))


@pytest.mark.long
def test_monitoring_that_is_switched_off_is_gone_but_for_what_it_has_measured(cluster: Cluster) -> None:
    output = said(play("bootstrap", *UNMONITORED).succeeded())
    for host in cluster.servers:
        assert f"{host} keeps {STORE}" in output
        assert cluster.on(host, LEFT, check=False).strip() == ""
        assert cluster.on(host, f"find {STORE}/data -type f | head -n1").strip()
    assert play("bootstrap", *UNMONITORED).succeeded().changed() == 0
    # Nor does any of it come back when the host starts.
    enabled = f"systemctl is-enabled {' '.join(UNITS)} | grep -cx enabled"
    assert {cluster.on(host, enabled, check=False).strip() for host in cluster.servers} == {"0"}
