"""Stores that hold the samples of a site together: when, and what runs and stands between them then."""

from __future__ import annotations

import re
import typing as t

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._monitoring import access, mode
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._monitoring.plan_cases import (
    AGENT,
    ALONE,
    ARTIFACTS,
    CLUSTER,
    GOOD,
    made,
    settings,
)


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
