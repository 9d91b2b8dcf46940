"""Dashboards ask for metrics that there are, of the one data source, and lie where there is room."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(Path(__file__).parent))

from metric_names import BACKUPS, OWN, metrics  # noqa: E402

DASHBOARDS = sorted((ROOT / "roles/grafana/files/dashboards").glob("*.json"))
# What others tell, as tests/integration/victoria_metrics sees it told.
PROGRAMS = {
    # vmagent makes it for every target, vmalert writes what it found
    "up",
    "ALERTS",
    # any program of Go's
    "process_resident_memory_bytes",
    # prometheus-node-exporter
    "node_cpu_seconds_total",
    "node_filesystem_avail_bytes",
    "node_filesystem_size_bytes",
    "node_memory_MemAvailable_bytes",
    "node_memory_MemTotal_bytes",
    # victoria-metrics
    "vm_cache_entries",
    "vm_data_size_bytes",
    "vm_free_disk_space_bytes",
    "vm_free_disk_space_limit_bytes",
    "vm_rows_inserted_total",
    "vmagent_remotewrite_packets_dropped_total",
    "vmagent_remotewrite_pending_data_bytes",
    "vmagent_remotewrite_samples_dropped_total",
    "vmalert_execution_errors_total",
    "vmalert_iteration_missed_total",
    # prometheus-alertmanager
    "alertmanager_notifications_failed_total",
    "alertmanager_notifications_total",
}
# What does not run beside these tests, each looked at in what the program itself says at /metrics, or in its source.
ELSEWHERE = {
    # etcd 3.6, which the lab builds
    "etcd_disk_wal_fsync_duration_seconds_bucket",
    "etcd_mvcc_db_total_size_in_bytes",
    "etcd_server_quota_backend_bytes",
    # kube-apiserver 1.35, k8s.io/apiserver/pkg/endpoints/metrics
    "apiserver_request_duration_seconds_bucket",
    "apiserver_request_total",
    # pdns 4.9.17, Debian 13
    "pdns_auth_servfail_packets",
    "pdns_auth_tcp_queries",
    "pdns_auth_udp_queries",
}

every_dashboard = pytest.mark.parametrize("path", DASHBOARDS, ids=[path.stem for path in DASHBOARDS])


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def targets(board: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Every question of a dashboard, with the title of its panel."""
    return [(panel["title"], target) for panel in board["panels"] for target in panel["targets"]]


USED = {name for path in DASHBOARDS for _title, target in targets(read(path)) for name in metrics(target["expr"])}


@every_dashboard
def test_a_dashboard_uses_metrics_that_somebody_tells(path: Path) -> None:
    for title, target in targets(read(path)):
        used = metrics(target["expr"])
        assert used, title
        assert sorted(used - PROGRAMS - ELSEWHERE - BACKUPS - OWN) == [], title


def test_every_metric_of_others_is_shown() -> None:
    assert sorted((PROGRAMS | ELSEWHERE) - USED) == []


@every_dashboard
def test_what_writers_bring_is_not_shown_as_the_site(path: Path) -> None:
    """A partition or another cluster may write metrics of the same names."""
    for title, target in targets(read(path)):
        if metrics(target["expr"]) & (PROGRAMS | ELSEWHERE) and "pdns_auth" not in target["expr"]:
            assert 'writer=""' in target["expr"], title


@every_dashboard
def test_a_dashboard_is_found_by_its_name_and_needs_no_more_than_its_data_source(path: Path) -> None:
    board = read(path)
    assert board["uid"] == path.stem and board["title"] and "id" not in board
    # No variable of Grafana's: each question is what the tests have asked.
    assert "$" not in path.read_text()
    assert all(panel["datasource"] == {"type": "prometheus", "uid": "metrics"} for panel in board["panels"])
    titles = [panel["title"] for panel in board["panels"]]
    assert sorted(titles) == sorted(set(titles))
    assert [panel["id"] for panel in board["panels"]] == list(range(1, len(titles) + 1))


@every_dashboard
def test_panels_fill_their_rows_and_lie_on_no_other(path: Path) -> None:
    taken: dict[tuple[int, int], str] = {}
    for panel in read(path)["panels"]:
        place = panel["gridPos"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert taken.setdefault((x, y), panel["title"]) == panel["title"]
    height = max(y for _x, y in taken) + 1
    assert set(taken) == {(x, y) for x in range(24) for y in range(height)}


def test_the_files_are_those_that_the_role_names() -> None:
    assert {path.stem for path in DASHBOARDS} == {"site", "backups", "dns-and-time", "monitoring"}
    home = re.search(r"/etc/dashboards/(\S+)\.json", (ROOT / "roles/grafana/templates/objects.yaml.j2").read_text())
    assert home and home[1] in {path.stem for path in DASHBOARDS}
