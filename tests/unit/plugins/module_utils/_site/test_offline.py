"""Every row of the offline pass: a spoilt site yields exactly its row."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._site import finding, offline
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._site.site_cases import (
    CLUSTER,
    CONTROLLER,
    KEEPS_IMAGES,
    MONITORED,
    NEITHER_NAMES_NOR_TIME,
    RUNNER,
    SHARED,
    SHOWN,
    servers,
    site,
)

TWO_SITES = {
    name: {**own, "site_location": place}
    for (name, own), place in zip(servers("a", "b", "c").items(), "xxy", strict=True)
}
MAJORITY_IN_ONE = {
    name: {**own, "site_location": place}
    for (name, own), place in zip(servers("a", "b", "c", "d", "e").items(), "xxxyz", strict=True)
}

KEY = "0c1d2e3f4a5b69788796a5b4c3d2e1f0"


def zones(*given: t.Any) -> dict[str, t.Any]:
    return {"site_dns_zones": list(given)}


def served(zone: str, *servers: str, **rest: t.Any) -> dict[str, t.Any]:
    return {"zone": zone, "nameservers": list(servers), **rest}


HUB = {"name": "docker.io"}
BAD_PORTS = (0, -1, 65536, 22, 53, 2380, 6443, 8443, 8427, 10250, 30080)
BAD_RUNNERS: dict[str, dict[str, t.Any]] = {
    "a runner without a GitLab": {"url": ""},
    "a runner without a token": {"token": ""},
    "a runner without a repository": {"repository": ""},
    "a runner of a GitLab by http": {"url": "http://gitlab.example.net"},
    "a runner with a registration token": {"token": "GR1348941-of-former-times"},
    "a repository with its password": {"repository": "https://user:word@gitlab.example.net/site.git"},
    "half of what opens the repository": {"repository_token": "gldt-of-the-repository"},
    "a runner on a host that is none": {"host": "server9"},
    "a branch by its short name": {"refs": ["main"]},
    "all branches": {"refs": ["refs/heads/*"]},
    "no refs": {"refs": []},
    "a ref that is no list": {"refs": "refs/heads/main"},
    "a path as a playbook": {"playbooks": ["../reset"]},
    "a package of any version": {"requirements": ["ansible-core"]},
    "a field that is none": {"tokn": "glrt-7c1f5e0b9d2a48364f8b"},
    "a password that is a number": {"vault_password": 12345},
}
BAD_ZONES: dict[str, dict[str, t.Any]] = {
    "a purpose that is none": {"site_dns_domains": {"intern": "a.example"}},
    "a purpose with a malformed name": {"site_dns_domains": {"internal": "a..example"}},
    "a purpose with a list": {"site_dns_domains": {"internal": ["a.example"]}},
    "one zone for two purposes": {"site_dns_domains": {"internal": "shoot.example.org."}},
    "no zone": zones({"rrsets": []}),
    "a text": zones("example.net"),
    "a blank in the name": zones(served("exam ple.net", "ns.example.com.")),
    "an empty label": zones(served("example..net", "ns.example.com.")),
    "given twice": zones(served("example.net", "ns.example.com."), served("Example.net.", "ns.example.com.")),
    "one that every site has": zones(served("internal.example.org.", "ns.example.com.")),
    "the catalog": zones(served("catalog.invalid", "ns.example.com.")),
    "no name server": zones({"zone": "example.net"}),
    "no name server for the zone itself": zones(
        {"zone": "example.net", "rrsets": [{"name": "a", "type": "NS", "records": ["ns.example.com."]}]}
    ),
    "its own name server without an address": zones(served("example.net", "ns.example.net")),
    "two zones that serve each other": zones(
        served("example.net", "ns.example.com."), served("example.com", "ns.example.net.")
    ),
    "a child that serves itself": zones(
        served("example.net", "ns.example.com.", rrsets=[{"name": "a", "type": "NS", "records": ["ns.a"]}])
    ),
    "a child of the initial zone that serves itself": {
        "site_dns_records": [{"name": "a", "type": "NS", "records": ["ns.a.example.org."]}]
    },
    "name servers in one text": zones({"zone": "example.net", "nameservers": "ns.example.com."}),
    "a malformed name server": zones(
        served("example.net", "ns..example.com.", rrsets=[{"type": "NS", "records": ["a."]}])
    ),
    "sets that are no list": zones(served("example.net", "ns.example.com.", rrsets={"name": "a"})),
    "a record that is no address": {"site_dns_records": [{"name": "a", "type": "A", "records": ["192.0.2.300"]}]},
    "a set outside of its zone": {
        "site_dns_records": [{"name": "a.example.net.", "type": "A", "records": ["192.0.2.3"]}]
    },
    "a set with a misspelled field": {"site_dns_records": [{"name": "a", "type": "A", "record": ["192.0.2.3"]}]},
    "a set that is a text": {"site_dns_records": ["a A 192.0.2.3"]},
    "records of a zone that is turned off": {
        "site_dns_domains": {"initial": ""},
        "site_dns_records": [{"name": "a", "type": "A", "records": ["192.0.2.3"]}],
    },
}
BAD_PRIMARIES: dict[str, dict[str, t.Any]] = {
    "nobody": {"site_dns_primary": "server4"},
    "a host that serves no names": {"site_dns_primary": "server3", "groups": {"dns_servers": ["server1", "server2"]}},
    "where nobody serves names": {"site_dns_primary": "server1", "groups": {"dns_servers": []}},
}
BAD_ADDRESSES: dict[str, dict[str, t.Any]] = {
    "none for three": {"site_dns_address": None},
    "a host's": {"site_dns_address": "198.51.100.13"},
    "an agent's": {"site_dns_address": "198.51.100.31", "agents": {"agent1": {"ansible_host": "198.51.100.31"}}},
    "the VIP": {"site_dns_address": "198.51.100.10"},
    "one of the Services'": {"site_dns_address": "198.51.100.210"},
    "elsewhere": {"site_dns_address": "203.0.113.9"},
    "the network's own": {"site_dns_address": "198.51.100.0"},
}
BAD_CLIENTS: dict[str, dict[str, t.Any]] = {
    "no key": {"a": {"zones": ["example.org"]}},
    "a short key": {"a": {"key": "short-but-random-9x"}},
    "a placeholder": {"a": {"key": "change-me-0123456789abcdef0123456789"}},
    "the site's own key": {"a": {"key": SHARED["site_dns_api_key"]}},
    "one key for two": {"a": {"key": KEY}, "b": {"key": KEY}},
    "a text": {"a": KEY},
    "a misspelled field": {"a": {"key": KEY, "zone": ["example.org"]}},
    "a zone of somebody else": {"a": {"key": KEY, "zones": ["example.net"]}},
    "zones in one text": {"a": {"key": KEY, "zones": "example.org"}},
    "a source that is a name": {"a": {"key": KEY, "sources": ["host.example.org"]}},
    "a source with host bits": {"a": {"key": KEY, "sources": ["192.0.2.1/24"]}},
    "a boolean in quotes": {"a": {"key": KEY, "read_only": "no"}},
    "a name with a blank": {"a b": {"key": KEY}},
}
BAD_KEYS: dict[str, dict[str, t.Any]] = {
    "no secret": {"a": {"zones": ["example.org"]}},
    "a short secret": {"a": {"secret": "c2hvcnQgc2VjcmV0", "zones": ["example.org"]}},
    "no base64": {"a": {"secret": KEY[:-1] + "!", "zones": ["example.org"]}},
    "the secret of transfers": {"a": {"secret": SHARED["site_dns_transfer_secret"], "zones": ["example.org"]}},
    "an algorithm that is none": {"a": {"secret": KEY, "algorithm": "sha256", "zones": ["example.org"]}},
    "a field of the other kind": {"a": {"secret": KEY, "read_only": True, "zones": ["example.org"]}},
    "a zone of somebody else": {"a": {"secret": KEY, "zones": ["example.net"]}},
    "a name that is none": {"a..b": {"secret": KEY, "zones": ["example.org"]}},
    "no zones": {"a": {"secret": KEY}},
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
    ("V14", "a partition's network", site(site_partition_networks=["10.0.0.1/8"])),
    ("V14", "a network that is taken", site(site_networks_taken={"storage": "there"})),
    ("V14", "an administrator's network", site(site_admin_networks=["198.51.100.0/24", "somewhere"])),
    ("V14", "a source of time with a blank", site(site_upstream_ntp=["a.example b.example", "c.example", "d.example"])),
    ("V14", "a source of time without address", site(site_upstream_ntp=[{"type": "pool"}, "c.example", "d.example"])),
    ("V14", "a kind of source that is none", site(site_upstream_ntp=[{"address": "a.example", "type": "master"}])),
    ("V14", "options in one text", site(site_upstream_ntp=[{"address": "a.example", "options": "iburst"}])),
    ("V14", "a source with a misspelled field", site(site_upstream_ntp=[{"address": "a.example", "option": []}])),
    ("V14", "address of the DNS", site(site_dns_address="dns.example.org")),
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
    ("V26", "no API key", site(site_dns_api_key=None)),
    ("V26", "a secret that is no base64", site(site_dns_transfer_secret="!c2f81b6e0d9a47535e7fa1c4b8d30269")),
    ("V26", "no authority", site(site_ca=None)),
    ("V26", "no authority for NTS", site(groups={"dns_servers": []}, site_nts=True, site_ca=None)),
    (
        "V28",
        "locked",
        site(site_k3s_token=None, unreadable={"site_k3s_token": "Attempting to decrypt but no vault secrets found."}),
    ),
    ("V30", "in the clear", site(plaintext={"site_k3s_token": "inventory/group_vars/all/site.yml"})),
    *(("V38", why, site(**changed)) for why, changed in BAD_ZONES.items()),
    (
        "V39",
        "two sources for each",
        site(groups={"time_servers": ["server1"]}, site_upstream_ntp=["a.example", "b.example"]),
    ),
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
            site_dns_address="2001:db8::9",
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
    ("V42", "holds the VIP", site(site_load_balancer_range="198.51.100.10-198.51.100.10")),
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
    *(("V48", why, site(**changed)) for why, changed in BAD_PRIMARIES.items()),
    *(("V49", why, site(**changed)) for why, changed in BAD_ADDRESSES.items()),
    *(("V50", why, site(site_dns_api_clients=clients)) for why, clients in BAD_CLIENTS.items()),
    *(("V51", why, site(site_dns_update_keys=keys)) for why, keys in BAD_KEYS.items()),
    ("V26", "monitored without a password", site(site_monitoring=True)),
    ("V60", "a stranger", site(**MONITORED, groups={"monitoring_servers": ["server1", "metrics1"]})),
    ("V60", "nobody", site(**MONITORED, groups={"monitoring_servers": []})),
    ("V61", "months", site(**MONITORED, site_monitoring_retention="90")),
    ("V61", "a short password", site(**MONITORED, site_monitoring_writers={"partition-a": {"password": "short"}})),
    (
        "V61",
        "a name of ours",
        site(**MONITORED, site_monitoring_writers={"reader": {"password": "5f" * 8 + "a1b2c3d4"}}),
    ),
    ("V61", "a receiver without a name", site(**MONITORED, site_monitoring_receivers=[{"webhook_configs": []}])),
    ("V61", "no receiver", site(**MONITORED, site_monitoring_receivers=["duty"])),
    ("V61", "no patience", site(**MONITORED, site_alert_patience_percent=0)),
    ("V61", "no slash", site(**MONITORED, site_monitoring_runbooks="https://wiki.example.net")),
    ("V61", "no URL", site(**MONITORED, site_monitoring_deadman_url="deadman.example.net")),
    ("V19", "not of a cluster", site(**CLUSTER, site_victoria_metrics_version="v1.112.0")),
    ("V64", "no such mode", site(**MONITORED, site_monitoring_mode="sharded")),
    ("V64", "nothing to run it", site(**CLUSTER)),
    ("V26", "a page without a password", site(site_status_page=True)),
    ("V26", "a page without an authority", site(**SHOWN, **NEITHER_NAMES_NOR_TIME)),
    ("V60", "a page of a stranger's", site(**SHOWN, groups={"monitoring_servers": ["server1", "metrics1"]})),
    ("V60", "a page of nobody's", site(**SHOWN, groups={"monitoring_servers": []})),
    *(("V65", f"a page at {port}", site(**SHOWN, site_status_page_port=port)) for port in BAD_PORTS),
    ("V65", "a page that is always old", site(**SHOWN, site_status_page_max_age=59)),
    ("V26", "a registry without passwords", site(site_registry=True)),
    (
        "V26",
        "one password for both",
        site(**{**KEEPS_IMAGES, "site_registry_writer_password": KEEPS_IMAGES["site_registry_reader_password"]}),
    ),
    ("V26", "a registry without an authority", site(**KEEPS_IMAGES, **NEITHER_NAMES_NOR_TIME)),
    ("V76", "images of a stranger's", site(**KEEPS_IMAGES, groups={"registry_servers": ["server1", "images1"]})),
    ("V76", "images of nobody's", site(**KEEPS_IMAGES, groups={"registry_servers": []})),
    *(("V76", f"images at {port}", site(**KEEPS_IMAGES, site_registry_port=port)) for port in BAD_PORTS),
    ("V76", "one port for two", site(**KEEPS_IMAGES, **SHOWN, site_registry_port=8444)),
    ("V76", "an upstream that is none", site(**KEEPS_IMAGES, site_registry_upstreams=["docker.io"])),
    ("V76", "an upstream without a password", site(**KEEPS_IMAGES, site_registry_upstreams=[{**HUB, "username": "u"}])),
    ("V76", "a storage without keys", site(**KEEPS_IMAGES, site_registry_storage={"bucket": "images"})),
    *(("V80", name, site(site_gitlab_runner={**RUNNER, **given})) for name, given in BAD_RUNNERS.items()),
    ("V40", "a runner that is a switch", site(site_gitlab_runner=True)),
    ("V40", "a port in quotes", site(**SHOWN, site_status_page_port="8444")),
    ("V52", "no such resolver", site(site_resolver="bind")),
    ("V53", "a name", site(site_dns_secondaries=["ns.example.com"])),
    ("V53", "a server of ours", site(site_dns_secondaries=["192.0.2.53", "198.51.100.12"])),
    ("V53", "the address of the DNS", site(site_dns_secondaries=["198.51.100.9"])),
    ("V44", "two domains", site({**servers("a", "b"), "c": {"ansible_host": "198.51.100.19", "site_domain": "x.org"}})),
]


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


@pytest.mark.parametrize("variable", ["site_dns_api_clients", "site_dns_update_keys", "site_registries"])
@pytest.mark.parametrize(
    "value", [{"a": {"key": "canary-7f3a", "zones": ["canary-7f3a"]}}, {"a": "canary-7f3a"}, ["canary-7f3a"]]
)
def test_what_stands_beside_secrets_is_not_shown_either(variable: str, value: t.Any) -> None:
    spoilt = site({**servers("a", "b"), "c": {"ansible_host": "198.51.100.19", variable: {}}}, **{variable: value})
    found = offline.check(spoilt, CONTROLLER)
    assert "V44" in finding.ids(found)
    assert "canary-7f3a" not in finding.report(found)


def test_the_authority_is_judged_by_the_controller() -> None:
    controller = dataclasses.replace(CONTROLLER, authority="a certificate of the private key beside it")
    found = offline.check(site(), controller)
    assert [(one.id, one.variable, one.expected) for one in found] == [("V26", "site_ca", controller.authority)]
    assert "key and certificate" in found[0].fix


@pytest.mark.parametrize(
    ("written", "meant"),
    [("site_api_vpi", "site_api_vip"), ("site_k3s_versoin", "site_k3s_version"), ("site_vip", "site_api_vip")],
)
def test_the_nearest_name_is_suggested(written: str, meant: str) -> None:
    assert any(meant in one.fix for one in offline.check(site(**{written: "x"}), CONTROLLER) if one.id == "V40")
