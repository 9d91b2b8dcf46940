"""What the role makes of its inputs: what is refused, who may do what, and that no secret is where others read it."""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.metalstack.autonomous.plugins.module_utils._monitoring import access, alerting, plan
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._monitoring.plan_cases import (
    AGENT,
    ALONE,
    CLUSTER,
    GOOD,
    WRITER,
    made,
    settings,
)

CATCH_UP = "/usr/local/libexec/victoria-metrics/catch_up.py"
NOTES = "/var/lib/victoria-metrics/catch-up"
ROLE = Path(__file__).resolve().parents[5] / "roles/victoria_metrics"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"mode": "sharded"}, "victoria_metrics_mode is 'sharded': expected one of auto, replicated, cluster"),
        ({"mode": "cluster"}, "cluster, with no artifact with a checksum for vmstorage, vmselect, vminsert"),
        ({"mode": "cluster", **CLUSTER, "servers": {"server1": "198.51.100.11"}}, "cluster, with 1 of the 3 hosts"),
        ({"mode": "cluster", **CLUSTER, "locations": {"server2": "there"}}, "hosts in the locations (none), there"),
        ({**CLUSTER, "scrape_configs": [{"job_name": "vmselect"}]}, "has the job 'vmselect'"),
        ({"servers": {}}, "victoria_metrics_servers is empty"),
        ({"host": "server9"}, "does not name server9"),
        ({"servers": {"server1": "198.51.100.11", "server2": "198.51.100.11"}}, "198.51.100.11 for several hosts"),
        ({"scrape_interval": "15"}, "victoria_metrics_scrape_interval is '15'"),
        ({"evaluation_interval": "0s"}, "victoria_metrics_evaluation_interval is '0s'"),
        ({"buffer": "much"}, "victoria_metrics_buffer is 'much'"),
        ({"retention": "90"}, "expected days, weeks or years"),
        ({"peer_password": ""}, "victoria_metrics_peer_password: expected a password"),
        ({"reader_password": "two words of it all"}, "victoria_metrics_reader_password: expected a password"),
        ({"reader_password": GOOD["peer_password"]}, "expected another one than victoria_metrics_peer_password"),
        ({"writers": {"partition-a": "short"}}, "victoria_metrics_writers.partition-a: expected a password"),
        ({"writers": {"peer": WRITER}}, "has 'peer'"),
        ({"writers": {"a/b": WRITER}}, "has 'a/b'"),
        (
            {"writers": {"a": WRITER, "b": WRITER}},
            "victoria_metrics_writers.b: expected a password that nobody else has",
        ),
        ({"receivers": [{"webhook_configs": []}]}, "a name of its own for each"),
        ({"receivers": [{"name": "deadman"}]}, "none of nobody, deadman"),
        ({"routes": [{"receiver": "mail"}]}, "victoria_metrics_routes leads to 'mail'"),
        ({"deadman_url": "example.org"}, "victoria_metrics_deadman_url: expected the URL"),
        ({"scrape_configs": [{"job_name": "node"}]}, "has the job 'node'"),
        ({"scrape_configs": [{"static_configs": []}]}, "has the job ''"),
        ({"authority": ""}, "victoria_metrics_ca_certificate"),
        ({"issued": False}, "a certificate for server1"),
        ({"certificate": "PEM"}, "both of victoria_metrics_tls_certificate"),
        ({"rules": [("watchdog.yml", ""), ("watchdog.yml", "")]}, "none of them watchdog.yml"),
        ({"rules": [("rules.txt", "")]}, "that end in .yml"),
    ],
    ids=str,
)
def test_a_mistake_is_said_and_nothing_is_made(changed: dict[str, t.Any], said: str) -> None:
    found = plan.plan(settings(**changed), json.dumps)
    assert [mistake for mistake in found["mistakes"] if said in mistake], found["mistakes"]
    assert found["units"] == {}
    secrets = [GOOD["peer_password"], WRITER, *map(str, changed.get("writers", {}).values())]
    assert not any(secret in " ".join(found["mistakes"]) for secret in secrets)


def test_all_mistakes_are_said_at_once() -> None:
    assert len(plan.plan(settings(retention="1", buffer="2x", peer_password=""), json.dumps)["mistakes"]) == 3


@pytest.mark.parametrize("changed", [{}, ALONE, AGENT, CLUSTER], ids=["three", "alone", "agent", "cluster"])
def test_no_secret_is_where_others_read_it(changed: dict[str, t.Any]) -> None:
    found = made(**changed)
    public = json.dumps([found["units"], found["files"]])
    for secret in (GOOD["peer_password"], GOOD["reader_password"], WRITER):
        assert secret not in public
    assert found["secret_files"]["/etc/victoria-metrics/peer"] == GOOD["peer_password"]


def test_what_a_host_does_without_is_taken_off_it() -> None:
    found = made(**AGENT, found_rules=["watchdog.yml", "old.yml"])
    assert [name for name, unit in found["units"].items() if unit.get("state") == "absent"] == [
        "victoria-metrics.service",
        "victoria-metrics-catch-up.service",
        "vmstorage-links.service",
        "vmstorage.service",
        "vmselect.service",
        "vminsert.service",
        "vmauth.service",
        "vmalert.service",
        "prometheus-alertmanager.service",
    ]
    gone = [path for path, file in found["files"].items() if not file["content"]]
    names = ("notifiers.yml", "mesh.yml", "vmstorage-links.cfg", "rules/watchdog.yml", "rules/old.yml", "host.pem")
    assert gone == [*(f"/etc/victoria-metrics/{name}" for name in names), CATCH_UP, NOTES]
    assert [path for path, text in found["secret_files"].items() if not text] == [
        f"/etc/victoria-metrics/{name}" for name in ("auth.yml", "alertmanager.yml", "host.pem.key")
    ]


@pytest.mark.parametrize("changed", [{}, CLUSTER], ids=["replicated", "cluster"])
def test_the_role_takes_everything_off_a_host_that_it_brought_there(changed: dict[str, t.Any]) -> None:
    tasks = yaml.safe_load((ROLE / "tasks/absent.yml").read_text())
    (absent,) = (task for task in tasks if "vars" in task)
    found = made(**changed, found_rules=[], rules=[])
    assert set(found["units"]) == set(absent["vars"]["__victoria_metrics_run"])
    # The notes are the store's.
    brought = {*found["files"], *found["secret_files"]} - {CATCH_UP, NOTES}
    files = [path.removeprefix("/etc/victoria-metrics/") for path in brought]
    gone = absent["vars"]["__victoria_metrics_written"]
    assert [name for name in files if f"'{name}'" not in gone] == [] and "/catch_up.py'" in gone


def test_a_store_asks_the_others_for_what_it_lost_when_it_was_killed() -> None:
    found = made()
    store, own = (found["units"][name] for name in ("victoria-metrics.service", "victoria-metrics-catch-up.service"))
    assert (
        f"ExecStartPre=-/usr/bin/python3 {CATCH_UP} note /var/lib/victoria-metrics/store {NOTES}\n" in store["content"]
    )
    assert NOTES not in found["files"]
    assert "https://198.51.100.12:8427 https://198.51.100.13:8427\n" in own["content"]
    assert f"{CATCH_UP} watch {NOTES} http://127.0.0.1:8428 " in own["content"]
    assert found["files"][CATCH_UP]["content"] == GOOD["catch_up"]


@pytest.mark.parametrize("changed", [ALONE, CLUSTER], ids=["alone", "cluster"])
def test_where_nobody_else_has_the_same_nobody_is_asked(changed: dict[str, t.Any]) -> None:
    found = made(**changed)
    assert found["units"]["victoria-metrics-catch-up.service"] == {"state": "absent"}
    assert found["files"][NOTES]["content"] == ""
    assert found["files"][CATCH_UP]["content"] == ""
    assert "catch_up.py" not in json.dumps(found["units"])


def test_rules_that_are_no_more_are_removed() -> None:
    files = made(found_rules=["old.yml", "watchdog.yml"])["files"]
    assert files["/etc/victoria-metrics/rules/old.yml"]["content"] == ""
    assert files["/etc/victoria-metrics/rules/watchdog.yml"] == {"content": "groups: []", "mode": "0644"}


def test_a_unit_is_restarted_by_what_it_reads_alone() -> None:
    before, after = made(), made(writers={}, rules=[("watchdog.yml", "groups: [{}]")])
    changed = {path for path, text in after["secret_files"].items() if text != before["secret_files"][path]}
    changed |= {path for path, file in after["files"].items() if file != before["files"][path]}
    restarted = [name for name, unit in after["units"].items() if changed & set(unit.get("reads", []))]
    # Alertmanager is told of another certificate by the same file as vmauth.
    assert sorted(restarted) == ["prometheus-alertmanager.service", "vmalert.service", "vmauth.service"]


def test_every_agent_writes_to_every_store_in_the_same_order() -> None:
    def stores(**changed: t.Any) -> list[str]:
        return re.findall(r"-remoteWrite\.url=(\S+)", made(**changed)["units"]["vmagent.service"]["content"])

    remote = [f"https://198.51.100.1{number}:8427/api/v1/write" for number in (1, 2, 3)]
    assert stores(**AGENT) == remote
    assert stores(host="server2") == [remote[0], "http://127.0.0.1:8428/api/v1/write", remote[2]]


def test_an_older_agent_is_given_no_argument_that_it_does_not_know() -> None:
    unit = made(**AGENT, version="1.79.5+ds1-2+b5")["units"]["vmagent.service"]["content"]
    assert "retryMaxTime" not in unit
    assert "-remoteWrite.retryMaxTime=10s" in made()["units"]["vmagent.service"]["content"]


def test_a_reader_is_led_on_and_a_peer_is_not() -> None:
    users = {user["username"]: user for user in access.config(settings(host="server2"))["users"]}
    (read,) = users["reader"]["url_map"]
    assert read["url_prefix"] == ["http://127.0.0.1:8428", "https://198.51.100.13:8427", "https://198.51.100.11:8427"]
    assert read["load_balancing_policy"] == "first_available"
    assert {str(way["url_prefix"]) for way in users["peer"]["url_map"]} == {
        "http://127.0.0.1:8428",
        "http://127.0.0.1:9093",
    }


@pytest.mark.parametrize(
    ("path", "may"),
    [
        ("/api/v1/query", True),
        ("/prometheus/api/v1/label/job/values", True),
        ("/api/v1/status/tsdb", True),
        ("/vmui/", True),
        ("/api/v1/write", False),
        ("/api/v1/import", False),
        ("/api/v1/admin/tsdb/delete_series", False),
        ("/api/v1/label/../admin/tsdb/delete_series", False),
        ("/snapshot/create", False),
        ("/-/reload", False),
        ("/vmalert/-/reload", False),
        ("/internal/resetRollupResultCache", False),
    ],
)
def test_a_reader_changes_nothing(path: str, may: bool) -> None:
    assert any(re.fullmatch(allowed, path) for allowed in access.READ) == may


def test_everybody_is_told_everything_but_that_all_is_well() -> None:
    config = alerting.config(settings(receivers=[{"name": "duty"}, {"name": "mail"}]))
    watchdog, *others = config["route"]["routes"]
    assert watchdog == {"matchers": ['alertname="Watchdog"'], "receiver": "nobody"}
    assert others == [{"receiver": "duty", "continue": True}, {"receiver": "mail", "continue": True}]
    own = [{"receiver": "duty", "matchers": ["severity=critical"]}]
    assert alerting.config(settings(receivers=[{"name": "duty"}], routes=own))["route"]["routes"][1:] == own


def test_the_deadman_is_told_all_the_time() -> None:
    config = alerting.config(settings(deadman_url="https://deadman.example.net/x", deadman_interval="30s"))
    assert config["route"]["routes"][0]["repeat_interval"] == "30s"
    assert config["receivers"][1]["webhook_configs"] == [
        {"url": "https://deadman.example.net/x", "send_resolved": False}
    ]


def test_a_host_alone_has_no_mesh() -> None:
    found = made(**ALONE)
    assert found["files"]["/etc/victoria-metrics/mesh.yml"]["content"] == ""
    assert re.search(r"--cluster\.listen-address=$", found["units"]["prometheus-alertmanager.service"]["content"], re.M)
    assert len(alerting.notifiers(settings(**ALONE))["static_configs"]) == 1


def test_addresses_of_either_family_are_written_as_a_url_has_them() -> None:
    servers = {"server1": "2001:db8::11", "server2": "2001:db8::12"}
    units = made(servers=servers)["units"]
    assert "-httpListenAddr=[2001:db8::11]:8427" in units["vmauth.service"]["content"]
    assert "-remoteWrite.url=https://[2001:db8::12]:8427/api/v1/write" in units["vmagent.service"]["content"]
    assert "--cluster.peer=[2001:db8::12]:9094" in units["prometheus-alertmanager.service"]["content"]


def test_what_root_alone_reads_is_copied_anew_every_day() -> None:
    unit = made(copies={"etcd.key": "/srv/etcd.key"})["units"]["vmagent.service"]["content"]
    line = "ExecStartPre=+-/usr/bin/install --owner=_victoria-metrics --mode=0400 /srv/etcd.key /run/vmagent/etcd.key"
    assert line in unit and "RuntimeMaxSec=1d" in unit
    assert "RuntimeMaxSec" not in made()["units"]["vmagent.service"]["content"]


def test_a_percentage_is_no_specifier_of_systemd() -> None:
    unit = made(external_url="https://metrics.example.org/%d/$x")["units"]["vmalert.service"]["content"]
    assert "-external.url=https://metrics.example.org/%%d/$$x" in unit


def test_the_watchdog_fires_as_long_as_there_are_samples_to_judge() -> None:
    (group,) = yaml.safe_load((ROLE / "files/rules/watchdog.yml").read_text())["groups"]
    (rule,) = group["rules"]
    assert (rule["alert"], rule["expr"]) == (alerting.WATCHDOG, 'vector(1) unless on () absent(up{writer=""})')


@pytest.mark.parametrize(("interval", "counts"), [("5s", "60s"), ("15s", "60s"), ("1m", "240s")])
def test_what_a_lost_host_has_told_last_does_not_count_for_minutes(interval: str, counts: str) -> None:
    unit = made(scrape_interval=interval)["units"]["vmalert.service"]["content"]
    assert f" -datasource.queryStep={counts} " in unit
