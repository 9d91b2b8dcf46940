"""Every row of the host pass."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._site import finding, hosts
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._site.site_cases import (
    CONTROLLER,
    facts,
    site,
)

RUNNING = {
    "version": "v1.35.4+k3s1",
    "datastore": "etcd",
    "immutable": {
        "cluster-cidr": "198.18.0.0/16",
        "service-cidr": "198.19.0.0/16",
        "cluster-dns": "198.19.0.10",
        "cluster-domain": "cluster.local",
        "secrets-encryption": "true",
    },
    "token_matches": True,
    "agent_token_matches": True,
}


def running(**changed: t.Any) -> dict[str, dict[str, t.Any]]:
    """What the hosts of a running cluster say."""
    immutable = {**RUNNING["immutable"], **changed.pop("immutable", {})}  # type: ignore[dict-item]
    found = facts(k3s={**RUNNING, "immutable": immutable, **changed})
    for one in found.values():
        one["interfaces"] = {**one["interfaces"], "cni0": ["198.18.2.1/23"]}
    return found


def ids(found: dict[str, dict[str, t.Any]], strangers: dict[str, t.Any] | None = None, **changed: t.Any) -> list[str]:
    return finding.ids(hosts.check(site(**changed), found, strangers or {}, CONTROLLER))


@pytest.mark.parametrize("found", [facts(), running()], ids=["fresh hosts", "a running cluster"])
def test_good_hosts_have_no_mistake(found: dict[str, t.Any]) -> None:
    assert ids(found) == []


@pytest.mark.parametrize(
    ("row", "found", "changed"),
    [
        ("V03", facts(machine_id="cloned"), {}),
        ("V04", facts(hostname="debian"), {}),
        ("V12", facts(interfaces={"eth0": ["198.51.100.11/24"], "eth1": ["198.18.7.1/24"]}), {}),
        ("V16", facts(), {"site_interface": "eth9"}),
        ("V18", running(immutable={"cluster-cidr": "198.18.0.0/17"}), {}),
        ("V18", running(), {"site_cluster_domain": "k8s.example.org"}),
        ("V18", running(), {"site_cluster_dns": "198.19.0.53"}),
        ("V20", running(version="v1.35.5+k3s1"), {}),
        ("V20", running(version="v1.36.0+k3s1"), {}),
        ("V21", running(version="v1.33.9+k3s1"), {}),
        ("V22", facts(architecture="aarch64"), {}),
        ("V25", facts(os="ubuntu", os_version="26.04"), {}),
        ("V25", facts(os_version="11"), {}),
        ("V25", facts(cgroup=1), {}),
        ("V27", running(token_matches=False), {}),
        ("V27", running(agent_token_matches=False), {}),
        ("V31", running(immutable={"secrets-encryption": "false"}), {}),
        ("V31", running(), {"k3s_cluster_secrets_encryption": False}),
        ("V39", facts(clock_offset=-3.2), {}),
        ("V45", facts(free_bytes={"/var/lib/rancher/k3s": 1 << 20}), {}),
        ("V45", facts(memory_bytes=512 << 20), {}),
        ("V46", {name: found for name, found in facts().items() if name != "server2"}, {}),
        ("V46", {}, {}),
        ("V47", facts(default_interface=""), {}),
    ],
)
def test_a_mistake_is_found_under_its_row_alone(row: str, found: dict[str, t.Any], changed: dict[str, t.Any]) -> None:
    assert ids(found, **changed) == [row]


@pytest.mark.parametrize(
    ("address", "variable"),
    [("198.51.100.10", "site_api_vip"), ("198.51.100.200", "site_load_balancer_range")],
)
def test_a_stranger_on_an_address_of_ours_is_named(address: str, variable: str) -> None:
    seen = {"server1": {address: ["02:00:00:00:00:01"]}, "server2": {address: ["02:00:00:00:00:01"]}}
    found = hosts.check(site(), facts(), seen, CONTROLLER)
    assert [(one.id, one.variable) for one in found] == [("V10", variable)]
    assert "02:00:00:00:00:01" in found[0].value


def test_cgroup_v1_is_taken_on_request() -> None:
    assert ids(facts(cgroup=1), site_allow_cgroup_v1=True) == []


@pytest.mark.parametrize("version", ["v1.34.4+k3s1", "v1.35.4+k3s1", "v1.35.3+k3s2"])
def test_the_next_minor_version_is_taken(version: str) -> None:
    assert ids(running(version=version)) == []


def test_a_pod_range_of_a_running_cluster_is_its_own() -> None:
    assert ids(running()) == []


def test_what_many_hosts_get_wrong_is_one_row() -> None:
    found = hosts.check(site(), facts(cgroup=1), {}, CONTROLLER)
    assert [one.value for one in found] == ["server1, server2, server3: cgroup v1"]
