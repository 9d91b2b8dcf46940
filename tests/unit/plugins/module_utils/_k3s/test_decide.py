"""What the plan says in every situation that a cluster's hosts can be found in."""

from __future__ import annotations

import copy

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import decide, layout

VERSION = "v1.35.4+k3s1"
WANTED = {layout.CLUSTER_FILE: "c1", layout.NODE_FILE: "n1", layout.UNIT_FILE: "u1"}
SETTINGS = {
    "version": VERSION,
    "api_vip": "198.51.100.10",
    "cluster_cidr": "198.18.0.0/16",
    "service_cidr": "198.19.0.0/16",
    "cluster_dns": "198.19.0.10",
    "cluster_domain": "cluster.local",
    "node_cidr_mask": 23,
    "disable": ["traefik"],
    "local_storage_path": "/var/lib/k3s-local-storage",
    "secrets_encryption": True,
    "hardening": True,
    "allow_cgroup_v1": False,
    "extra_config": {},
    "required_space_mb": 1024,
    "node_labels": [],
    "node_taints": [],
}


def address(name: str) -> str:
    return f"198.51.100.{('agent' in name) * 20 + 10 + int(name[-1])}"


def member(name: str, learner: bool = False, started: bool = True) -> dict:
    return {
        "id": f"id-{name}",
        "name": f"{name}-0a1b2c3d" if started else "",
        "addresses": [address(name)],
        "learner": learner,
        "started": started,
    }


def node(name: str) -> dict:
    return {"name": name, "labels": {"room": "1"}, "taints": [], "server": "server" in name}


def host(name: str) -> dict:
    """A host that was never installed."""
    role = "agent" if "agent" in name else "server"
    return {
        "host": name,
        "name": name,
        "role": role,
        "address": address(name),
        "settings": {**SETTINGS, "role": role},
        "checksums": dict(WANTED),
        "seen": {
            "installed_version": "",
            "unit": {"state": "inactive"},
            "datastore": "",
            "started": None,
            "ca": "",
            "token_matches": None,
            "agent_token_matches": None,
            "registered_at": "",
            "immutable": {},
            "node_password": False,
            "certificates": {},
            "images": {},
            "system": {
                "architecture": "x86_64",
                "cgroup": 2,
                "listeners": [22],
                "free_bytes": {"/opt": 5 << 30, layout.DATA_DIR: 5 << 30},
            },
            "api": {"ready": False, "lineage": "", "nodes": []},
            "etcd": {
                "quorum": False,
                "members": [],
                "alarms": [],
                "cluster_id": "0",
                "leader_id": "0",
                "member_id": "0",
            },
        },
    }


def stopped(name: str) -> dict:
    """A host that has its share of the cluster's data, and does not run."""
    result = host(name)
    result["seen"].update(
        installed_version=VERSION,
        datastore="etcd",
        ca="ca-1",
        token_matches=True,
        agent_token_matches=True,
        node_password=True,
        registered_at=address("server2" if name == "server1" else "server1"),
        immutable={"cluster-cidr": "198.18.0.0/16", "secrets-encryption": "true"},
    )
    return result


def live(name: str, cluster: list[str], leader: str = "server1") -> dict:
    """A running server that sees the given nodes, all members that vote."""
    result = stopped(name)
    seen = result["seen"]
    seen["unit"] = {"state": "active"}
    seen["started"] = {**WANTED, layout.BINARY: "/opt/k3s/v1/k3s"}
    seen["api"] = {"ready": True, "lineage": "uid-1", "nodes": [node(other) for other in cluster]}
    seen["etcd"] = {
        "quorum": True,
        "members": [member(other) for other in cluster if "server" in other],
        "alarms": [],
        "cluster_id": "77",
        "leader_id": f"id-{leader}",
        "member_id": f"id-{name}",
    }
    return result


def unseen(name: str) -> dict:
    return {"host": name, "name": name, "role": "server", "address": "", "seen": None}


THREE = ["server1", "server2", "server3"]


def running(*changes: tuple[str, dict], leader: str = "server1", agents: tuple[str, ...] = ()) -> list[dict]:
    """Three live servers, some of them replaced."""
    hosts = {name: live(name, [*THREE, *agents], leader) for name in THREE}
    hosts.update(changes)
    return list(hosts.values())


def agent(name: str, state: str = "active") -> dict:
    result = host(name)
    result["seen"].update(
        installed_version=VERSION, node_password=True, registered_at=address("server1"), agent_token_matches=True
    )
    result["seen"]["unit"] = {"state": state}
    result["seen"]["started"] = dict(WANTED) if state == "active" else None
    return result


def changed(found: dict, **seen) -> dict:
    found["seen"].update(seen)
    return found


def outdated(found: dict) -> dict:
    found["seen"]["started"][layout.NODE_FILE] = "n0"
    return found


def other_cluster(found: dict) -> dict:
    found["seen"]["ca"] = "ca-2"
    found["seen"]["api"]["lineage"] = "uid-2"
    found["seen"]["etcd"]["cluster_id"] = "78"
    return found


def single() -> dict:
    return live("server1", ["server1"])


def view(hosts: list[dict], edit) -> list[dict]:
    """The same hosts with another view of the cluster."""
    for entry in hosts:
        if entry["seen"]:
            edit(entry["seen"])
    return hosts


def acts(plan: dict) -> list[str]:
    words = [f"start {name}" for name in plan["start"]]
    words += [f"{step['action']} {step['host']}" + (" (stale)" if step["stale"] else "") for step in plan["steps"]]
    words += [f"start {name}" for name in plan["agents"]["start"]] + [
        f"restart {name}" for name in plan["agents"]["restart"]
    ]
    return words


PLANS = {
    "one new host": ([host("server1")], ["found server1"]),
    "three new hosts": ([host(name) for name in THREE], ["found server1", "join server2", "join server3"]),
    "nothing to do": (running(), []),
    "one server, nothing to do": ([single()], []),
    "grow from one to three": (
        [single(), host("server2"), host("server3")],
        ["join server2", "join server3"],
    ),
    "grow with a new address in the certificate: the old server restarts once the others are there": (
        [outdated(single()), host("server2"), host("server3")],
        ["join server2", "join server3", "restart server1"],
    ),
    "the first run was interrupted after the founding": (
        [stopped("server1"), host("server2"), host("server3")],
        ["start server1", "join server2 (stale)", "join server3 (stale)"],
    ),
    "the first run was interrupted while a server entered": (
        [
            live("server1", ["server1"]),
            changed(host("server2"), unit={"state": "activating"}),
            host("server3"),
        ],
        ["join server2", "join server3"],
    ),
    "the founder is still starting": (
        [changed(stopped("server1"), unit={"state": "activating"}), host("server2"), host("server3")],
        ["start server1", "join server2 (stale)", "join server3 (stale)"],
    ),
    "the first server was wiped": (running(("server1", host("server1")), leader="server2"), ["join server1 (stale)"]),
    "a wiped server that the cluster has forgotten already": (
        view(
            running(("server3", host("server3"))),
            lambda seen: (
                seen["api"].update(nodes=[node("server1"), node("server2")]),
                seen["etcd"].update(members=[member("server1"), member("server2")]),
            ),
        ),
        ["join server3"],
    ),
    "a server that was removed from etcd and kept its data": (
        running(("server2", changed(stopped("server2"), datastore="removed"))),
        ["join server2 (stale)"],
    ),
    "all servers are down with data": ([stopped(name) for name in THREE], [f"start {name}" for name in THREE]),
    "all down, the first wiped": (
        [host("server1"), stopped("server2"), stopped("server3")],
        ["start server2", "start server3", "join server1 (stale)"],
    ),
    "one server is down with data": (running(("server2", stopped("server2"))), ["start server2"]),
    "two of three are down, the third waits for a majority": (
        [changed(stopped("server1"), unit={"state": "activating"}), stopped("server2"), stopped("server3")],
        ["start server1", "start server2", "start server3"],
    ),
    "a server failed": (running(("server2", changed(stopped("server2"), unit={"state": "failed"}))), ["start server2"]),
    "a changed configuration restarts all, the leader last": (
        [outdated(entry) for entry in running(leader="server1")],
        ["restart server2", "restart server3", "restart server1"],
    ),
    "a changed configuration on one": (running(("server2", outdated(live("server2", THREE)))), ["restart server2"]),
    "nobody knows what the running process has read": (
        running(("server3", changed(live("server3", THREE), started=None))),
        ["restart server3"],
    ),
    "a file that was read is to go": (
        running(("server3", changed(live("server3", THREE), started={**WANTED, layout.REGISTRIES_FILE: "r"}))),
        ["restart server3"],
    ),
    "a stopped server with a changed configuration is started, not restarted": (
        running(("server3", changed(stopped("server3"), started={**WANTED, layout.NODE_FILE: "n0"}))),
        ["start server3"],
    ),
    "a new agent": ([*running(), host("agent1")], ["start agent1"]),
    "an agent with a changed configuration": (
        [*running(agents=("agent1",)), outdated(agent("agent1"))],
        ["restart agent1"],
    ),
    "an agent that runs": ([*running(agents=("agent1",)), agent("agent1")], []),
    "a learner that catches up is waited for by the gate": (
        view(
            running(),
            lambda seen: seen["etcd"].update(
                members=[member("server1"), member("server2"), member("server3", learner=True)]
            ),
        ),
        [],
    ),
    "a member that is no server of the inventory, nothing to do": (
        view(running(), lambda seen: seen["etcd"]["members"].append(member("server9"))),
        [],
    ),
    "an alarm, nothing to do": (view(running(), lambda seen: seen["etcd"].update(alarms=["NOSPACE on server2"])), []),
    "a server does not answer, nothing to do": (running(("server3", unseen("server3"))), []),
    "a server does not answer, the others restart as a majority": (
        [stopped("server1"), stopped("server2"), unseen("server3")],
        ["start server1", "start server2"],
    ),
}

REFUSALS = {
    "no server": ([agent("agent1")], "no server in the inventory"),
    "two servers": ([host("server1"), host("server2")], "2 servers (server1, server2): etcd needs an odd number"),
    "new hosts, one does not answer": (
        [host("server1"), host("server2"), unseen("server3")],
        "server3 did not answer (unreachable, or left out by --limit) and may hold the cluster's data",
    ),
    "a server is to enter while another does not answer": (
        running(("server2", host("server2")), ("server3", unseen("server3"))),
        "nothing is changed in a cluster that is not complete",
    ),
    "a restart is due while another does not answer": (
        running(("server2", outdated(live("server2", THREE))), ("server3", unseen("server3"))),
        "nothing is changed in a cluster that is not complete",
    ),
    "a lone server with data, the others do not answer": (
        [stopped("server1"), unseen("server2"), unseen("server3")],
        "the others are no majority",
    ),
    "two clusters": (
        running(("server3", other_cluster(live("server3", ["server3"])))),
        "different clusters, told apart by their kube-system UID: server1, server2 (uid-1) against server3 (uid-2)",
    ),
    "two clusters, both stopped, known by their authority": (
        [stopped("server1"), stopped("server2"), changed(stopped("server3"), ca="ca-2")],
        "told apart by their certificate authority",
    ),
    "a stranger in etcd while a server is to enter": (
        view(running(("server3", host("server3"))), lambda seen: seen["etcd"]["members"].append(member("server9"))),
        "etcd has a member server9-0a1b2c3d that is no server of this inventory",
    ),
    "an alarm while a restart is due": (
        view(
            running(("server2", outdated(live("server2", THREE)))),
            lambda seen: seen["etcd"].update(alarms=["NOSPACE on server2"]),
        ),
        "etcd raises NOSPACE on server2, expected no alarm",
    ),
    "another version": (
        running(("server2", changed(live("server2", THREE), installed_version="v1.34.4+k3s1"))),
        "server2: runs v1.34.4+k3s1, the inventory asks for v1.35.4+k3s1 -> upgrade",
    ),
    "another version on an agent": (
        [*running(), changed(agent("agent1"), installed_version="v1.34.4+k3s1")],
        "agent1: runs v1.34.4+k3s1",
    ),
    "another token": (
        running(("server2", changed(live("server2", THREE), token_matches=False))),
        "server2: its cluster uses another token",
    ),
    "another agent token": (
        running(("server2", changed(live("server2", THREE), agent_token_matches=False))),
        "server2: its cluster uses another agent token",
    ),
    "another pod network": (
        running(("server1", changed(live("server1", THREE), immutable={"cluster-cidr": "10.42.0.0/16"}))),
        "cluster-cidr is 10.42.0.0/16 for the life of the cluster, the inventory asks for 198.18.0.0/16",
    ),
    "encryption switched off": (
        running(("server1", changed(live("server1", THREE), immutable={"secrets-encryption": "false"}))),
        "secrets-encryption is false for the life of the cluster, the inventory asks for true",
    ),
    "data in SQLite": ([changed(stopped("server1"), datastore="sqlite")], "SQLite, expected embedded etcd"),
    "every server was removed from its cluster": (
        [changed(stopped("server1"), datastore="removed")],
        "was removed from its cluster -> restore",
    ),
    "an old kernel set-up": (
        [changed(host("server1"), system={**host("server1")["seen"]["system"], "cgroup": 1})],
        "server1: cgroup v1, expected v2",
    ),
    "an architecture that nobody builds for": (
        [changed(host("server1"), system={**host("server1")["seen"]["system"], "architecture": "riscv64"})],
        "architecture riscv64",
    ),
    "a port in use": (
        [changed(host("server1"), system={**host("server1")["seen"]["system"], "listeners": [22, 6443]})],
        "server1: something listens on 6443 already",
    ),
    "a full disk": (
        [changed(host("server1"), system={**host("server1")["seen"]["system"], "free_bytes": {"/opt": 100 << 20}})],
        "server1: 100 MiB free for /opt, expected 1024",
    ),
    "no address": ([{**host("server1"), "address": ""}], "server1: no address found"),
}


@pytest.mark.parametrize("situation", PLANS)
def test_plan(situation: str) -> None:
    hosts, expected = PLANS[situation]
    plan = decide.plan(copy.deepcopy(hosts))
    assert plan["refusals"] == []
    assert acts(plan) == expected


@pytest.mark.parametrize("situation", REFUSALS)
def test_refusal(situation: str) -> None:
    hosts, expected = REFUSALS[situation]
    plan = decide.plan(copy.deepcopy(hosts))
    assert expected in "\n".join(plan["refusals"])
    assert (plan["start"], plan["steps"], plan["marks"]) == ([], [], [])


def join(hosts: list[dict], name: str) -> tuple[object, object]:
    stages = decide.plan(copy.deepcopy(hosts))["join"][name]
    return tuple(stage.get("server", "found") for stage in (stages["now"], stages["final"]))


S1, S2 = "https://198.51.100.11:6443", "https://198.51.100.12:6443"


@pytest.mark.parametrize(
    ("hosts", "name", "expected"),
    [
        ([host("server1")], "server1", ("found", "found")),
        ([host(name) for name in THREE], "server1", ("found", S2)),
        ([host(name) for name in THREE], "server3", (S1, S1)),
        ([changed(single(), registered_at=""), host("server2"), host("server3")], "server1", ("found", S2)),
        (running(), "server1", (S2, S2)),
        (running(("server1", host("server1")), leader="server2"), "server1", (S2, S2)),
        # The server that it once entered through has left the inventory.
        (running(("server3", changed(live("server3", THREE), registered_at="198.51.100.99"))), "server3", (S1, S1)),
        ([*running(), host("agent1")], "agent1", (S1, S1)),
        ([*[host(name) for name in THREE], host("agent1")], "agent1", (S1, S1)),
    ],
)
def test_join_settings_now_and_at_the_end(hosts: list[dict], name: str, expected: tuple[str, str]) -> None:
    assert join(hosts, name) == expected


def test_join_settings_of_a_second_run_are_the_final_ones_of_the_first() -> None:
    _now, final = join([host(name) for name in THREE], "server1")
    second = running(("server1", changed(live("server1", THREE), registered_at=address("server2"))))
    assert join(second, "server1") == (final, final)


def test_every_step_expects_the_servers_that_have_entered_by_then() -> None:
    steps = decide.plan([host(name) for name in THREE])["steps"]
    assert [sorted(step["after"]) for step in steps] == [THREE[:1], THREE[:2], THREE]


@pytest.mark.parametrize(
    ("hosts", "gatekeepers"),
    [
        ([host(name) for name in THREE], ["", "", ""]),
        ([single(), host("server2"), host("server3")], ["server1", ""]),
        ([outdated(entry) for entry in running(leader="server2")], ["server1", "", ""]),
    ],
)
def test_the_first_change_to_a_cluster_begins_with_the_gate(hosts: list[dict], gatekeepers: list[str]) -> None:
    assert [step["gatekeeper"] for step in decide.plan(copy.deepcopy(hosts))["steps"]] == gatekeepers


def test_an_agent_that_lost_its_password_is_forgotten_first() -> None:
    lost = changed(host("agent1"), node_password=False)
    assert decide.plan([*running(agents=("agent1",)), lost])["agents"]["stale"] == ["agent1"]


def test_labels_and_taints_that_a_registered_node_lacks() -> None:
    hosts = running()
    hosts[1]["settings"] = {**hosts[1]["settings"], "node_labels": ["room=2"], "node_taints": ["a=b:NoSchedule"]}
    assert decide.plan(hosts)["marks"] == [{"name": "server2", "labels": {"room": "2"}, "taints": ["a=b:NoSchedule"]}]


def test_labels_that_a_node_has_are_left_alone() -> None:
    hosts = running()
    hosts[1]["settings"] = {**hosts[1]["settings"], "node_labels": ["room=1"]}
    assert decide.plan(hosts)["marks"] == []


def test_warnings_name_strangers_alarms_and_certificates() -> None:
    hosts = view(running(), lambda seen: seen["etcd"].update(alarms=["CORRUPT on server1"]))
    hosts[0]["seen"]["etcd"]["members"].append(member("server9"))
    hosts[2]["seen"]["certificates"] = {"/x.crt": 12, "/y.crt": 300}
    assert decide.plan(hosts)["warnings"] == [
        "etcd has a member server9-0a1b2c3d that is no server of this inventory",
        "etcd raises CORRUPT on server1",
        "server3: certificates end in 12 days -> restart k3s, which renews them",
    ]


def test_servers_of_a_new_cluster_enter_while_the_others_become_ready() -> None:
    steps = decide.plan([host(name) for name in THREE])["steps"]
    assert [step["through"] for step in steps] == [address("server1")] * 3


def test_servers_of_a_cluster_that_is_in_use_enter_one_by_one() -> None:
    steps = decide.plan([live("server1", ["server1"]), host("server2"), host("server3")])["steps"]
    assert [(step["action"], step["through"]) for step in steps] == [("join", "")] * 2
