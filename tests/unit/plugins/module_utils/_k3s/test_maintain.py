"""What else is to be done on hosts: in which order, who gives up its pods, and what speaks against it."""

from __future__ import annotations

import copy

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import decide
from found import THREE, agent, changed, host, live, outdated, running, single, stopped, unseen, view

AGENTS = [*running(agents=("agent1",)), agent("agent1")]


def due(hosts: list[dict], *names: str, stops: tuple[str, ...] = (), **settings: object) -> list[dict]:
    """The same hosts in a run that maintains the named ones."""
    hosts = copy.deepcopy(hosts)
    for entry in hosts:
        if "settings" in entry:
            work = "update aaa from 1 to 2" if entry["name"] in names else ""
            entry["settings"].update(maintenance=True, maintain=work, maintain_stops=entry["name"] in stops, **settings)
    return hosts


def turns(hosts: list[dict]) -> list[str]:
    return [f"{step['action']} {step['host']}" for step in decide.plan(hosts)["steps"]]


TURNS = {
    "nothing is to be done": (due(running()), []),
    "etcd's leader comes last": (
        due(running(leader="server1"), *THREE),
        ["maintain server2", "maintain server3", "maintain server1"],
    ),
    "one host": (due(running(), "server2"), ["maintain server2"]),
    "one server": (due([single()], "server1"), ["maintain server1"]),
    "agents come after the servers": (
        due(AGENTS, "agent1", "server1"),
        ["maintain server1", "maintain agent1"],
    ),
    "an agent that does not run": (
        due([*running(agents=("agent1",)), agent("agent1", "inactive")], "agent1"),
        ["maintain agent1"],
    ),
    "servers that do not run are started before": (
        due([stopped(name) for name in THREE], "server2"),
        ["maintain server2"],
    ),
    "a changed configuration needs a restart": (
        due(running(("server2", outdated(live("server2", THREE)))), "server2"),
        ["restart server2", "maintain server2"],
    ),
    "or comes with the stop": (
        due(running(("server2", outdated(live("server2", THREE)))), "server2", stops=("server2",)),
        ["maintain server2"],
    ),
}


@pytest.mark.parametrize("situation", TURNS)
def test_turns(situation: str) -> None:
    hosts, expected = TURNS[situation]
    assert decide.plan(hosts)["refusals"] == []
    assert turns(hosts) == expected


def test_the_plan_says_what_is_done() -> None:
    assert decide.plan(due(running(), "server2"))["summary"] == ["maintain server2: update aaa from 1 to 2"]


@pytest.mark.parametrize(
    ("hosts", "drains", "drainable"),
    [
        (due(running(), "server2"), False, True),
        (due(running(), "server2", stops=("server2",)), True, True),
        (due(running(), "server2", stops=("server2",), drain=False), False, False),
        (due([single()], "server1", stops=("server1",)), False, False),
        # What could not be asked yet can't be refused either.
        (due([stopped(name) for name in THREE], "server2", stops=("server2",)), False, True),
        (due([stopped("server1")], "server1", stops=("server1",)), False, False),
    ],
)
def test_pods_move_where_a_host_stops_and_others_are_there(hosts: list[dict], drains: bool, drainable: bool) -> None:
    [step] = decide.plan(hosts)["steps"]
    assert (step["drains"], step["drainable"]) == (drains, drainable)


@pytest.mark.parametrize(("name", "voice"), [("server2", "server2"), ("agent1", "server1")])
def test_a_server_speaks_for_itself(name: str, voice: str) -> None:
    [step] = decide.plan(due(AGENTS, name))["steps"]
    assert step["voice"] == voice


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        (due([*running()[:2], unseen("server3")], "server1"), "nothing is changed in a cluster that is not complete"),
        (due([*running()[:2], host("server3")]), "server3: has no data; a server enters by the playbook bootstrap"),
        (due(view(running(), lambda seen: seen["etcd"].update(alarms=["NOSPACE on server2"])), "server1"),
         "etcd raises NOSPACE on server2"),
        (due(running(("server2", changed(live("server2", THREE), installed_version="v1.35.3+k3s1"))), "server1"),
         "upgrade with the playbook upgrade"),
    ],
)  # fmt: skip
def test_refusals(hosts: list[dict], expected: str) -> None:
    plan = decide.plan(hosts)
    assert expected in "\n".join(plan["refusals"])
    assert plan["steps"] == []
