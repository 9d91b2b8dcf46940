"""What the site's own Alertmanagers tell; drills wait for it where the lab is monitored (LAB_MONITORED=1)."""

from __future__ import annotations

import json
import os
import time

import pytest
from cluster import Cluster, described, wait_until
from playbook import Run, play
from scenario import measured

from lab import settings

# Generous: it tells that nobody was told, not that somebody was told late. Some rules look back over five minutes.
BOUND = 480
# Alerts that no drill has waited for, since nobody watches.
UNWATCHED: list[str] = []
# Seconds within which what happens is to be told, and the alerts that took longer, with how long that was.
TOLD_SECONDS = 120
LATE: dict[str, float] = {}


def watch() -> None:
    """Have the site watch itself where the lab is monitored, whoever has founded it."""
    if settings.from_environment().monitored:
        cluster = described()
        if not told(cluster, cluster.servers[0]):
            play("bootstrap").succeeded()


def watched_for(drill: pytest.MonkeyPatch) -> None:
    """Have the lab monitored for one drill, where others of its file would not bear that, unless it is not to be."""
    if not os.environ.get("LAB_MONITORED"):
        drill.setenv("LAB_MONITORED", "1")


def told(cluster: Cluster, host: str) -> list[dict[str, str]]:
    """Return the labels of what the host's own Alertmanager tells; nothing where none answers."""
    answer = cluster.on(host, "curl -sS -m 5 http://127.0.0.1:9093/api/v2/alerts", check=False)
    try:
        return [one["labels"] for one in json.loads(answer)]
    except ValueError:
        return []


def names(cluster: Cluster, host: str) -> set[str]:
    return {labels["alertname"] for labels in told(cluster, host)}


def fires(cluster: Cluster, alert: str, about: str = "") -> None:
    """Wait until a server tells of it; C(about) is a value of one of its labels, such as the host."""
    if not _watched(alert):
        return
    took = wait_until(f"{alert} fires", lambda: _found(cluster, alert, about) != [], timeout=BOUND, every=1)
    if took > TOLD_SECONDS:
        LATE[alert] = max(took, LATE.get(alert, 0.0))
    for scenario in {labels["scenario"] for labels in _found(cluster, alert, about)}:
        measured(scenario, f"until the alert {alert} fires, in a lab that looks every ten seconds", took)


def resolves(cluster: Cluster, alert: str, about: str = "") -> None:
    """Wait until no server tells of it any more."""
    if not _watched(alert):
        return
    try:
        wait_until(f"{alert} is over", lambda: _found(cluster, alert, about) == [], timeout=BOUND, every=1)
    except AssertionError as late:
        raise AssertionError(f"{late}, it is still told of {_found(cluster, alert, about)}") from late


def green(*arguments: str) -> Run:
    """Return a run of the playbook status that finds nothing, once the alerts about what was mended are over."""
    begin = time.monotonic()
    run = play("status", *arguments)
    while run.returncode and settings.from_environment().monitored and time.monotonic() - begin < BOUND:
        time.sleep(5)
        run = play("status", *arguments)
    return run.succeeded()


def _watched(alert: str) -> bool:
    if not settings.from_environment().monitored:
        UNWATCHED.append(alert)
        return False
    return True


def _found(cluster: Cluster, alert: str, about: str) -> list[dict[str, str]]:
    every = (labels for host in cluster.servers for labels in told(cluster, host))
    return [labels for labels in every if labels["alertname"] == alert and about in ("", *labels.values())]
