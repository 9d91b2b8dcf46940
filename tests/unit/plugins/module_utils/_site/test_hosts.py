"""Every row of the host pass."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._site import finding, hosts
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._site.site_cases import (
    CONTROLLER,
    KEEPS_IMAGES,
    SHOWN,
    facts,
    servers,
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
    "rotation": {},
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


def listening(program: str, address: str, port: str = "53", protocol: str = "tcp") -> dict[str, dict[str, t.Any]]:
    """What the hosts say when a program listens on the second."""
    found = facts()
    listener = {"protocol": protocol, "address": address, "port": port, "program": program}
    return {**found, "server2": {**found["server2"], "listeners": [listener]}}


def primaries(*names: str) -> dict[str, dict[str, t.Any]]:
    """What the hosts say when these are primaries and the others secondaries."""
    return {name: {**found, "dns_role": "primary" if name in names else "secondary"} for name, found in facts().items()}


def ids(found: dict[str, dict[str, t.Any]], strangers: dict[str, t.Any] | None = None, **changed: t.Any) -> list[str]:
    return finding.ids(hosts.check(site(**changed), found, strangers or {}, CONTROLLER))


def spread(*places: str, **own: t.Any) -> dict[str, t.Any]:
    """The site with its servers in these locations."""
    hosts = servers("server1", "server2", "server3")
    return {
        "servers": {name: {**hosts[name], "site_location": place} for name, place in zip(hosts, places, strict=True)},
        **own,
    }


def far(**milliseconds: dict[str, float | None]) -> dict[str, dict[str, t.Any]]:
    """What hosts say that measured how far others are."""
    return {name: {**found, "round_trips": milliseconds.get(name, {})} for name, found in facts().items()}


NEAR = far(server1={"server2": 8.1, "server3": 9.0}, server2={"server1": 8.0, "server3": None}, server3={"server2": 50})
DISTANT = far(server1={"server2": 8.1, "server3": 9.0}, server2={"server3": 50.1}, server3={"server2": 3.0})
NAMED = {"site_object_storage": {"endpoint": "https://s3.example.net", "bucket": "backup"}}

GOOD: dict[str, tuple[dict[str, t.Any], dict[str, t.Any]]] = {
    "fresh hosts": (facts(), {}),
    "a running cluster": (running(), {}),
    "a token that is being exchanged": (running(token_matches=False, rotation={"kind": "token"}), {}),
    "the resolver of systemd": (listening("systemd-resolve", "127.0.0.53"), {"site_resolver": "stub"}),
    "the resolver of systemd beside one of ours": (
        listening("systemd-resolve", "127.0.0.54"),
        {"site_resolver": "local"},
    ),
    "our own DNS server": (listening("pdns_server", "198.51.100.12"), {}),
    "our own resolver": (listening("unbound", "127.0.0.1"), {"site_resolver": "local"}),
    "our own time server": (listening("chronyd", "0.0.0.0", port="123", protocol="udp"), {}),
    "a server of virtual machines": (listening("dnsmasq", "192.168.122.1"), {}),
    "all addresses of the other family": (listening("named", "::"), {}),
    "a DNS server where we have none": (listening("named", "0.0.0.0"), {"groups": {"dns_servers": ["server1"]}}),
    "a time server where we have none": (
        listening("ntpd", "0.0.0.0", port="123", protocol="udp"),
        {"groups": {"time_servers": ["server1"]}},
    ),
    "something else on the port of time": (listening("x", "0.0.0.0", port="123"), {}),
    "an old server of names on request": (facts(os_version="12"), {"site_dns_accept_end_of_life": True}),
    "an old host that serves no names": (facts(os_version="12"), {"groups": {"dns_servers": []}}),
    "the primary of the inventory": (primaries("server2"), {"site_dns_primary": "server2"}),
    "a former primary that came back": (primaries("server1", "server2"), {"site_dns_primary": "server2"}),
    "two primaries, of which it can't be told": (primaries("server2", "server3"), {}),
    "no primary yet": (primaries(), {}),
    "servers in three locations near to each other": (NEAR, spread("a", "b", "c")),
    "servers in three locations as far as is accepted": (DISTANT, spread("a", "b", "c", site_round_trip_limit=60)),
    "servers in one location, however far": (DISTANT, spread("a", "a", "a")),
    "servers of which the two that are far are in one location": (DISTANT, spread("a", "b", "b")),
    "an object storage that is elsewhere": (facts(resolved={"s3.example.net": ["192.0.2.7"]}), NAMED),
    "one whose name nobody knows just now": (facts(resolved={"s3.example.net": []}), NAMED),
    "a former password where nothing is backed up any more": (facts(backup_password_matches=False), {}),
    "a primary where nobody serves names any more": (primaries("server1"), {"groups": {"dns_servers": []}}),
}


@pytest.mark.parametrize(("found", "changed"), GOOD.values(), ids=GOOD.keys())
def test_good_hosts_have_no_mistake(found: dict[str, t.Any], changed: dict[str, t.Any]) -> None:
    assert ids(found, **changed) == []


OUTSIDE: dict[str, t.Any] = {
    "others": {"standby1": {"ansible_host": "203.0.113.11"}},
    "groups": {"dns_servers": ["server1", "standby1"]},
}


def with_standby(**changed: t.Any) -> dict[str, dict[str, t.Any]]:
    """What the hosts say when one that is none of the cluster's serves names too, in a network of its own."""
    standby = {
        **facts()["server1"],
        "hostname": "standby1",
        "machine_id": "id-of-standby1",
        "interfaces": {"eno1": ["203.0.113.11/24"]},
        # nothing of this matters to a server of names
        "cgroup": 1,
        "default_interface": "",
        "free_bytes": {"/var/lib/rancher/k3s": 1 << 20},
        "memory_bytes": 256 << 20,
        "architecture": "riscv64",
        **changed,
    }
    return {**facts(), "standby1": standby}


@pytest.mark.parametrize(
    ("row", "found", "changed"),
    [
        ("", with_standby(), {}),
        ("V46", facts(), {}),
        ("V25", with_standby(os_version="11"), {}),
        ("V39", with_standby(clock_offset=[4.8, 5.0]), {}),
        ("V54", with_standby(listeners=[{"protocol": "udp", "address": "*", "port": "53", "program": "named"}]), {}),
        ("V55", with_standby(os_version="12"), {}),
        ("V49", with_standby(), {"site_dns_primary": "standby1"}),
        ("", with_standby(), {"site_dns_primary": "standby1", "site_dns_address": "203.0.113.9"}),
    ],
)
def test_a_host_outside_of_the_cluster_is_judged_by_what_it_serves(
    row: str, found: dict[str, t.Any], changed: dict[str, t.Any]
) -> None:
    assert ids(found, **OUTSIDE, **changed) == ([row] if row else [])


@pytest.mark.parametrize(
    ("row", "found", "changed"),
    [
        ("V03", facts(machine_id="cloned"), {}),
        ("V59", DISTANT, spread("a", "b", "c")),
        ("V59", NEAR, spread("a", "b", "c", site_round_trip_limit=10)),
        ("V59", far(server1={"server2": 1.0, "server3": None}, server2={"server3": 1.0}), spread("a", "b", "c")),
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
        ("V27", running(agent_token_matches=False, rotation={"kind": "token"}), {}),
        ("V27", running(token_matches=False, rotation={"kind": "encryption_keys"}), {}),
        ("V29", facts(backup_password_matches=False), {"site_object_storage": {"bucket": "backup"}}),
        ("V31", running(immutable={"secrets-encryption": "false"}), {}),
        ("V31", running(), {"k3s_cluster_secrets_encryption": False}),
        ("V37", facts(resolved={"s3.example.net": ["192.0.2.7", "198.51.100.12"]}), NAMED),
        ("V37", facts(resolved={"s3.example.net": ["198.51.100.10"]}), NAMED),
        ("V39", facts(clock_offset=[-3.4, -3.2]), {}),
        ("V45", facts(free_bytes={"/var/lib/rancher/k3s": 1 << 20}), {}),
        ("V45", facts(memory_bytes=512 << 20), {}),
        ("V46", {name: found for name, found in facts().items() if name != "server2"}, {}),
        ("V46", {}, {}),
        ("V47", facts(default_interface=""), {}),
        ("V54", listening("dnsmasq", "0.0.0.0"), {}),
        ("V54", listening("dnsmasq", "*"), {}),
        ("V54", listening("named", "198.51.100.12"), {}),
        ("V54", listening("systemd-resolve", "198.51.100.9"), {}),
        ("V54", listening("", "198.51.100.12"), {}),
        ("V54", listening("named", "127.0.0.1"), {"site_resolver": "local"}),
        ("V54", listening("ntpd", "127.0.0.1", port="123", protocol="udp"), {}),
        ("V54", listening("apache2", "*", port="8444"), SHOWN),
        ("V54", listening("nginx", "198.51.100.12", port="443"), {**SHOWN, "site_status_page_port": 443}),
        ("V54", listening("apache2", "*", port="5000"), KEEPS_IMAGES),
        ("V54", listening("nginx", "198.51.100.12", port="5000"), KEEPS_IMAGES),
        ("V55", facts(os_version="12"), {}),
        ("V55", facts(os_version="12.13"), {}),
        ("V62", facts(os_version="12"), {"site_monitoring": True, "groups": {"dns_servers": []}}),
        ("V56", primaries("server2"), {}),
        ("V56", primaries("server1"), {"site_dns_primary": "server3"}),
        ("V56", primaries("server3"), {"groups": {"dns_servers": ["server1", "server2"]}}),
    ],
)
def test_a_mistake_is_found_under_its_row_alone(row: str, found: dict[str, t.Any], changed: dict[str, t.Any]) -> None:
    assert ids(found, **changed) == [row]


@pytest.mark.parametrize(
    ("found", "changed"),
    [
        (listening("apache2", "127.0.0.1", port="8444"), SHOWN),
        (listening("apache2", "*", port="8444", protocol="udp"), SHOWN),
        (listening("apache2", "*", port="8444"), {**SHOWN, "site_status_page_port": 443}),
        (listening("apache2", "*", port="8444"), {**SHOWN, "groups": {"monitoring_servers": ["server1"]}}),
        (listening("apache2", "*", port="8444"), {}),
    ],
    ids=["of another address", "of another protocol", "of another port", "of another host", "no page"],
)
def test_a_port_that_no_page_needs_may_be_taken(found: dict[str, t.Any], changed: dict[str, t.Any]) -> None:
    assert ids(found, **changed) == []


def test_the_page_itself_holds_its_port() -> None:
    found = listening("nginx", "198.51.100.12", port="8444")
    assert ids({**found, "server2": {**found["server2"], "serves_page": True}}, **SHOWN) == []


@pytest.mark.parametrize(("serves", "rows"), [("serves_images", []), ("serves_page", ["V54"])])
def test_the_registry_itself_holds_its_port_and_the_page_does_not(serves: str, rows: list[str]) -> None:
    found = listening("nginx", "198.51.100.12", port="5000")
    assert ids({**found, "server2": {**found["server2"], serves: True}}, **KEEPS_IMAGES) == rows


def test_the_programs_of_a_cluster_are_for_the_hosts_that_run_them() -> None:
    only = {name: {"v1.112.0-cluster": ["arm64"]} for name in ("vmstorage", "vmselect", "vminsert")}
    controller = dataclasses.replace(CONTROLLER, checksums={**CONTROLLER.checksums, **only})
    found = hosts.check(site(site_monitoring=True), facts(), {}, controller)
    assert {(one.id, one.variable) for one in found} == {("V22", "site_victoria_metrics_version")}
    replicated = site(site_monitoring=True, site_monitoring_mode="replicated")
    assert hosts.check(replicated, facts(), {}, controller) == []


@pytest.mark.parametrize(
    ("rotates", "found", "expected"),
    [
        ("agent_token", running(agent_token_matches=False), []),
        ("token", running(agent_token_matches=False), ["V27"]),
        ("agent_token", running(token_matches=False), ["V27"]),
        # Only what has begun on the servers tells that they may have either.
        ("token", running(token_matches=False), ["V27"]),
    ],
)
def test_what_is_about_to_be_exchanged_may_differ(
    rotates: str, found: dict[str, dict[str, t.Any]], expected: list[str]
) -> None:
    assert finding.ids(hosts.check(site(), found, {}, CONTROLLER, rotates=rotates)) == expected


def test_how_hosts_get_another_token_for_agents_is_said() -> None:
    [found] = hosts.check(site(), running(agent_token_matches=False), {}, CONTROLLER)
    assert found.fix.endswith("This one gets there with the playbook rotate and -e rotate=agent_token.")


@pytest.mark.parametrize(
    ("address", "variable"),
    [
        ("198.51.100.10", "site_api_vip"),
        ("198.51.100.200", "site_load_balancer_range"),
        ("198.51.100.9", "site_dns_address"),
    ],
)
def test_a_stranger_on_an_address_of_ours_is_named(address: str, variable: str) -> None:
    seen = {"server1": {address: ["02:00:00:00:00:01"]}, "server2": {address: ["02:00:00:00:00:01"]}}
    found = hosts.check(site(), facts(), seen, CONTROLLER)
    assert [(one.id, one.variable) for one in found] == [("V10", variable)]
    assert "02:00:00:00:00:01" in found[0].value


def test_a_password_that_is_rotated_may_be_another_one_than_that_of_the_hosts() -> None:
    found, wanted = facts(backup_password_matches=False), site(site_object_storage={"bucket": "backup"})
    for rotates, expected in (("backup_password", []), ("token", ["V29"]), ("", ["V29"])):
        assert [one.id for one in hosts.check(wanted, found, {}, CONTROLLER, (), rotates)] == expected


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


@pytest.mark.parametrize(("program", "shown"), [("named", "taken by named"), ("", "name is not known")])
def test_who_holds_a_port_is_named(program: str, shown: str) -> None:
    found = hosts.check(site(), listening(program, "*"), {}, CONTROLLER)
    assert [shown in one.value for one in found] == [True]


def test_a_host_that_leaves_need_not_answer_and_is_judged_if_it_does() -> None:
    silent = {name: seen for name, seen in facts().items() if name != "server1"}
    assert finding.ids(hosts.check(site(), silent, {}, CONTROLLER)) == ["V46"]
    assert hosts.check(site(), silent, {}, CONTROLLER, ["server1"]) == []
    assert finding.ids(hosts.check(site(), facts(os_version="11"), {}, CONTROLLER, ["server1"])) == ["V25"]


def test_a_server_leaves_by_the_name_of_its_node_too() -> None:
    found = {name: seen for name, seen in facts().items() if name != "server1"}
    first = site().servers[0]
    named = dataclasses.replace(first, variables={**first.variables, "k3s_cluster_node_name": "node1"})
    one = dataclasses.replace(site(), servers=(named, *site().servers[1:]), dns_servers=(), time_servers=())
    assert finding.ids(hosts.check(one, found, {}, CONTROLLER)) == ["V46"]
    assert hosts.check(one, found, {}, CONTROLLER, ["node1"]) == []


@pytest.mark.parametrize(
    ("leaving", "expected", "overlooked"),
    [(["server1"], [], ["agent1"]), ([], ["V46"], []), ([""], ["V46"], [])],
    ids=["a server leaves", "nobody leaves", "nobody was named"],
)
def test_a_host_that_is_no_server_need_not_answer_where_a_server_leaves(
    leaving: list[str], expected: list[str], overlooked: list[str]
) -> None:
    wider = dataclasses.replace(site(), agents=(dataclasses.replace(site().servers[0], name="agent1"),))
    silent = {name: seen for name, seen in facts().items() if name not in leaving}
    assert finding.ids(hosts.check(wider, silent, {}, CONTROLLER, leaving)) == expected
    assert hosts.overlooked(wider, silent, leaving) == overlooked


def test_what_is_too_far_is_named_with_its_distance() -> None:
    [found] = hosts.check(site(**spread("a", "b", "c")), DISTANT, {}, CONTROLLER)
    assert found.value == "server2 in b, server3 in c: 50.1 ms"
    assert "50 ms at most" in found.expected


def test_a_server_that_leaves_is_not_measured() -> None:
    found = {name: one for name, one in DISTANT.items() if name != "server3"}
    assert hosts.check(site(**spread("a", "b", "c")), found, {}, CONTROLLER, ["server3"]) == []


def test_clocks_are_compared_with_one_another_and_the_controllers() -> None:
    def said(*offsets: list[float]) -> list[tuple[str, str]]:
        found = {name: {**one, "clock_offset": own} for (name, one), own in zip(facts().items(), offsets, strict=True)}
        rows = hosts.check(site(), found, {}, CONTROLLER)
        assert {one.id for one in rows} <= {"V39"}
        return [(one.variable, one.value) for one in rows]

    right = [-0.1, 0.1]
    assert said(right, right, [0.9, 1.1]) == []
    assert said([0.9, 0.9], right, [-0.9, -0.9]) == [("host", "server3: clock -1.8 s from server1's")]
    assert said(right, [5.0, 5.1], [5.0, 5.1]) == [("host", "server2, server3: clock +5.0 s from the controller's")]
    # not each of them, when it is the controller that is wrong
    wrong = [-3600.4, -3600.0]
    assert said(wrong, wrong, wrong) == [("controller", "clock +3600.0 s from server1's")]
    # of two against two, the controller's
    assert said(wrong, wrong, right) == [("host", "server1, server2: clock -3600.0 s from the controller's")]
    # an answer that took long leaves open how far it is
    assert said([0.9, 0.9], right, [-2.5, 0.5]) == []
