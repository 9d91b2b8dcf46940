"""Authorities exchanged: who is restarted in which order, and how a run goes on."""

from __future__ import annotations

import copy

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import decide
from found import THREE, agent, running, single, stopped, unseen
from rotating import acts, asked, begun

WITH_AGENT = [*running(agents=("agent1",)), agent("agent1")]
SERVERS = ["renew server2", "renew server3", "renew server1"]


def succeeding(hosts: list[dict], what: str = "authority", trusts: int = 1, **after: str) -> list[dict]:
    """The same hosts, of which some have another bundle than ca-1."""
    hosts = copy.deepcopy(hosts)
    for entry in hosts:
        if entry["seen"] and entry["seen"]["ca"]:
            entry["seen"].update(ca=after.get(entry["name"], "ca-1"), authorities=trusts)
    return asked(hosts, what)


MARKED = {"kind": "authority", "host": "server2", "after": "ca-2"}
DROPPING = {**MARKED, "kind": "former_authority"}
SUCCESSIONS = {
    "new ones, for all": (succeeding(WITH_AGENT), True, [*SERVERS, "renew agent1"]),
    "one server": (succeeding([single()]), True, ["renew server1"]),
    "begun": (begun(succeeding(WITH_AGENT), MARKED), True, [*SERVERS, "renew agent1"]),
    "one restarted": (
        begun(succeeding(WITH_AGENT, trusts=4, server2="ca-2"), MARKED),
        True,
        [*SERVERS[1:], "renew agent1"],
    ),
    "servers restarted": (
        begun(succeeding(WITH_AGENT, trusts=4, **dict.fromkeys(THREE, "ca-2")), MARKED),
        False,
        ["renew agent1"],
    ),
    "not proved": (
        begun(succeeding(WITH_AGENT, trusts=4, agent1="ca-2", **dict.fromkeys(THREE, "ca-2")), MARKED),
        False,
        [],
    ),
    "former ones are dropped": (
        succeeding(WITH_AGENT, "former_authority", trusts=4),
        True,
        [*SERVERS, "renew agent1"],
    ),
    "there is none to drop": (succeeding(WITH_AGENT, "former_authority", trusts=2), False, []),
    "dropped by one": (
        begun(succeeding(WITH_AGENT, "former_authority", trusts=4, server2="ca-2"), DROPPING),
        True,
        [*SERVERS[1:], "renew agent1"],
    ),
    "authorities have been exchanged before": (succeeding([single()], trusts=2), True, ["renew server1"]),
}


@pytest.mark.parametrize("situation", SUCCESSIONS)
def test_authorities_are_exchanged(situation: str) -> None:
    hosts, exchanges, expected = SUCCESSIONS[situation]
    plan = decide.plan(hosts)
    assert plan["refusals"] == []
    assert bool(plan["authority"]) == exchanges
    assert acts(plan) == expected


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        (succeeding(WITH_AGENT, trusts=4), "have them dropped first, with the playbook rotate"),
        (begun(succeeding(WITH_AGENT, "former_authority", trusts=4), MARKED), "a rotation of authority has begun"),
        (succeeding(running(("server3", stopped("server3")))), "server3: takes no part in the cluster"),
        (succeeding([*running(), {**unseen("agent1"), "role": "agent"}]), "agent1 did not answer, and would trust"),
        (succeeding(WITH_AGENT, server2="ca-2"), "told apart by their certificate authority"),
    ],
)
def test_no_authority_is_exchanged(hosts: list[dict], expected: str) -> None:
    plan = decide.plan(hosts)
    assert any(expected in text for text in plan["refusals"]), plan["refusals"]
    assert plan["steps"] == [] and plan["authority"] == {}
