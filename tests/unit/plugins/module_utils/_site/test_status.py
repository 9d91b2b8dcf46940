"""The state of a site."""

from __future__ import annotations

import copy
import typing as t

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._site import secrets, services, status, status_text
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._site.site_cases import (
    ADDRESSES,
    SHARED,
    site,
)

NODES = [
    {"name": name, "ready": "True", "voter": "True", "version": "v1.35.4+k3s1", "drained": False} for name in ADDRESSES
]
MEMBERS = [
    {"id": str(number), "name": f"{name}-1a2b3c4d", "addresses": [address], "learner": False, "started": True}
    for number, (name, address) in enumerate(ADDRESSES.items(), 1)
]


def found() -> dict[str, t.Any]:
    """What k3s_info says on each of three healthy servers, the first of which leads and holds the VIP."""
    hosts = {}
    for number, (name, address) in enumerate(ADDRESSES.items(), 1):
        held = ["198.51.100.10"] if number == 1 else []
        hosts[name] = {
            "installed_version": "v1.35.4+k3s1",
            "programs": {"k3s": ["v1.35.4+k3s1"], "kube-vip": ["v1.2.2"]},
            "unit": {"state": "active"},
            "certificates": {"/a.crt": 364, "/b.crt": 3650},
            "system": {"addresses": {"eth0": [address, *held]}},
            "free_percent": {"/": 40, "/var/lib/rancher/k3s": 60},
            "storage": {"path": "/var/volumes", "directories": ["pvc-1"]},
            "api": {
                "ready": True,
                "error": "",
                "lineage": "uid",
                "held": [],
                "nodes": copy.deepcopy(NODES),
                "volumes": [{"name": "pvc-1", "claim": "db/one", "path": "/var/volumes/pvc-1", "node": "server2"}],
            },
            "etcd": {
                "running": True,
                "quorum": True,
                "error": "",
                "members": copy.deepcopy(MEMBERS),
                "alarms": [],
                "member_id": str(number),
                "leader_id": "1",
                "database_bytes": 512 << 20,
                "quota_bytes": 2 << 30,
            },
        }
    return hosts


def test_a_healthy_site_is_green() -> None:
    state = status.describe(site(), found())
    assert state["gate"] == {"verdict": "green", "failures": []}
    assert (state["leader"], state["vip_holders"], state["lineage"]) == ("server1", ["server1"], "uid")
    assert [row["certificates"] for row in state["hosts"]] == [364, 364, 364]
    assert [(row["database"], row["free"]) for row in state["hosts"]] == [(25, 40)] * 3


def render(hosts: dict[str, t.Any], **changed: t.Any) -> str:
    """Show a site where nobody serves names and time."""
    of_nobody = site(groups={"dns_servers": [], "time_servers": []}, **changed)
    return status_text.render(
        {**status.describe(of_nobody, hosts), **services.describe(of_nobody, hosts, {}, {}, {}, {})}
    )


def spoilt(*path: t.Any, value: t.Any, host: str = "server2") -> dict[str, t.Any]:
    """Change one thing that one host says."""
    hosts = found()
    place = hosts[host]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return hosts


@pytest.mark.parametrize(
    ("hosts", "says"),
    [
        ({name: seen for name, seen in found().items() if name != "server2"}, "server2: the host answers"),
        (spoilt("installed_version", value=""), "server2: k3s is installed"),
        (spoilt("api", "ready", value=False), "server2: the API on this host is ready"),
        (spoilt("api", "nodes", 1, "ready", value="Unknown"), "server2: node server2 is Ready"),
        (spoilt("api", "nodes", 1, "voter", value="False"), "server2: node server2 votes"),
        (spoilt("etcd", "quorum", value=False), "server2: etcd has a quorum"),
        (spoilt("etcd", "alarms", value=["NOSPACE on server2"]), "etcd raises no alarm"),
        (spoilt("certificates", value={"/a.crt": 12}), "server2: certificates are valid for a while"),
        (spoilt("free_percent", value={"/": 14}), "server2: the disk of / has room"),
        (spoilt("etcd", "database_bytes", value=1639 << 20), "server2: the database of etcd has room"),
        (spoilt("storage", "directories", value=[]), "found no data of db/one, expected /var/volumes"),
        (spoilt("system", "addresses", value={"eth0": ["198.51.100.10"]}), "example: one server holds the VIP"),
        (spoilt("system", "addresses", value={"eth0": []}, host="server1"), "example: one server holds the VIP"),
    ],
)
def test_what_does_not_hold_is_named(hosts: dict[str, t.Any], says: str) -> None:
    state = status.describe(site(), hosts)
    assert state["gate"]["verdict"] == "red"
    assert says in render(hosts)


def seen_of_all(number: int, **changes: t.Any) -> dict[str, t.Any]:
    """Return what is found when all servers see a node otherwise."""
    hosts = found()
    for host in hosts.values():
        host["api"]["nodes"][number].update(changes)
    return hosts


@pytest.mark.parametrize(
    ("hosts", "host", "says"),
    [
        (
            seen_of_all(1, version="v1.34.4+k3s1"),
            "example",
            "all hosts run one version of k3s: v1.34.4+k3s1 on server2; v1.35.4+k3s1 on server1, server3",
        ),
        (seen_of_all(2, drained=True), "server3", "the node takes pods: emptied for an upgrade, and left so"),
    ],
)
def test_what_an_upgrade_has_left_undone_is_named(hosts: dict[str, t.Any], host: str, says: str) -> None:
    [failed] = status.describe(site(), hosts)["gate"]["failures"]
    assert f"{failed['condition']}: {failed['seen']}" == says
    assert "run the playbook upgrade" in failed["remedy"]
    assert failed["host"] == host


@pytest.mark.parametrize(
    ("answering", "running", "named"),
    [(3, 3, False), (2, 2, False), (1, 1, True), (1, 0, True), (3, 1, True), (3, 0, True)],
)
def test_a_quorum_that_is_lost_is_named_also_while_no_server_can_tell(
    answering: int, running: int, named: bool
) -> None:
    """N5: without a leader k3s ends and starts again, and between the two its host knows nothing of etcd."""
    hosts = dict(list(found().items())[:answering])
    for number, seen in enumerate(hosts.values()):
        if number >= running:
            seen["etcd"] |= {"running": False, "quorum": False}
            seen["api"] |= {"ready": False, "error": "refused"}
    failures = status.describe(site(), hosts)["gate"]["failures"]
    told = [failed for failed in failures if failed["condition"] == "etcd has a quorum"]
    assert [failed["seen"] for failed in told] == ([f"{running} of 3 servers run it"] if named else [])


def test_how_much_of_a_disk_has_to_be_free_is_for_the_site_to_say() -> None:
    hosts = spoilt("free_percent", value={"/": 14})
    assert status.describe(site(site_disk_free_percent=14), hosts)["gate"]["verdict"] == "green"


def test_an_etcd_that_does_not_run_is_not_measured() -> None:
    hosts = spoilt("etcd", "running", value=False)
    hosts["server2"]["etcd"]["quorum"] = False
    state = status.describe(site(), hosts)
    assert state["hosts"][1]["database"] is None
    assert "the database of etcd has room" not in [failure["condition"] for failure in state["gate"]["failures"]]


def test_a_host_that_is_down_is_still_a_row() -> None:
    hosts = found()
    del hosts["server2"]
    row = status.describe(site(), hosts)["hosts"][1]
    assert (row["host"], row["k3s"], row["version"]) == ("server2", "no answer", "")


def test_nothing_known_is_shown_as_nothing() -> None:
    text = render({})
    assert "leader: -" in text and "on no host" in text and "gate: red" in text


def test_one_server_needs_no_vip() -> None:
    hosts = {"server1": found()["server1"]}
    hosts["server1"]["etcd"]["members"] = MEMBERS[:1]
    hosts["server1"]["system"]["addresses"] = {"eth0": ["198.51.100.11"]}
    alone = site({"server1": {"ansible_host": "198.51.100.11"}}, site_api_vip=None)
    assert status.describe(alone, hosts)["gate"]["verdict"] == "green"


def test_an_agent_is_judged_by_a_server() -> None:
    hosts = found()
    hosts["agent1"] = {**copy.deepcopy(hosts["server3"]), "api": {"ready": False, "error": "no server", "nodes": []}}
    state = status.describe(site(agents={"agent1": {"ansible_host": "198.51.100.31"}}), hosts)
    assert [failure["condition"] for failure in state["gate"]["failures"]] == ["node agent1 is registered"]
    assert state["hosts"][3]["voter"] == ""


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ({}, "never confirmed"),
        ({"site_k3s_token": secrets.fingerprint(SHARED["site_k3s_token"])}, "confirmed"),
        ({"site_k3s_token": "0123456789abcdef"}, "of an older value"),
    ],
)
def test_escrow_is_compared_and_never_red(kept: dict[str, str], said: str) -> None:
    state = status.describe(site(site_escrow_fingerprints=kept), found())
    assert state["escrow"]["site_k3s_token"] == said
    assert state["gate"]["verdict"] == "green"
    assert SHARED["site_k3s_token"] not in render(found(), site_escrow_fingerprints=kept)


def test_a_secret_that_nobody_needs_is_not_missed() -> None:
    nobody = {"groups": {"dns_servers": []}, "site_dns_api_key": None, "site_ca": None}
    assert "site_dns_api_key" not in status.describe(site(**nobody), found())["escrow"]
    assert status.describe(site(site_dns_api_key=None), found())["escrow"]["site_dns_api_key"] == "no secret"


def test_a_host_outside_of_the_cluster_is_not_asked_for_kubernetes() -> None:
    outside = {"others": {"standby1": {}}, "groups": {"dns_servers": ["standby1"]}}
    state = status.describe(site(**outside), found())
    assert state["gate"]["verdict"] == "green"
    assert "standby1" not in [row["host"] for row in state["hosts"]]


@pytest.mark.parametrize(
    ("held", "told"),
    [
        ([], ""),
        (["CronJob/default/report"], "found CronJob/default/report held since a restore, expected nothing held; once"),
        ([f"CronJob/default/{number}" for number in range(7)], "CronJob/default/4 and 2 more held since a restore"),
    ],
    ids=["nothing", "one", "many"],
)
def test_what_a_restore_holds_yet_is_told_and_no_failure(held: list[str], told: str) -> None:
    hosts = spoilt("api", "held", value=held, host="server1")
    # Its own API says nothing of what the cluster holds.
    hosts["server0"] = {**copy.deepcopy(hosts["server1"]), "api": {"ready": False, "held": []}}
    hosts = {name: hosts[name] for name in sorted(hosts)}
    found = services.describe(site(groups={"dns_servers": [], "time_servers": []}), hosts, {}, {}, {}, {})
    assert (found["held"], found["services"]["findings"]) == (held, [])
    assert found["services"]["verdict"] == ("yellow" if held else "green")
    assert told in render(spoilt("api", "held", value=held, host="server1"))
