"""How nodes leave a cluster: who may, in which turns, and what goes with their disks."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import departure
from found import THREE, address, agent, changed, host, live, member, node, running, single, stopped, unseen, view

STORAGE = "/var/lib/k3s-local-storage"


def dead(name: str, hosts: list[dict]) -> list[dict]:
    """The same hosts, one of them out of reach and its node not ready."""
    hosts = [unseen(name) if entry["name"] == name else entry for entry in hosts]
    return unready(name, hosts)


def unready(name: str, hosts: list[dict]) -> list[dict]:
    return view(
        hosts,
        lambda seen: [each.update(ready="Unknown") for each in seen["api"]["nodes"] if each["name"] == name],
    )


def forgotten(name: str, hosts: list[dict]) -> list[dict]:
    """The same hosts, whose cluster knows nothing of one."""

    def forget(seen: dict) -> None:
        seen["api"]["nodes"] = [each for each in seen["api"]["nodes"] if each["name"] != name]
        seen["etcd"]["members"] = [each for each in seen["etcd"]["members"] if address(name) not in each["addresses"]]

    return view(hosts, forget)


def known(name: str, hosts: list[dict]) -> list[dict]:
    """The same hosts, whose cluster has a node and a member that the inventory does not name."""

    def remember(seen: dict) -> None:
        seen["api"]["nodes"] = [*seen["api"]["nodes"], {**node(name), "ready": "Unknown", "addresses": [address(name)]}]
        seen["etcd"]["members"] = [*seen["etcd"]["members"], member(name)]

    return view(hosts, remember)


def lying(name: str, hosts: list[dict], *there: str) -> list[dict]:
    """The same hosts, with a claim whose volume lies on one of them; its directory may be there."""
    volume = {"name": "pv-1", "claim": "default/db-0", "path": f"{STORAGE}/pv-1", "node": name}
    for entry in hosts:
        if entry["name"] == name and entry["seen"]:
            entry["seen"]["storage"] = {"path": STORAGE, "directories": list(there)}
    return view(hosts, lambda seen: seen["api"].update(volumes=[volume]))


def five() -> list[dict]:
    names = [*THREE, "server4", "server5"]
    return [live(name, names) for name in names]


def turns(plan: dict) -> list[str]:
    return [turn["name"] for turn in plan["turns"]]


REPLACED = {
    "it lives": (running(), "server2", ["server2"], True),
    "it is the first, and leads etcd": (running(), "server1", ["server1"], True),
    "it is dead": (dead("server1", running()), "server1", ["server1"], False),
    "it is dead, and was taken out by a run before": (
        forgotten("server1", dead("server1", running())), "server1", [], False,
    ),
    "it came back with an empty disk": (unready("server3", running(("server3", host("server3")))), "server3",
                                        ["server3"], False),
    "it came back with an empty disk, and was taken out before": (
        forgotten("server3", running(("server3", host("server3")))), "server3", [], False,
    ),
    "it was stopped and forgotten by a run that was cut off": (
        forgotten("server3", running(("server3", stopped("server3")))), "server3", ["server3"], False,
    ),
    "its k3s ends again and again": (
        unready("server3", running(("server3", changed(stopped("server3"), unit={"state": "activating"})))),
        "server3", ["server3"], False,
    ),
    "its successor has another name": (
        known("server4", [live("server1", THREE[:2]), live("server2", THREE[:2]), host("server3")]),
        "server4", ["server4"], False,
    ),
    "an agent": ([*running(agents=("agent1",)), agent("agent1")], "agent1", ["agent1"], True),
}  # fmt: skip


@pytest.mark.parametrize(("hosts", "name", "expected", "drains"), REPLACED.values(), ids=REPLACED)
def test_replacing(hosts: list[dict], name: str, expected: list[str], drains: bool) -> None:
    plan = departure.plan(hosts, [name], True, fenced=[name])
    assert plan["refusals"] == []
    assert turns(plan) == expected
    assert plan["voice"] not in ("", name)
    assert [turn["drains"] for turn in plan["turns"]] == [drains] * len(expected)
    for turn in plan["turns"]:
        assert name not in turn["others"] and turn["address"] == address(name)


REMOVED = {
    "two of three": (running(), ["server2", "server3"], [(2, False), (1, True)]),
    "two of five": (five(), ["server5", "server1"], [(4, False), (3, False)]),
    "a dead one and one that lives": (dead("server3", running()), ["server3", "server2"], [(2, False), (1, True)]),
    "a dead one that was named last goes first": (
        dead("server3", running()),
        ["server2", "server3"],
        [(2, False), (1, True)],
    ),
    "two dead ones of five, named last": (
        dead("server4", dead("server5", five())),
        ["server2", "server3", "server4", "server5"],
        [(3, False), (3, False), (2, False), (1, True)],
    ),
    "an agent": ([*running(agents=("agent1",)), agent("agent1")], ["agent1"], [(3, False)]),
}


@pytest.mark.parametrize(("hosts", "names", "expected"), REMOVED.values(), ids=REMOVED)
def test_removing(hosts: list[dict], names: list[str], expected: list[tuple[int, bool]]) -> None:
    plan = departure.plan(hosts, names, False, fenced=names)
    assert plan["refusals"] == []
    assert sorted(turns(plan)) == sorted(names)
    reached = [turn["reached"] for turn in plan["turns"]]
    assert reached == sorted(reached)
    assert [(len(turn["others"]), turn["one_of_two"]) for turn in plan["turns"]] == expected


REFUSED = {
    "a rotation that it takes part in has not ended": (
        running(("server2", changed(live("server2", THREE), rotation={"kind": "token"}))), ["server2"], True,
        "a rotation (token) has not ended",
    ),
    "nobody knows which volumes there are": (
        view(running(), lambda seen: seen["api"].update(volumes_known=False)), ["server1"], True,
        "does not tell which volumes there are",
    ),
    "nobody was named": (running(), [], True, "no node was named"),
    "a name that nobody knows": (running(), ["server9"], True, "server9 is neither in the inventory nor in the"),
    "two at once": (running(), ["server1", "server2"], True, "can't all be replaced at once"),
    "the only server": ([single()], ["server1"], True, "no server would be left"),
    "one of three": (running(), ["server2"], False, "2 servers (server1, server3) would be left"),
    "it runs, and can't be reached": (
        [unseen("server1"), *running()[1:]], ["server1"], True, "server1 does not answer, yet its node is ready",
    ),
    "it runs, and is in no inventory": (
        view(known("server4", running()), lambda seen: seen["api"]["nodes"][-1].update(ready="True")),
        ["server4"], True, "server4 is no host of the inventory, yet its node is ready",
    ),
    "another one is silent": (
        dead("server1", dead("server2", running())), ["server1"], True, "server2 did not answer",
    ),
    "two of five are dead, and are not named together": (
        dead("server4", dead("server5", five())), ["server4"], True,
        "bring it back first, or name it, too, with the playbook remove_node",
    ),
    "nothing lives": (
        [stopped(name) for name in THREE], ["server1"], True, "no server that stays lives",
    ),
    "a member that nobody knows": (known("server4", running()), ["server1"], True, "has a member server4-"),
}  # fmt: skip


@pytest.mark.parametrize(("hosts", "names", "replaces", "text"), REFUSED.values(), ids=REFUSED)
def test_refusing(hosts: list[dict], names: list[str], replaces: bool, text: str) -> None:
    plan = departure.plan(hosts, names, replaces)
    assert any(text in refusal for refusal in plan["refusals"]), plan["refusals"]


VOLUMES = {
    "the machine is dead": (lying("server1", dead("server1", running())), "", ["pv-1"], []),
    "the machine is dead, its disk will come back": (
        lying("server1", dead("server1", running())), departure.KEEP, [], [],
    ),
    "the disk is new": (
        lying("server1", unready("server1", running(("server1", host("server1"))))), "", ["pv-1"], [],
    ),
    "the data lie there, and stay": (lying("server1", running(), "pv-1"), departure.KEEP, [], ["default/db-0"]),
    "the data lie there, and go": (
        lying("server1", running(), "pv-1"), departure.RELEASE, ["pv-1"], ["default/db-0"],
    ),
    "they lie on another one": (lying("server2", running(), "pv-1"), "", [], []),
}  # fmt: skip


@pytest.mark.parametrize(("hosts", "local", "released", "there"), VOLUMES.values(), ids=VOLUMES)
def test_volumes(hosts: list[dict], local: str, released: list[str], there: list[str]) -> None:
    plan = departure.plan(hosts, ["server1"], True, local, ["server1"])
    assert plan["refusals"] == []
    [turn] = plan["turns"]
    assert (turn["released"], turn["there"]) == (released, there)
    assert ("default/db-0" in " ".join(plan["summary"])) == bool(released)


def test_data_that_nobody_spoke_of_keep_a_node() -> None:
    plan = departure.plan(lying("server1", running(), "pv-1"), ["server1"], True)
    assert "has the data of default/db-0 on its disk" in plan["refusals"][0]


def test_what_an_interrupted_run_has_not_released_is_released_yet() -> None:
    hosts = lying("server1", forgotten("server1", dead("server1", running())))
    assert departure.plan(hosts, ["server1"], True, fenced=["server1"])["turns"][0]["released"] == ["pv-1"]


def test_so_it_is_where_the_successor_has_another_name() -> None:
    hosts = lying("server4", [live("server1", THREE[:2]), live("server2", THREE[:2]), host("server3")])
    assert departure.plan(hosts, ["server4"], True, fenced=["server4"])["turns"][0]["released"] == ["pv-1"]


def test_a_dead_one_may_leave_a_rotation() -> None:
    hosts = dead("server2", running(("server1", changed(live("server1", THREE), rotation={"kind": "token"}))))
    assert departure.plan(hosts, ["server2"], True, fenced=["server2"])["refusals"] == []


@pytest.mark.parametrize(
    ("hosts", "name", "needed"),
    [
        (dead("server2", running()), "server2", True),
        (known("server4", [live("server1", THREE[:2]), live("server2", THREE[:2]), host("server3")]), "server4", True),
        (lying("server1", forgotten("server1", dead("server1", running()))), "server1", True),
        (forgotten("server2", dead("server2", running())), "server2", False),
        (unready("server3", running(("server3", host("server3")))), "server3", False),
    ],
    ids=["silent", "of no inventory", "its volumes are left", "taken out before", "it came back with an empty disk"],
)
def test_what_could_not_be_stopped_leaves_only_when_a_person_says_that_it_runs_no_more(
    hosts: list[dict], name: str, needed: bool
) -> None:
    refused = departure.plan(hosts, [name], True)["refusals"]
    assert bool(refused) is needed
    assert not needed or f"-e replace_fenced={name}" in refused[0]
    assert departure.plan(hosts, [name], True, fenced=["server9"])["refusals"] == refused
    assert departure.plan(hosts, [name], True, fenced=[name])["refusals"] == []
