"""The token of agents exchanged: whom it is given to, who is restarted in which order, and how a run goes on."""

from __future__ import annotations

import copy

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import decide
from found import THREE, agent, running, single, stopped, unseen
from rotating import TOKEN, acts, asked, begun, holding


def admitting(hosts: list[dict], wanted: str = "a1", **tokens: str) -> list[dict]:
    """The same hosts, of which some have WRITTEN/KEPT/FORMER, and a ! where k3s did not begin with that."""
    hosts = copy.deepcopy(hosts)
    for entry in hosts:
        if entry["seen"] is None:
            continue
        of_server = "a1" if entry["role"] == "server" else ""
        text = tokens.get(entry["name"], f"{of_server}/a1/")
        written, kept, former = text.removesuffix("!").split("/")
        entry["seen"].update(
            agent_token={
                "wanted": wanted,
                "written": written,
                "kept": kept,
                "changed": text.endswith("!"),
                "former": former.split(),
            },
            agent_token_matches=(written or kept) == wanted,
        )
    return asked(hosts, "agent_token")


WITH_AGENT = [*running(agents=("agent1",)), agent("agent1")]
GIVEN = dict.fromkeys(THREE, "a1/a2/a1!")
TAKEN = dict.fromkeys(THREE, "a2/a2/a1")
SERVERS = ["renew server2", "renew server3", "renew server1"]
ADMITTED = {
    "all have the one that is given: a new one is made, for all": (
        admitting(WITH_AGENT),
        True,
        [*SERVERS, "renew agent1"],
    ),
    "one server": (admitting([single()]), True, ["renew server1"]),
    "the inventory is ahead": (admitting(WITH_AGENT, "a2"), False, [*SERVERS, "renew agent1"]),
    "given to one server": (admitting(WITH_AGENT, "a2", server2="a1/a2/a1!"), False, [*SERVERS, "renew agent1"]),
    "given to all servers": (admitting(WITH_AGENT, "a2", **GIVEN), False, [*SERVERS, "renew agent1"]),
    "one restarted": (
        admitting(WITH_AGENT, "a2", **{**GIVEN, "server2": "a2/a2/a1"}),
        False,
        [*SERVERS[1:], "renew agent1"],
    ),
    "one stopped for its turn": (
        admitting(
            [*running(("server3", stopped("server3")), agents=("agent1",)), agent("agent1")],
            "a2",
            **{**GIVEN, "server2": "a2/a2/a1"},
        ),
        False,
        ["renew server1", "renew agent1"],
    ),
    "servers restarted": (admitting(WITH_AGENT, "a2", **TAKEN), False, ["renew agent1"]),
    "an agent stopped for its turn": (
        admitting([*running(agents=("agent1",)), agent("agent1", "inactive")], "a2", **TAKEN, agent1="/a2/"),
        False,
        [],
    ),
    "an agent that was given it and not restarted": (
        admitting(WITH_AGENT, "a2", **TAKEN, agent1="/a2/!"),
        False,
        ["renew agent1"],
    ),
    "all restarted, not proved": (admitting(WITH_AGENT, "a2", **TAKEN, agent1="/a2/"), False, []),
    "proved, and forgotten by one server": (
        admitting(WITH_AGENT, "a2", **{**TAKEN, "server1": "a2/a2/"}, agent1="/a2/"),
        False,
        [],
    ),
    "one agent has another": (admitting(WITH_AGENT, agent1="/a9/"), False, ["renew agent1"]),
}


@pytest.mark.parametrize("situation", ADMITTED)
def test_the_token_of_agents_is_exchanged(situation: str) -> None:
    hosts, generates, expected = ADMITTED[situation]
    plan = decide.plan(hosts)
    assert plan["refusals"] == []
    assert plan["agent_token"] == {"generates": generates, "asked": "server1"}
    assert acts(plan) == expected
    assert all(step["role"] == "agent" for step in plan["steps"] if step["host"] == "agent1")


def test_an_agent_that_stands_still_is_started_with_its_token() -> None:
    plan = decide.plan(ADMITTED["an agent stopped for its turn"][0])
    assert plan["agents"]["start"] == ["agent1"]
    assert decide.plan(admitting(WITH_AGENT, "a2"))["agents"] == {"start": [], "restart": [], "stale": []}


@pytest.mark.parametrize(
    ("situation", "makes"),
    [
        ("all have the one that is given: a new one is made, for all", True),
        ("the inventory is ahead", True),
        ("given to one server", False),
        ("all restarted, not proved", False),
    ],
)
def test_a_set_of_before_is_made_once(situation: str, makes: bool) -> None:
    assert decide.plan(ADMITTED[situation][0])["makes"] == makes


def test_the_plan_says_that_agents_get_a_token() -> None:
    assert decide.plan(admitting([single()]))["summary"] == [
        "have servers let agents in with a new token",
        "restart server1, because it began with another agents' token",
    ]


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        (admitting(WITH_AGENT, "a1", **GIVEN), "is a former one, which another one is taking the place of"),
        (admitting(running(("server3", stopped("server3"))), "a2"), "server3: takes no part in the cluster"),
        (admitting(running(("server3", unseen("server3"))), "a2"), "server3 did not answer"),
        (
            admitting([*running(), {**unseen("agent1"), "role": "agent"}], "a2"),
            "agent1 did not answer, and would be shut out",
        ),
        (admitting(begun(holding(running()), TOKEN), "a2"), "a rotation of token has begun on server1"),
    ],
)
def test_no_other_token_lets_agents_in(hosts: list[dict], expected: str) -> None:
    plan = decide.plan(hosts)
    assert any(expected in text for text in plan["refusals"]), plan["refusals"]
    assert plan["steps"] == [] and plan["agent_token"] == {}


def unasked(hosts: list[dict], **settings) -> list[dict]:
    for entry in hosts:
        entry["settings"] = {**entry["settings"], "rotate": "", **settings}
    return hosts


def test_bootstrap_says_how_hosts_get_the_token_that_is_given() -> None:
    [*refusals] = decide.plan(unasked(admitting(WITH_AGENT, "a2")))["refusals"]
    assert len(refusals) == 4 and all("-e rotate=agent_token" in text for text in refusals)


def test_what_is_not_proved_yet_is_told_and_nothing_that_runs_is_changed() -> None:
    hosts = admitting(WITH_AGENT, "a2", **TAKEN, agent1="/a2/")
    plan = decide.plan(unasked(copy.deepcopy(hosts)))
    assert plan["refusals"] == [] and "a rotation of agent_token has not ended" in plan["warnings"][0]
    [refusal] = decide.plan(unasked(copy.deepcopy(hosts), certificate_days=300))["refusals"]
    assert refusal.startswith("a rotation of agent_token has not ended -> end it first")
