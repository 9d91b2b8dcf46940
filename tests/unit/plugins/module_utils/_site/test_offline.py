"""Every row of the offline pass: a good site yields nothing, a spoilt one exactly its row."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._site import finding, offline
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._site.site_cases import (
    CONTROLLER,
    SHARED,
    servers,
    site,
)

GOOD = {
    "three servers": site(),
    "one server without a VIP": site(servers("server1"), site_api_vip=None),
    "one server with the VIP it will have one day": site(servers("server1")),
    "five servers in three locations": site(
        {
            name: {**own, "site_location": place}
            for (name, own), place in zip(servers("a", "b", "c", "d", "e").items(), "xxyyz", strict=True)
        },
        site_api_vip="198.51.100.100",
    ),
    "stretched on request": site(
        {
            name: {**own, "site_location": place}
            for (name, own), place in zip(servers("a", "b", "c").items(), "xxy", strict=True)
        },
        site_allow_stretched=True,
    ),
    "agents": site(agents={"agent1": {"ansible_host": "198.51.100.31"}}),
    "hosts with interfaces of their own": site(
        {name: {**own, "site_interface": f"en{name}"} for name, own in servers("a", "b", "c").items()}
    ),
    "an own load balancer instead of the VIP": site(site_api_vip=None, site_api_name="api.example.org"),
    "cluster DNS": site(site_cluster_dns="198.19.0.10"),
    "no service addresses, hence no cloud provider": site(site_load_balancer_range=None),
    "services announced by BGP": site(kube_vip_mode="bgp", site_load_balancer_range="203.0.113.0/28"),
    "a takeover asked for on the command line": site(site_lock_takeover="true"),
    "no host but a variable of a role": site(k3s_cluster_max_pods=256),
}

TWO_SITES = {
    name: {**own, "site_location": place}
    for (name, own), place in zip(servers("a", "b", "c").items(), "xxy", strict=True)
}
MAJORITY_IN_ONE = {
    name: {**own, "site_location": place}
    for (name, own), place in zip(servers("a", "b", "c", "d", "e").items(), "xxxyz", strict=True)
}

BAD = [
    ("V01", "no servers", site({})),
    ("V02", "two servers", site(servers("server1", "server2"))),
    ("V02", "four servers", site(servers("a", "b", "c", "d"))),
    ("V03", "one address twice", site({**servers("a", "b"), "c": {"ansible_host": "198.51.100.11"}})),
    ("V04", "names that become one node", site({**servers("a", "b", "c", k3s_cluster_node_name="node")})),
    ("V05", "an underscore", site(servers("server_1", "b", "c"))),
    ("V05", "upper case", site(servers("Server1", "b", "c"))),
    ("V06", "server and agent", site(agents={"server1": {"ansible_host": "198.51.100.11"}})),
    ("V07", "two locations", site(TWO_SITES)),
    ("V07", "three locations, one with the majority", site(MAJORITY_IN_ONE, site_api_vip="198.51.100.100")),
    ("V08", "VIP of a server", site(site_api_vip="198.51.100.11")),
    ("V08", "VIP of an agent", site(agents={"a": {"ansible_host": "198.51.100.31"}}, site_api_vip="198.51.100.31")),
    ("V09", "VIP elsewhere", site(site_api_vip="203.0.113.10")),
    ("V09", "VIP is the broadcast address", site(site_api_vip="198.51.100.255")),
    ("V11", "pods over services", site(site_service_cidr="198.18.0.0/20")),
    ("V12", "pods over hosts", site(site_cluster_cidr="198.51.0.0/16")),
    ("V12", "services over hosts", site(site_service_cidr="198.51.96.0/20")),
    (
        "V12",
        "pods over a host outside of the network",
        site({**servers("a", "b"), "c": {"ansible_host": "198.18.4.4"}}),
    ),
    ("V13", "room for two nodes", site(site_cluster_cidr="198.18.0.0/22")),
    ("V13", "too small for one node", site(site_cluster_cidr="198.18.0.0/24")),
    ("V13", "too few services", site(site_service_cidr="198.19.0.0/28")),
    ("V13", "more services than an API server takes", site(site_service_cidr="10.0.0.0/8")),
    ("V14", "host bits", site(site_cluster_cidr="198.18.1.1/16")),
    ("V14", "no length", site(site_cluster_cidr="198.18.0.0")),
    ("V14", "no network at all", site(site_service_cidr="services")),
    ("V14", "VIP is no address", site(site_api_vip="198.51.100.300")),
    ("V14", "an administrator's network", site(site_admin_networks=["198.51.100.0/24", "somewhere"])),
    ("V14", "a resolver's name", site(site_upstream_dns=["dns.example.org"])),
    ("V14", "a host's name for its address", site({**servers("a", "b"), "c": {"ansible_host": "c.example.org"}})),
    ("V15", "cluster DNS elsewhere", site(site_cluster_dns="198.18.0.10")),
    ("V15", "cluster DNS is the API's address", site(site_cluster_dns="198.19.0.1")),
    ("V17", "services of the other family", site(site_service_cidr="2001:db8::/112")),
    ("V17", "VIP of the other family", site(site_api_vip="2001:db8::10")),
    ("V19", "k3s without its suffix", site(site_k3s_version="v1.35.4")),
    ("V19", "k3s without v", site(site_k3s_version="1.35.4+k3s1")),
    ("V19", "a channel", site(site_k3s_version="stable")),
    ("V19", "kube-vip", site(site_kube_vip_version="latest")),
    ("V22", "a version nobody pinned", site(site_k3s_version="v1.36.3+k3s1")),
    ("V22", "a kube-vip nobody pinned", site(site_kube_vip_version="v9.9.9")),
    ("V26", "no token", site(site_k3s_token=None)),
    ("V26", "a short token", site(site_k3s_token="a1b2c3d4e5f6g7")),
    ("V26", "a placeholder", site(site_k3s_token="change-me-0123456789abcdef0123456789")),
    ("V26", "one letter", site(site_k3s_token="a" * 64)),
    ("V26", "no agent token", site(site_k3s_agent_token=None)),
    ("V26", "one token for both", site(site_k3s_agent_token=SHARED["site_k3s_token"])),
    (
        "V28",
        "locked",
        site(site_k3s_token=None, unreadable={"site_k3s_token": "Attempting to decrypt but no vault secrets found."}),
    ),
    ("V30", "in the clear", site(plaintext={"site_k3s_token": "inventory/group_vars/all/site.yml"})),
    ("V40", "a boolean in quotes", site(site_allow_cgroup_v1="true")),
    ("V40", "a list in one text", site(site_upstream_dns="198.51.100.2")),
    ("V40", "a number for a text", site(site_cluster_domain=1)),
    ("V40", "misspelled", site(site_api_vpi="198.51.100.10")),
    ("V40", "unknown", site(site_zzz="1")),
    ("V40", "of another collection", site(site_pod_cidr="198.18.0.0/16")),
    (
        "V17",
        "IPv6",
        site(
            {f"s{number}": {"ansible_host": f"2001:db8::{number}"} for number in (1, 2, 3)},
            site_network="2001:db8::/64",
            site_api_vip="2001:db8::10",
            site_load_balancer_range="2001:db8::100-2001:db8::200",
            site_cluster_cidr="2001:db8:1::/48",
            site_service_cidr="2001:db8:2::/112",
        ),
    ),
    (
        "V40",
        "a role's variable that the playbooks set",
        site(k3s_cluster_version="v1", set_by_playbooks={"k3s_cluster_version": "site_k3s_version"}),
    ),
    ("V40", "a role's variable, misspelled", site(k3s_cluster_maxpods=1)),
    ("V40", "a broken template", site(unreadable={"site_registries": "'nowhere' is undefined"})),
    ("V41", "no address for the API", site(site_api_vip=None)),
    ("V42", "no range", site(site_load_balancer_range="twenty addresses")),
    ("V42", "backwards", site(site_load_balancer_range="198.51.100.219-198.51.100.200")),
    ("V42", "holds the VIP", site(site_load_balancer_range="198.51.100.5-198.51.100.10")),
    ("V42", "holds a host", site(site_load_balancer_range="198.51.100.12-198.51.100.20")),
    ("V42", "elsewhere", site(site_load_balancer_range="203.0.113.200-203.0.113.219")),
    ("V43", "no name", site(site_name=None)),
    ("V43", "no domain", site(site_domain="")),
    ("V43", "a name with blanks", site(site_name="my site")),
    ("V43", "a domain with a trailing dot", site(site_domain="example.org.")),
    (
        "V43",
        "no interface on one host",
        site({**servers("a", "b"), "c": {"ansible_host": "198.51.100.19", "site_interface": ""}}),
    ),
    ("V44", "two domains", site({**servers("a", "b"), "c": {"ansible_host": "198.51.100.19", "site_domain": "x.org"}})),
]


@pytest.mark.parametrize("good", GOOD.values(), ids=GOOD.keys())
def test_a_good_site_has_no_mistake(good: t.Any) -> None:
    assert offline.check(good, CONTROLLER) == []


@pytest.mark.parametrize(("row", "_why", "bad"), BAD, ids=[f"{row}: {why}" for row, why, _bad in BAD])
def test_a_mistake_is_found_under_its_row_alone(row: str, _why: str, bad: t.Any) -> None:
    found = offline.check(bad, CONTROLLER)
    assert finding.ids(found) == [row]
    for one in found:
        assert one.variable and one.value and one.expected and one.fix


@pytest.mark.parametrize(
    "changed",
    [{"ansible_version": "2.17.9"}, {"missing_collections": ("kubernetes.core",)}],
    ids=["an old ansible-core", "a missing collection"],
)
def test_the_controller_is_judged_too(changed: dict[str, t.Any]) -> None:
    assert finding.ids(offline.check(site(), dataclasses.replace(CONTROLLER, **changed))) == ["V24"]


def test_all_mistakes_are_reported_at_once() -> None:
    spoilt = site(servers("Server_1", "b"), site_api_vip="203.0.113.1", site_k3s_version="stable", site_k3s_token="x")
    assert finding.ids(offline.check(spoilt, CONTROLLER)) == ["V02", "V05", "V09", "V19", "V26"]


@pytest.mark.parametrize(
    "token", ["canary-7f3a", "change-me-canary-7f3a-0123456789", SHARED["site_k3s_agent_token"]], ids=str
)
def test_no_secret_is_shown(token: str) -> None:
    spoilt = site(site_k3s_token=token, plaintext={"site_k3s_token": "site.yml"}, site_k3s_tokem=token)
    text = finding.report(offline.check(spoilt, CONTROLLER))
    assert "V30" in text and "V40" in text
    assert token not in text


@pytest.mark.parametrize(
    ("written", "meant"),
    [("site_api_vpi", "site_api_vip"), ("site_k3s_versoin", "site_k3s_version"), ("site_vip", "site_api_vip")],
)
def test_the_nearest_name_is_suggested(written: str, meant: str) -> None:
    assert any(meant in one.fix for one in offline.check(site(**{written: "x"}), CONTROLLER) if one.id == "V40")
