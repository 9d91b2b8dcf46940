"""What the role makes of its inputs: what is refused, who may do what, and that no secret is where others read it."""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.metalstack.autonomous.plugins.module_utils._monitoring import (
    access,
    alerting,
    mode,
    plan,
    scrape,
)

ROLE = Path(__file__).resolve().parents[5] / "roles/victoria_metrics"
WRITER = "password-of-a-partition"
GOOD: dict[str, t.Any] = {
    "host": "server1",
    "site": "example",
    "mode": "auto",
    "accept_mode_change": False,
    "locations": {},
    "artifacts": {},
    "programs": "/opt",
    "found": {},
    "serves": True,
    "version": "1.112.0+ds1-2",
    "servers": {"server1": "198.51.100.11", "server2": "198.51.100.12", "server3": "198.51.100.13"},
    "port": 8427,
    "mesh_port": 9094,
    "insert_port": 8400,
    "select_port": 8401,
    "local": "127.0.0.1",
    "directory": "/etc/victoria-metrics",
    "credentials": "/run/credentials",
    "state": "/var/lib",
    "scrape_interval": "15s",
    "evaluation_interval": "15s",
    "retention": "90d",
    "min_free_disk": "2GiB",
    "buffer": "1GiB",
    "memory_percent": 15,
    "external_url": "",
    "scrape_configs": [],
    "copies": {},
    "rules": [("watchdog.yml", "groups: []")],
    "found_rules": [],
    "writers": {"partition-a": WRITER},
    "peer_password": "password-of-the-peers",
    "reader_password": "password-of-readers",
    "receivers": [],
    "routes": [],
    "deadman_url": "",
    "deadman_interval": "1m",
    "authority": "PEM",
    "issued": True,
    "certificate": "",
    "key": "",
    "fingerprint": "f00",
}
ALONE = {"servers": {"server1": "198.51.100.11"}}
ARTIFACTS = {
    name: {"version": "v1.112.0-cluster", "archs": {"amd64": {"sha256": "0" * 64}, "arm64": {"sha256": ""}}}
    for name in mode.PROGRAMS
}
CLUSTER = {"artifacts": ARTIFACTS}
AGENT = {"host": "agent1", "serves": False, "reader_password": "", "issued": False}


def settings(**changed: t.Any) -> t.Any:
    return {**GOOD, **changed}


def made(**changed: t.Any) -> dict[str, t.Any]:
    found = plan.plan(settings(**changed), json.dumps)
    assert found["mistakes"] == []
    return found


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
    assert gone == [f"/etc/victoria-metrics/{name}" for name in names]
    assert [path for path, text in found["secret_files"].items() if not text] == [
        f"/etc/victoria-metrics/{name}" for name in ("auth.yml", "alertmanager.yml", "host.pem.key")
    ]


@pytest.mark.parametrize("changed", [{}, CLUSTER], ids=["replicated", "cluster"])
def test_the_role_takes_everything_off_a_host_that_it_brought_there(changed: dict[str, t.Any]) -> None:
    tasks = yaml.safe_load((ROLE / "tasks/absent.yml").read_text())
    (absent,) = (task for task in tasks if "vars" in task)
    found = made(**changed, found_rules=[], rules=[])
    assert set(found["units"]) == set(absent["vars"]["__victoria_metrics_run"])
    files = [path.removeprefix("/etc/victoria-metrics/") for path in (*found["files"], *found["secret_files"])]
    assert [name for name in files if f"'{name}'" not in absent["vars"]["__victoria_metrics_written"]] == []


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


def test_what_there_is_decides_between_the_modes() -> None:
    assert made()["mode"] == made(**ALONE)["mode"] == "replicated"
    assert made(**CLUSTER)["mode"] == made(**CLUSTER, mode="cluster")["mode"] == "cluster"
    for changed in (ALONE, {"mode": "replicated"}, {"locations": {"server1": "here", "server2": "there"}}):
        assert made(**{**CLUSTER, **changed})["mode"] == "replicated"
    unpinned = {**ARTIFACTS, "vmselect": {**ARTIFACTS["vmselect"], "archs": {"amd64": {"sha256": ""}}}}
    assert made(artifacts=unpinned)["mode"] == "replicated"


DATA, UNIT = "data", "units"
REPLICATED = {DATA: ["replicated"], UNIT: ["replicated"]}
CLUSTERED = {DATA: ["cluster"], UNIT: ["cluster"]}
NEW: dict[str, list[str]] = {DATA: [], UNIT: []}


@pytest.mark.parametrize(
    ("found", "changed", "told"),
    [
        ({"server1": NEW}, {}, ""),
        ({"server1": REPLICATED, "server2": NEW}, {}, ""),
        ({"server1": CLUSTERED}, CLUSTER, ""),
        # One that never had samples leaves none behind.
        ({"server1": {DATA: [], UNIT: ["replicated"]}}, CLUSTER, ""),
        ({"server1": NEW, "server2": REPLICATED}, CLUSTER, "server2 (replicated)"),
        ({"server1": CLUSTERED}, {}, "server1 (cluster)"),
        # Changed on request before: what runs is what counts.
        ({"server1": {DATA: ["replicated", "cluster"], UNIT: ["cluster"]}}, CLUSTER, ""),
        ({"server1": {DATA: ["replicated", "cluster"], UNIT: ["cluster"]}}, {}, "server1 (cluster)"),
        ({"server1": {DATA: ["replicated", "cluster"], UNIT: []}}, CLUSTER, "server1 (replicated and cluster)"),
        # Cut off between the two.
        ({"server1": {DATA: ["replicated"], UNIT: ["replicated", "cluster"]}}, CLUSTER, "server1 (replicated)"),
    ],
    ids=str,
)
def test_no_samples_are_left_behind_unasked(found: dict[str, t.Any], changed: dict[str, t.Any], told: str) -> None:
    lost = made(found=found, **changed)["lost"]
    assert told in lost and bool(lost) == bool(told)
    assert made(found=found, **changed, accept_mode_change=True)["lost"] == ""


def test_a_cluster_is_written_to_at_home_and_by_others_at_two_places() -> None:
    def stores(**changed: t.Any) -> list[str]:
        return re.findall(r"-remoteWrite\.url=(\S+)", made(**CLUSTER, **changed)["units"]["vmagent.service"]["content"])

    assert stores() == ["http://127.0.0.1:8480/insert/0/prometheus/api/v1/write"]
    agents = [stores(**{**AGENT, "host": f"agent{number}"}) for number in range(1, 9)]
    assert {len(set(found)) for found in agents} == {2}
    assert len({url for found in agents for url in found}) == 3


def test_every_host_of_a_cluster_knows_all_stores_by_the_same_names() -> None:
    def nodes(host: str, unit: str) -> list[str]:
        return re.findall(r"-storageNode=(\S+)", made(**CLUSTER, host=host)["units"][unit]["content"])

    for unit, port in (("vminsert.service", 28400), ("vmselect.service", 28500)):
        wanted = ",".join(f"127.0.0.1:{port + number}" for number in (1, 2, 3))
        assert [nodes(host, unit) for host in GOOD["servers"]] == [[wanted]] * 3


def test_two_copies_are_kept_and_counted_once() -> None:
    units = made(**CLUSTER)["units"]
    said = {name: units[f"{name}.service"]["content"] for name in mode.PROGRAMS}
    assert "-replicationFactor=2 " in said["vminsert"] and "-replicationFactor=2 " in said["vmselect"]
    assert "-dedup.minScrapeInterval=1ms" in said["vmstorage"] and "-dedup.minScrapeInterval=1ms" in said["vmselect"]
    assert "-search.denyPartialResponse" in said["vmselect"] and "dropSamplesOnOverload" not in said["vminsert"]
    assert "-storage.minFreeDiskSpaceBytes=2GiB" in said["vmstorage"]
    assert "ExecStart=/opt/vminsert/v1.112.0-cluster/vminsert " in said["vminsert"]


def test_the_programs_of_a_cluster_stop_in_the_order_in_which_they_need_each_other() -> None:
    units = made(**CLUSTER)["units"]
    after = {name: re.search(r"^After=(.*)$", unit.get("content", ""), re.M) for name, unit in units.items()}
    told = {name: found[1].split()[1:] for name, found in after.items() if found and "vmstorage-links" in found[1]}
    assert told == {
        "vmstorage.service": ["vmstorage-links.service"],
        "vmselect.service": ["vmstorage-links.service", "vmstorage.service"],
        "vminsert.service": ["vmstorage-links.service", "vmstorage.service", "vmselect.service"],
    }


@pytest.mark.parametrize("address", ["198.51.100.1{}", "2001:db8::1{}"])
def test_a_cluster_is_on_the_network_by_tls_and_with_certificates_alone(address: str) -> None:
    servers = {f"server{number}": address.format(number) for number in (1, 2, 3)}
    found = made(**CLUSTER, servers=servers)
    config = found["files"]["/etc/victoria-metrics/vmstorage-links.cfg"]["content"]
    own = address.format(1)
    on_network = [line for line in config.splitlines() if " bind " in line and "127.0.0.1" not in line]
    assert [line.split()[1] for line in on_network] == [
        f"{own if '.' in own else f'[{own}]'}:{p}" for p in (8400, 8401)
    ]
    outwards = [line for line in config.splitlines() if line.startswith("    server ") and " 127.0.0.1:" not in line]
    assert len(outwards) == 4
    for line in (*on_network, *outwards):
        assert " ssl " in line and "verify required" in line and "ca-file /etc/victoria-metrics/ca.crt" in line
    for name in mode.PROGRAMS:
        places = re.findall(
            r"-(?:httpListen|vminsert|vmselect)Addr=(\S+?):", found["units"][f"{name}.service"]["content"]
        )
        assert places and set(places) == {"127.0.0.1"}


def test_who_may_ask_a_cluster_may_ask_the_same() -> None:
    users = {user["username"]: user for user in access.config({**settings(**CLUSTER), "mode": "cluster"})["users"]}
    ways = [(one["src_paths"], one["url_prefix"]) for one in users["reader"]["url_map"]]
    assert [path for paths, _prefix in ways for path in paths] == list(access.READ)
    assert [prefix[0] for _paths, prefix in ways] == [
        "http://127.0.0.1:8481/select/0/prometheus",
        "http://127.0.0.1:8481/select/0",
    ]
    peer = {path: one["url_prefix"] for one in users["peer"]["url_map"] for path in one["src_paths"]}
    assert peer["/api/v1/write"] == "http://127.0.0.1:8480/insert/0/prometheus"
    assert peer["/health"] == "http://127.0.0.1:8482"


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


def test_every_series_tells_whose_it_is() -> None:
    jobs = [
        {"job_name": "etcd", "static_configs": [{"targets": ["127.0.0.1:2381"], "labels": {"ring": "a"}}]},
        {"job_name": "switch", "static_configs": [{"targets": ["192.0.2.1:9100"], "labels": {"instance": "leaf1"}}]},
        {"job_name": "found", "dns_sd_configs": [{"names": ["x"]}]},
    ]
    config = scrape.config(settings(scrape_configs=jobs))
    assert config["global"]["external_labels"] == {"site": "example"}
    found = {job["job_name"]: job for job in config["scrape_configs"]}
    assert list(found)[:6] == ["node", "vmagent", "victoria_metrics", "vmauth", "vmalert", "alertmanager"]
    labels = {name: job["static_configs"][0].get("labels") for name, job in found.items() if "static_configs" in job}
    assert labels["node"] == {"instance": "server1"}
    assert labels["etcd"] == {"instance": "server1", "ring": "a"}
    assert labels["switch"] == {"instance": "leaf1"}
    assert found["found"] == jobs[2]


@pytest.mark.parametrize(("interval", "timeout"), [("15s", "10000ms"), ("1s", "1000ms"), ("500ms", "500ms")])
def test_a_scrape_ends_before_the_next(interval: str, timeout: str) -> None:
    assert scrape.config(settings(scrape_interval=interval))["global"]["scrape_timeout"] == timeout


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
    assert (rule["alert"], rule["expr"]) == (alerting.WATCHDOG, "vector(1) unless on () absent(up)")


@pytest.mark.parametrize(("interval", "counts"), [("5s", "60s"), ("15s", "60s"), ("1m", "240s")])
def test_what_a_lost_host_has_told_last_does_not_count_for_minutes(interval: str, counts: str) -> None:
    unit = made(scrape_interval=interval)["units"]["vmalert.service"]["content"]
    assert f" -datasource.queryStep={counts} " in unit


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 7])
@pytest.mark.parametrize("servers", [["server1"], ["server1", "server2", "server3"]])
def test_every_agents_kubelet_is_asked_by_one_server(count: int, servers: list[str]) -> None:
    agents = {f"agent{number}": f"198.51.100.{30 + number}" for number in range(count)}
    asked = [scrape.kubelets(agents, servers, server) for server in servers]
    assert max(map(len, asked)) - min(map(len, asked)) <= 1
    found = {one["labels"]["instance"]: one["targets"] for listed in asked for one in listed}
    assert sum(map(len, asked)) == len(agents)
    assert found == {name: [f"{address}:10250"] for name, address in agents.items()}


def test_an_agent_keeps_its_name_beside_the_server_that_asks() -> None:
    targets = scrape.kubelets({"agent1": "2001:db8::1"}, ["server1"], "server1")
    job = {"job_name": "kubelet", "static_configs": [{"targets": ["127.0.0.1:10250"]}, *targets]}
    (found,) = [
        one for one in scrape.config(settings(scrape_configs=[job]))["scrape_configs"] if one["job_name"] == "kubelet"
    ]
    assert found["static_configs"] == [
        {"targets": ["127.0.0.1:10250"], "labels": {"instance": "server1"}},
        {"targets": ["[2001:db8::1]:10250"], "labels": {"instance": "agent1"}},
    ]


def test_who_is_no_server_asks_no_kubelet() -> None:
    with pytest.raises(ValueError, match="agent1 is none of the servers"):
        scrape.kubelets({}, ["server1"], "agent1")
