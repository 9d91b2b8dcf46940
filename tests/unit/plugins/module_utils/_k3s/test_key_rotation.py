"""The key for Secrets exchanged: who makes it, who is restarted in which order, and how an interrupted run goes on."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import decide, rotation
from found import THREE, changed, host, live, outdated, running, single, stopped, unseen, view
from rotating import BEGUN, acts, asked, begun

ALONE = {**BEGUN, "host": "server1"}
NEW = "reencrypt_finished-k2"


def tell(hosts: list[dict], **notes: str) -> list[dict]:
    """The same hosts, whose nodes tell of their keys."""

    def edit(seen: dict) -> None:
        for node in seen["api"]["nodes"]:
            node["encryption"] = notes.get(node["name"], node["encryption"])

    return view(hosts, edit)


def rewritten(name: str) -> tuple[str, dict]:
    """A server whose keys were changed since it began."""
    return name, changed(live(name, THREE), encryption={"keys": ["aescbckey-2"], "changed": True})


def addressed(hosts: list[dict], holder: str) -> list[dict]:
    """The same hosts, one of which holds the address of the API."""
    for entry in hosts:
        if entry["name"] == holder:
            entry["seen"]["system"]["addresses"]["eth0"].append(entry["settings"]["api_vip"])
    return hosts


ALL = ["key server2", "renew server2", "renew server3", "renew server1"]
CASES = {
    "a new key: a server that does not lead makes it, the leader comes last": (running(), ALL),
    "another leads": (running(leader="server2"), ["key server1", "renew server1", "renew server3", "renew server2"]),
    "who holds the address makes it": (
        addressed(running(), "server3"),
        ["key server3", "renew server3", "renew server2", "renew server1"],
    ),
    "who holds the address leads: it comes last all the same": (addressed(running(), "server1"), ALL),
    "begun, and another holds the address now: its turn is the next": (
        addressed(begun(tell(running(leader="server2"), server2=NEW), {**BEGUN}), "server3"),
        ["renew server3", "renew server1"],
    ),
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


def test_the_plan_says_what_is_lost_meanwhile() -> None:
    _makes, says, *_turns = decide.plan(asked(running()))["summary"]
    assert says == "until each is restarted, no Secret is to be made or changed through server3, server1: it is lost"
    assert not [one for one in decide.plan(asked(begun(tell(running(), server2=NEW))))["summary"] if "lost" in one]


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
