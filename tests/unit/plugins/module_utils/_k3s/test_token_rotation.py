"""The token of the servers exchanged: who makes it, who is restarted in which order, and how a run goes on."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import decide
from found import THREE, running, single, stopped, unseen
from rotating import TOKEN, acts, asked, begun, holding


def exchanging(hosts: list[dict]) -> list[dict]:
    return asked(begun(hosts, TOKEN), "token")


EXCHANGED = {"server1": "t2/t2!", "server2": "t1/t2!", "server3": "t1/t2!"}
TOKENS = {
    "a new token: who leads etcd makes it and comes last": (
        asked(running(), "token"),
        True,
        ["renew server2", "renew server3", "renew server1"],
    ),
    "one server": (asked([single()], "token"), True, ["renew server1"]),
    "begun, nothing made": (exchanging(running()), True, ["renew server2", "renew server3", "renew server1"]),
    "begun, another leads now, which changes nothing": (
        exchanging(running(leader="server3")),
        True,
        ["renew server2", "renew server3", "renew server1"],
    ),
    "made, and nowhere but where k3s writes it": (
        exchanging(holding(running(), server1="t2/t1")),
        True,
        ["renew server2", "renew server3", "renew server1"],
    ),
    "made, and given to some": (
        exchanging(holding(running(), server1="t2/t2!", server2="t1/t2!")),
        True,
        ["renew server2", "renew server3", "renew server1"],
    ),
    "given to all, the inventory is behind": (
        exchanging(holding(running(), **EXCHANGED)),
        False,
        ["renew server2", "renew server3", "renew server1"],
    ),
    "given to all, the inventory, too": (
        exchanging(holding(running(), "t2", **EXCHANGED)),
        False,
        ["renew server2", "renew server3", "renew server1"],
    ),
    "one restarted": (
        exchanging(holding(running(), **{**EXCHANGED, "server2": "t2/t2"})),
        False,
        ["renew server3", "renew server1"],
    ),
    "one stopped for its turn": (
        exchanging(holding(running(("server3", stopped("server3"))), **{**EXCHANGED, "server2": "t2/t2"})),
        False,
        ["renew server1"],
    ),
    "all restarted, not proved": (exchanging(holding(running(), "t2", **dict.fromkeys(THREE, "t2/t2"))), False, []),
}


@pytest.mark.parametrize("situation", TOKENS)
def test_the_token_is_exchanged(situation: str) -> None:
    hosts, exchanges, expected = TOKENS[situation]
    plan = decide.plan(hosts)
    assert plan["refusals"] == []
    assert bool(plan["token"]) == exchanges
    assert not exchanges or plan["token"]["marker"] == TOKEN
    assert acts(plan) == expected


@pytest.mark.parametrize(
    ("situation", "makes"),
    [
        ("a new token: who leads etcd makes it and comes last", True),
        ("begun, nothing made", True),
        ("made, and nowhere but where k3s writes it", False),
        ("made, and given to some", False),
        ("all restarted, not proved", False),
    ],
)
def test_no_second_token_is_made_by_those_that_go_on(situation: str, makes: bool) -> None:
    plan = decide.plan(TOKENS[situation][0])
    assert plan["makes"] == makes
    assert not plan["token"] or plan["token"]["makes"] == makes


def test_the_plan_says_who_makes_the_token() -> None:
    assert decide.plan(asked([single()], "token"))["summary"] == [
        "make a new token on server1, for all servers",
        "restart server1, because it began with the former token",
    ]


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        (asked(holding(running(), "t9"), "token"), "its cluster uses another token"),
        (asked(holding(running(), server2="t1/t9"), "token"), "server2: has, or was given, another token"),
        (exchanging(holding(running(), "t9", **EXCHANGED)), "server1, server2, server3: has, or was given, another"),
        (exchanging(holding(running(), **{**EXCHANGED, "server2": "t1/t9"})), "server2: has, or was given, another"),
        (asked(running(("server3", stopped("server3"))), "token"), "server3: takes no part in the cluster"),
        (asked(running(("server3", unseen("server3"))), "token"), "server3 did not answer"),
        (asked(begun(running()), "token"), "a rotation of encryption_keys has begun on server2 and not ended"),
    ],
)
def test_no_token_is_made(hosts: list[dict], expected: str) -> None:
    plan = decide.plan(hosts)
    assert any(expected in text for text in plan["refusals"]), plan["refusals"]
    assert plan["steps"] == [] and plan["token"] == {}


@pytest.mark.parametrize("wanted", ["t1", "t2"])
def test_bootstrap_waits_until_all_servers_have_one_token(wanted: str) -> None:
    [refusal] = decide.plan(begun(holding(running(), wanted, **EXCHANGED), TOKEN))["refusals"]
    assert refusal.endswith("end it first, with the playbook rotate and -e rotate=token")
