"""What the plan says in every situation that a cluster's hosts can be found in."""

from __future__ import annotations

import copy

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import decide, layout
from found import (
    SETTINGS,
    THREE,
    WANTED,
    address,
    agent,
    changed,
    host,
    live,
    member,
    node,
    outdated,
    running,
    single,
    stopped,
    unseen,
    view,
)


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


@pytest.mark.parametrize("situation", PLANS)
def test_plan(situation: str) -> None:
    hosts, expected = PLANS[situation]
    plan = decide.plan(copy.deepcopy(hosts))
    assert plan["refusals"] == []
    assert acts(plan) == expected
    assert plan["idle"] is (expected == [])


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


@pytest.mark.parametrize(
    ("servers", "agent", "stale"),
    [
        ([stopped("server1")], host("agent1"), ["agent1"]),
        ([stopped("server1")], stopped("agent1"), []),
        ([host("server1")], host("agent1"), []),
        ([single()], host("agent1"), []),
    ],
    ids=["after a restore it is remembered", "it knows its password", "nobody was there before", "it is new"],
)
def test_members_that_do_not_run_may_remember_an_agent(servers: list[dict], agent: dict, stale: list[str]) -> None:
    agent = changed(agent, datastore="")
    assert decide.plan([*copy.deepcopy(servers), agent])["agents"]["stale"] == stale


def test_labels_and_taints_that_a_registered_node_lacks() -> None:
    hosts = running()
    hosts[1]["settings"] = {**hosts[1]["settings"], "node_labels": ["room=2"], "node_taints": ["a=b:NoSchedule"]}
    plan = decide.plan(hosts)
    assert plan["marks"] == [{"name": "server2", "labels": {"room": "2"}, "taints": ["a=b:NoSchedule"]}]
    assert not plan["idle"]


def test_labels_that_a_node_has_are_left_alone() -> None:
    hosts = running()
    hosts[1]["settings"] = {**hosts[1]["settings"], "node_labels": ["room=1"]}
    plan = decide.plan(hosts)
    assert plan["marks"] == [] and plan["idle"]


def test_warnings_name_strangers_alarms_and_certificates() -> None:
    hosts = view(running(), lambda seen: seen["etcd"].update(alarms=["CORRUPT on server1"]))
    hosts[0]["seen"]["etcd"]["members"].append(member("server9"))
    hosts[2]["seen"]["certificates"] = {"/x.crt": 12, "/y.crt": 300}
    assert decide.plan(hosts)["warnings"] == [
        "etcd has a member server9-0a1b2c3d that is no server of this inventory",
        "etcd raises CORRUPT on server1",
        "server3: certificates end in 12 days -> run the playbook rotate with -e rotate=certificates",
    ]


def test_volumes_that_died_with_the_disk_of_a_server_are_named_while_it_enters_anew() -> None:
    path = SETTINGS["local_storage_path"]
    known = [{"name": f"pvc-{n}", "claim": f"db/{n}", "path": f"{path}/pvc-{n}", "node": f"server{n}"} for n in (2, 3)]
    hosts = view(running(("server3", host("server3"))), lambda seen: seen["api"].update(volumes=known))
    hosts[1]["seen"]["storage"]["directories"] = ["pvc-2"]
    [warning] = decide.plan(hosts)["summary"][:-1]
    assert warning.startswith("server3: the data of db/3 are gone with its disk")


def test_servers_of_a_new_cluster_enter_while_the_others_become_ready() -> None:
    steps = decide.plan([host(name) for name in THREE])["steps"]
    assert [step["through"] for step in steps] == [address("server1")] * 3


def test_servers_of_a_cluster_that_is_in_use_enter_one_by_one() -> None:
    steps = decide.plan([live("server1", ["server1"]), host("server2"), host("server3")])["steps"]
    assert [(step["action"], step["through"]) for step in steps] == [("join", "")] * 2


def test_only_a_server_that_runs_is_stopped_for_a_step() -> None:
    removed = changed(live("server3", THREE), datastore="removed")
    steps = decide.plan(running(("server2", host("server2")), ("server3", removed)))["steps"]
    assert [(step["host"], step["stops"]) for step in steps] == [("server2", False), ("server3", True)]


def test_a_new_cluster_has_a_founder_and_no_other_has() -> None:
    assert decide.plan([host(name) for name in THREE])["founder"] == "server1"
    assert decide.plan(running())["founder"] == ""
