"""The key for Secrets exchanged: who makes it, who is restarted in which order, and how an interrupted run goes on."""

from __future__ import annotations

import copy

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import decide, rotation
from found import THREE, agent, changed, host, live, outdated, running, single, stopped, unseen, view

BEGUN = {"kind": "encryption_keys", "host": "server2", "before": "k1"}
ALONE = {**BEGUN, "host": "server1"}
NEW = "reencrypt_finished-k2"


def asked(hosts: list[dict], what: str = "encryption_keys") -> list[dict]:
    """The same hosts, of which something is to be rotated."""
    hosts = copy.deepcopy(hosts)
    for entry in hosts:
        if entry["seen"]:
            entry["settings"] = {**entry["settings"], "rotate": what}
    return hosts


def tell(hosts: list[dict], **notes: str) -> list[dict]:
    """The same hosts, whose nodes tell of their keys."""

    def edit(seen: dict) -> None:
        for node in seen["api"]["nodes"]:
            node["encryption"] = notes.get(node["name"], node["encryption"])

    return view(hosts, edit)


def begun(hosts: list[dict], marker: dict = BEGUN, on: tuple[str, ...] = tuple(THREE)) -> list[dict]:
    for entry in hosts:
        if entry["seen"] and entry["name"] in on:
            entry["seen"]["rotation"] = dict(marker)
    return hosts


def rewritten(name: str) -> tuple[str, dict]:
    """A server whose keys were changed since it began."""
    return name, changed(live(name, THREE), encryption={"keys": ["aescbckey-2"], "changed": True})


def acts(plan: dict) -> list[str]:
    return [f"{step['action']} {step['host']}" for step in plan["steps"]]


ALL = ["key server2", "renew server2", "renew server3", "renew server1"]
CASES = {
    "a new key: a server that does not lead makes it, the leader comes last": (running(), ALL),
    "another leads": (running(leader="server2"), ["key server1", "renew server1", "renew server3", "renew server2"]),
    "one server": ([single()], ["key server1", "renew server1"]),
    "what another configuration asks for needs no restart of its own": (
        running(("server3", outdated(live("server3", THREE)))),
        ALL,
    ),
    "begun on one server, nothing made": (begun(running(), on=("server1",)), ALL),
    "begun, and k3s is about it": (begun(tell(running(), server2="reencrypt_active-k1")), ALL),
    "begun, and another leads now": (
        begun(running(leader="server2")),
        ["key server2", "renew server2", "renew server1", "renew server3"],
    ),
    "made, nobody restarted": (begun(tell(running(rewritten("server2")), server2=NEW)), ALL[1:]),
    "made, the first restarted": (begun(tell(running(), server2=NEW)), ALL[2:]),
    "made, the leader is left": (begun(tell(running(), server2=NEW, server3=NEW)), ALL[3:]),
    "made, the second was stopped for its turn": (
        begun(tell(running(("server3", stopped("server3"))), server2=NEW)),
        ALL[3:],
    ),
    "made, all restarted, not proved": (begun(tell(running(), **dict.fromkeys(THREE, NEW))), []),
    "one server made it, and was not restarted": (
        begun(tell([changed(single(), encryption={"keys": ["k"], "changed": True})], server1=NEW), ALONE),
        ["renew server1"],
    ),
    "somebody has made one by hand: all are restarted, no further one is made": (
        tell(running(), server2=NEW),
        ["renew server2", "renew server3", "renew server1"],
    ),
}


@pytest.mark.parametrize("situation", CASES)
def test_the_key_for_secrets_is_exchanged(situation: str) -> None:
    hosts, expected = CASES[situation]
    plan = decide.plan(asked(hosts))
    assert plan["refusals"] == []
    assert acts(plan) == expected
    assert plan["makes"] == any(act.startswith("key ") for act in expected)


def test_nothing_is_exchanged_unless_it_is_asked_for() -> None:
    assert acts(decide.plan(begun(tell(running(), server2=NEW)))) == []


def test_the_first_step_begins_with_the_gate() -> None:
    for hosts in (running(), begun(tell(running(), server2=NEW))):
        steps = decide.plan(asked(hosts))["steps"]
        assert [bool(step["gatekeeper"]) for step in steps] == [True] + [False] * (len(steps) - 1)


def test_the_plan_says_what_it_does() -> None:
    assert decide.plan(asked([single()]))["summary"] == [
        "make a new key for Secrets on server1",
        "restart server1, because Secrets have another key than it began with",
    ]


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        (running(), {**BEGUN}),
        (begun(running(leader="server2"), on=("server3",)), {**BEGUN}),
    ],
)
def test_the_marker_of_a_run_is_kept_by_those_that_go_on(hosts: list[dict], expected: dict) -> None:
    assert decide.plan(asked(hosts))["steps"][0]["marker"] == expected


def plain(hosts: list[dict]) -> list[dict]:
    for entry in hosts:
        entry["seen"]["encryption"] = {"keys": [], "changed": False}
    return tell(hosts, **dict.fromkeys(THREE, ""))


def old(hosts: list[dict]) -> list[dict]:
    for entry in hosts:
        entry["settings"] = {**entry["settings"], "version": "v1.30.4+k3s1"}
        entry["seen"]["installed_version"] = "v1.30.4+k3s1"
        for node in entry["seen"]["api"]["nodes"]:
            node["version"] = "v1.30.4+k3s1"
    return hosts


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        (plain(running()), "server1: does not encrypt Secrets"),
        (old(running()), "expected v1.30.5 or newer"),
        (running(("server3", unseen("server3"))), "server3 did not answer"),
        (running(("server3", host("server3"))), "server3: has no data"),
        (running(("server3", stopped("server3"))), "server3: takes no part in the cluster"),
        (begun(running(("server3", stopped("server3")))), "server3: takes no part in the cluster"),
        (tell(running(), server3=""), "server3: the node does not tell the digest of its keys"),
        (begun(running(), {**BEGUN, "kind": "token"}), "a rotation of token has begun on server2 and not ended"),
        (view(running(), lambda seen: seen["etcd"].update(alarms=["NOSPACE on server2"])), "etcd raises NOSPACE"),
    ],
)
def test_no_key_is_made(hosts: list[dict], expected: str) -> None:
    plan = decide.plan(asked(hosts))
    assert any(expected in text for text in plan["refusals"]), plan["refusals"]
    assert plan["steps"] == []


@pytest.mark.parametrize("settings", [{"certificate_days": 360}, {"upgrade": True}])
def test_nothing_else_that_runs_is_changed_meanwhile(settings: dict) -> None:
    hosts = begun(running())
    for entry in hosts:
        entry["settings"] = {**entry["settings"], **settings}
    [refusal] = decide.plan(hosts)["refusals"]
    assert refusal.endswith("end it first, with the playbook rotate and -e rotate=encryption_keys")


def test_bootstrap_goes_on_and_says_that_something_has_not_ended() -> None:
    plan = decide.plan(begun(running()))
    assert plan["refusals"] == []
    [warning] = plan["warnings"]
    assert warning.startswith("a rotation of encryption_keys has begun on server2 and not ended")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", {}), ("{", {}), ("[]", {}), ('{"kind": "token", "host": "a"}', {"kind": "token", "host": "a"})],
)
def test_a_marker_that_can_not_be_read_is_none(text: str, expected: dict) -> None:
    assert rotation.parse(text) == expected


# The token

TOKEN = {"kind": "token", "host": "server1", "before": "t1"}


def holding(hosts: list[dict], wanted: str = "t1", **tokens: str) -> list[dict]:
    """The same hosts, of which some have WRITTEN/KEPT, and a ! where k3s did not begin with that; all are given one."""
    hosts = copy.deepcopy(hosts)
    for entry in hosts:
        written, kept = tokens.get(entry["name"], "t1/t1").removesuffix("!").split("/")
        changed_since = tokens.get(entry["name"], "").endswith("!")
        token = {"wanted": wanted, "written": written, "kept": kept, "changed": changed_since}
        entry["seen"].update(token=token, token_matches=written == wanted)
    return hosts


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


# The token of agents


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
