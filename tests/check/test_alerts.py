"""Alerts, failure scenarios, metrics and the page about them are one."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(Path(__file__).parent)]

import alerts  # noqa: E402
from metric_names import BACKUPS, OWN, metrics  # noqa: E402

# What others tell, each looked at in what the program itself says at /metrics.
EXPORTERS = {
    # vmagent makes it for every target
    "up",
    # prometheus-node-exporter 1.9.0, Debian 13
    "node_filesystem_avail_bytes",
    "node_filesystem_size_bytes",
    "node_textfile_scrape_error",
    # etcd 3.5.16, Debian 13, and 3.6.7, which the lab builds
    "etcd_server_has_leader",
    "etcd_server_is_learner",
    "etcd_server_quota_backend_bytes",
    "etcd_mvcc_db_total_size_in_bytes",
    # victoria-metrics 1.112, Debian 13
    "vm_storage_is_read_only",
    "vm_free_disk_space_bytes",
    "vm_free_disk_space_limit_bytes",
    "vm_persistentqueue_bytes_dropped_total",
    "vmagent_remotewrite_packets_dropped_total",
    "vmagent_remotewrite_samples_dropped_total",
    "vmagent_remotewrite_pending_data_bytes",
    "vmalert_execution_errors_total",
    "vmalert_iteration_missed_total",
    "vmalert_alerts_send_errors_total",
    # vminsert 1.112, by which a cluster is written to
    "vm_rpc_vmstorage_is_reachable",
    # prometheus-alertmanager 0.28.1, Debian 13
    "alertmanager_notifications_failed_total",
    "alertmanager_cluster_failed_peers",
}


RULES = [rule for rules in alerts.groups().values() for rule in rules]
# Told while there is something to tell.
OF_TROUBLE = {
    "metalstack_backup_restoring",
    "metalstack_etcd_alarm",
    "metalstack_rotation_begun",
    "metalstack_run_lock_held",
    "metalstack_samples_lacking",
}
SEVERITIES = {"critical", "warning", "info", "none"}

every_rule = pytest.mark.parametrize("rule", RULES, ids=[rule["alert"] for rule in RULES])


def scenarios() -> set[str]:
    return {path.stem for path in alerts.SCENARIOS.glob("[A-Z][0-9]*.md")}


def test_the_words_of_an_expression_are_told_from_its_metrics() -> None:
    expression = (
        'time() - max by (site, a) (x_seconds{part!="y"}) > on (site) group_left 2 * increase(z_total[1d]) > 1e6'
    )
    assert metrics(expression) == {"x_seconds", "z_total"}


@every_rule
def test_an_alert_says_what_it_is_and_what_to_do(rule: dict[str, Any]) -> None:
    assert re.fullmatch(r"([A-Z][a-z]+)+", rule["alert"])
    assert set(rule["labels"]) == {"scenario", "severity"} and rule["labels"]["severity"] in SEVERITIES
    assert set(rule["annotations"]) == {"summary", "runbook"}


@every_rule
def test_an_alert_leads_to_the_page_of_its_scenario(rule: dict[str, Any]) -> None:
    scenario, runbook = rule["labels"]["scenario"], rule["annotations"]["runbook"]
    assert runbook == f"docs/failure-scenarios/{scenario}.md"
    assert (ROOT / runbook).exists()


@every_rule
def test_an_alert_uses_metrics_that_somebody_tells(rule: dict[str, Any]) -> None:
    assert sorted(metrics(rule["expr"]) - EXPORTERS - BACKUPS - OWN) == []


@every_rule
def test_an_alert_is_about_the_site_and_not_about_what_others_write(rule: dict[str, Any]) -> None:
    """A partition or another cluster may bring metrics of the same names, each with its name as C(writer)."""
    selectors = re.findall(rf"\b({'|'.join(EXPORTERS)})\b(\{{[^}}]*\}})?", re.sub(r'"[^"]*"', '""', rule["expr"]))
    assert [name for name, labels in selectors if 'writer=""' not in labels] == []


def test_names_of_metrics_are_read() -> None:
    assert "metalstack_host_info" in OWN and {"metalstack_backup_success", "metalstack_backup_copy_success"} <= BACKUPS
    assert not OWN & BACKUPS


def test_every_metric_of_others_is_used() -> None:
    assert sorted(EXPORTERS - {name for rule in RULES for name in metrics(rule["expr"])}) == []


def test_a_site_that_is_well_has_every_metric_but_those_of_trouble() -> None:
    well = yaml.safe_load((ROOT / "tests/integration/alerts/well.yml").read_text())
    used = {name for rule in RULES for name in metrics(rule["expr"])}
    assert used - {text.split()[0] for text in well} == OF_TROUBLE


def test_a_learner_is_told_of_before_k3s_removes_it() -> None:
    """After five minutes (learnerMaxStallTime), when it has told of it, and it was asked and judged."""
    (learner,) = (rule for rule in RULES if rule["alert"] == "EtcdLearnerNotPromoted")
    assert learner["for"] == "1m"


def test_names_are_used_once() -> None:
    names = [rule["alert"] for rule in RULES]
    assert sorted(names) == sorted(set(names))


def test_every_scenario_has_an_alert_or_a_reason_why_not() -> None:
    told = {rule["labels"]["scenario"] for rule in RULES}
    assert scenarios() - told == set(alerts.UNTOLD)
    assert told <= scenarios()


def waited_for() -> set[str]:
    """Alerts that drills name which wait for some to fire; that the Watchdog ends is heard outside."""
    found = {"Watchdog"}
    for path in (ROOT / "tests/drills").glob("test_*.py"):
        nodes = list(ast.walk(ast.parse(path.read_text())))
        if any(isinstance(node, ast.Call) and getattr(node.func, "id", "") == "fires" for node in nodes):
            found |= {str(node.value) for node in nodes if isinstance(node, ast.Constant)}
    return found


def test_every_alert_is_waited_for_by_a_drill_or_has_a_reason_why_not() -> None:
    assert {rule["alert"] for rule in RULES} - waited_for() == set(alerts.UNDRILLED)


def test_the_watchdog_always_barks() -> None:
    (watchdog,) = (rule for rule in RULES if rule["alert"] == "Watchdog")
    assert watchdog["expr"] == 'vector(1) unless on () absent(up{writer=""})' and "for" not in watchdog


def test_the_page_is_what_the_rules_say() -> None:
    assert alerts.main(["--check"]) == 0
