"""When the gate opens, and what it says when it does not."""

from __future__ import annotations

import copy

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import gate

SERVERS = {"server1": "198.51.100.11", "server2": "198.51.100.12"}
HEALTHY = {
    "unit": {"state": "active"},
    "api": {
        "ready": True,
        "error": "",
        "nodes": [
            {"name": "server1", "ready": "True", "voter": "True"},
            {"name": "agent1", "ready": "True", "voter": "Unknown"},
        ],
    },
    "etcd": {
        "running": True,
        "quorum": True,
        "error": "",
        "alarms": [],
        "members": [
            {"name": "server1-1", "addresses": ["198.51.100.11"], "learner": False, "started": True},
            {"name": "server2-1", "addresses": ["198.51.100.12"], "learner": False, "started": True},
        ],
    },
    "peers": {"198.51.100.11": "", "198.51.100.12": ""},
}


def after(edit) -> dict:
    observed = copy.deepcopy(HEALTHY)
    edit(observed)
    return observed


def node(index: int, **changes):
    return lambda seen: seen["api"]["nodes"][index].update(changes)


def member(index: int, **changes):
    return lambda seen: seen["etcd"]["members"][index].update(changes)


CLOSED = {
    "not ready": (node(0, ready="False"), "node server1 is Ready: seen Ready=False, expected Ready=True"),
    "no voter yet": (node(0, voter="False"), "node server1 votes: seen EtcdIsVoter=False"),
    "not registered": (node(0, name="other"), "node server1 is registered: seen nodes: other, agent1"),
    "a learner": (member(1, learner=True), "etcd member server2-1 votes: seen learner, expected voter"),
    "an added member that never started": (
        member(1, started=False, name=""),
        "etcd member at 198.51.100.12 has started: seen added, never started",
    ),
    "a server that is no member": (
        lambda seen: seen["etcd"]["members"].pop(),
        "server2 is a member of etcd: seen members at 198.51.100.11, expected 198.51.100.12",
    ),
    "an alarm": (
        lambda seen: seen["etcd"].update(alarms=["NOSPACE on server2-1"]),
        "etcd raises no alarm: seen NOSPACE on server2-1",
    ),
    "no majority": (
        lambda seen: seen["etcd"].update(quorum=False, error="timed out"),
        "etcd has a quorum: seen timed out",
    ),
    "a dead peer": (
        lambda seen: seen["peers"].update({"198.51.100.12": "connection refused"}),
        "the API on server2 is ready: seen connection refused, expected ok from /readyz -> bring server2 back",
    ),
    "a unit that is still starting": (
        lambda seen: seen["unit"].update(state="activating"),
        "k3s.service runs: seen activating, expected active",
    ),
}


@pytest.mark.parametrize("reason", CLOSED)
def test_closed(reason: str) -> None:
    edit, expected = CLOSED[reason]
    failures = gate.judge(after(edit), "server1", SERVERS)
    assert expected in gate.explain(failures)
    assert all(failure.remedy for failure in failures)


def test_open() -> None:
    assert gate.judge(copy.deepcopy(HEALTHY), "server1", SERVERS) == []


def test_a_server_that_does_not_start_is_not_blamed_for_its_consequences() -> None:
    def crash(seen: dict) -> None:
        seen["unit"].update(state="failed")
        seen["api"].update(ready=False, error="connection refused")
        seen["etcd"].update(running=False, quorum=False)

    failures = gate.judge(after(crash), "server1", SERVERS)
    assert [failure.condition for failure in failures] == ["k3s.service runs", "the API on this host is ready"]


def test_a_server_that_waits_for_a_majority_says_so() -> None:
    def wait(seen: dict) -> None:
        seen["unit"].update(state="activating")
        seen["api"].update(ready=False, error="connection refused")
        seen["etcd"].update(quorum=False, error="timed out")

    assert "etcd has a quorum: seen timed out" in gate.explain(gate.judge(after(wait), "server1", SERVERS))


def test_an_agent_need_not_vote() -> None:
    assert gate.judge_agent(HEALTHY, "agent1") == []


def test_an_agent_that_is_not_ready() -> None:
    assert "agent1 is Ready" in gate.explain(gate.judge_agent(after(node(1, ready="Unknown")), "agent1"))


@pytest.mark.parametrize(
    ("beats", "opens"),
    [(("09:00", "09:10"), True), (("", "09:10"), True), (("09:00", "09:00"), False), (("", ""), False),
     (("09:00", None), False), ((None, None), False)],
)  # fmt: skip
def test_an_agent_that_is_not_heard_is_not_taken_for_ready(beats: tuple[str | None, str | None], opens: bool) -> None:
    said = gate.explain(gate.judge_agent(HEALTHY, "agent1", beats=beats))
    assert (said == "", "the kubelet of agent1 is heard" in said) == (opens, not opens)


def entering(seen: dict) -> None:
    """A server whose etcd already votes while everything else of it is still to come."""
    seen["unit"].update(state="activating")
    seen["api"].update(ready=False, error="connection refused", nodes=[])


def test_the_next_may_enter_as_soon_as_all_members_vote() -> None:
    assert gate.judge_entry(after(entering), SERVERS) == []


@pytest.mark.parametrize("reason", ["a learner", "an added member that never started", "a server that is no member",
                                    "an alarm", "no majority", "a dead peer"])  # fmt: skip
def test_the_next_may_not_enter(reason: str) -> None:
    edit, expected = CLOSED[reason]
    assert expected in gate.explain(gate.judge_entry(after(edit), SERVERS))


def test_what_is_left_of_a_server_that_lost_its_data_does_not_bar_its_return() -> None:
    observed = after(member(1, started=False, name=""))
    observed["peers"].pop("198.51.100.12")
    remaining = {"server1": "198.51.100.11"}
    assert gate.judge(observed, "server1", remaining) != []
    assert gate.judge(observed, "server1", remaining, leaving="198.51.100.12") == []


def test_a_server_of_which_nobody_knows_yet_whether_it_votes_is_waited_for() -> None:
    observed = after(node(0, voter="Unknown"))
    assert "node server1 votes" in gate.explain(gate.judge(observed, "server1", SERVERS))


@pytest.mark.parametrize(("version", "opens"), [("", True), ("v1.35.4+k3s1", True), ("v1.36.3+k3s1", False)])
def test_a_node_that_runs_another_version_is_waited_for(version: str, opens: bool) -> None:
    def runs(seen: dict) -> None:
        for known in seen["api"]["nodes"]:
            known["version"] = "v1.35.4+k3s1"

    observed = after(runs)
    said = gate.explain(gate.judge(observed, "server1", SERVERS, version=version))
    assert (said == "", gate.judge_agent(observed, "agent1", version) == []) == (opens, opens)
    assert opens or "node server1 runs v1.36.3+k3s1: seen v1.35.4+k3s1" in said
