"""An upgrade: who is due, in which order, with what before each, and what speaks against it."""

from __future__ import annotations

import copy

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import decide, layout
from found import THREE, VERSION, agent, changed, host, live, outdated, running, single, stopped, unseen, view

OLD, OLD_PATCH, ANCIENT, NEWER = "v1.34.4+k3s1", "v1.35.3+k3s1", "v1.33.9+k3s1", "v1.36.3+k3s1"
# The oldest kubelet that goes with servers of VERSION, and the one before.
LAST, LOST = "v1.32.9+k3s1", "v1.31.9+k3s1"


def allowed(hosts: list[dict], **settings: object) -> list[dict]:
    """The same hosts, in a run that may change their version."""
    for entry in hosts:
        if "settings" in entry:
            entry["settings"] = {**entry["settings"], "upgrade": True, **settings}
    return hosts


def at(hosts: list[dict], version: str, *names: str) -> list[dict]:
    """The same hosts, the named ones (or all) with a version installed and run."""
    chosen = names or tuple(entry["name"] for entry in hosts)
    for entry in hosts:
        if entry["name"] in chosen:
            entry["seen"]["installed_version"] = version
        for node in entry["seen"]["api"]["nodes"]:
            if node["name"] in chosen:
                node["version"] = version
    return hosts


def node_edit(hosts: list[dict], name: str, **values: object) -> list[dict]:
    return view(hosts, lambda seen: [node.update(values) for node in seen["api"]["nodes"] if node["name"] == name])


def failing(name: str, version: str) -> dict:
    """A server whose k3s ends again and again."""
    return changed(stopped(name), installed_version=version, unit={"state": "activating"})


def turns(plan: dict) -> list[str]:
    return [f"{step['action']} {step['host']}" for step in plan["steps"]]


TURNS = {
    "nothing is due": (running(), []),
    "all are due, the leader comes last": (
        at(running(leader="server1"), OLD),
        ["upgrade server2", "upgrade server3", "upgrade server1"],
    ),
    "one server": (at([single()], OLD), ["upgrade server1"]),
    "agents come after all servers": (
        at([*running(agents=("agent1",)), agent("agent1")], OLD),
        ["upgrade server2", "upgrade server3", "upgrade server1", "upgrade agent1"],
    ),
    "an agent was left out by the run before": (
        at([*running(agents=("agent1",)), agent("agent1")], OLD, "agent1"),
        ["upgrade agent1"],
    ),
    "an agent that has missed minor versions skips them": (
        at(at([*running(agents=("agent1",)), agent("agent1")], OLD), LAST, "agent1"),
        ["upgrade server2", "upgrade server3", "upgrade server1", "upgrade agent1"],
    ),
    "an agent that servers have left behind catches up": (
        at([*running(agents=("agent1",)), agent("agent1")], LOST, "agent1"),
        ["upgrade agent1"],
    ),
    "a run was interrupted after two servers": (at(running(leader="server1"), OLD, "server1"), ["upgrade server1"]),
    "a run was interrupted between the switch and the start": (
        node_edit(running(leader="server1"), "server2", version=OLD),
        ["upgrade server2"],
    ),
    "a server that does not run with its version is the first": (
        at(running(("server3", failing("server3", OLD_PATCH)), leader="server1"), OLD_PATCH, "server1", "server2"),
        ["upgrade server3", "upgrade server2", "upgrade server1"],
    ),
    "a changed configuration comes with the upgrade's restart": (
        at([outdated(entry) for entry in running(leader="server1")], OLD),
        ["upgrade server2", "upgrade server3", "upgrade server1"],
    ),
}


@pytest.mark.parametrize("situation", TURNS)
def test_turns(situation: str) -> None:
    hosts, expected = TURNS[situation]
    plan = decide.plan(allowed(copy.deepcopy(hosts)))
    assert plan["refusals"] == []
    assert turns(plan) == expected


def test_the_plan_says_from_which_version_to_which() -> None:
    plan = decide.plan(allowed(at(running(leader="server1"), OLD)))
    assert plan["summary"][0] == f"upgrade server2 from {OLD} to {VERSION}"


def test_the_programs_of_those_that_are_due_are_not_switched_before_their_turn() -> None:
    assert decide.plan(allowed(at(running(leader="server1"), OLD, "server3")))["upgrades"] == ["server3"]


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        (at(running(leader="server1"), OLD), [True, True, True]),
        (at([single()], OLD), [False]),
        (node_edit(at(running(leader="server1"), OLD), "server2", ready="Unknown"), [False, True, True]),
        (node_edit(node_edit(at(running(leader="server1"), OLD, "server1"), "server2", schedulable=False),
                   "server3", ready="False"), [False]),
        # What the interrupted run has emptied is opened again before.
        (node_edit(node_edit(at(running(leader="server1"), OLD, "server1"), "server2", schedulable=False, drained=True),
                   "server3", ready="False"), [True]),
    ],
)  # fmt: skip
def test_pods_are_moved_where_there_is_another_node_for_them(hosts: list[dict], expected: list[bool]) -> None:
    plan = decide.plan(allowed(copy.deepcopy(hosts)))
    assert [step["drains"] for step in plan["steps"]] == expected


def test_pods_stay_where_that_is_asked_for() -> None:
    assert decide.plan(allowed(at(running(), OLD), drain=False))["drains"] == []


@pytest.mark.parametrize(("version", "reversible"), [(OLD, False), (OLD_PATCH, True)])
def test_only_a_patch_level_goes_back(version: str, reversible: bool) -> None:
    plan = decide.plan(allowed(at(running(), version)))
    assert {step["reversible"] for step in plan["steps"]} == {reversible}


def test_an_agent_goes_back_whatever_it_comes_from() -> None:
    hosts = at([*running(agents=("agent1",)), agent("agent1")], OLD)
    assert [step["reversible"] for step in decide.plan(allowed(hosts))["steps"]] == [False, False, False, True]


def test_the_others_have_to_be_well_without_the_one_that_fails() -> None:
    hosts = at(running(("server3", failing("server3", OLD_PATCH))), OLD_PATCH, "server1", "server2")
    plan = decide.plan(allowed(hosts))
    assert plan["start"] == []
    step = plan["steps"][0]
    assert (sorted(step["before"]), sorted(step["after"])) == (THREE[:2], THREE)
    assert (step["gatekeeper"], step["leaving"]) == ("server1", step["address"])


def test_servers_that_do_not_run_with_their_version_are_all_started_with_another_patch_level() -> None:
    plan = decide.plan(allowed([failing(name, OLD_PATCH) for name in THREE]))
    assert (plan["start"], plan["steps"], plan["upgrades"]) == (THREE, [], [])
    assert decide.plan(allowed([failing("server1", OLD_PATCH)]))["start"] == ["server1"]


def test_one_that_does_not_run_neither_gives_up_its_pods_nor_speaks_for_itself() -> None:
    hosts = at(running(("server3", failing("server3", OLD_PATCH))), OLD_PATCH, "server1", "server2")
    step = decide.plan(allowed(hosts))["steps"][0]
    assert (step["host"], step["drains"], step["voice"], step["reversible"]) == ("server3", False, "server1", False)


def test_a_patch_level_goes_back_too_where_it_was_cut_off_after_the_switch() -> None:
    [step] = decide.plan(allowed(node_edit(running(leader="server1"), "server2", version=OLD_PATCH)))["steps"]
    assert (step["from"], step["reversible"]) == (OLD_PATCH, True)


@pytest.mark.parametrize(
    ("names", "resumes"),
    [
        ((), False),
        (("server1",), True),
        (("agent1",), True),
        ((*THREE,), False),
    ],
    ids=["all are due", "one server", "an agent alone", "all servers"],
)
def test_a_run_that_goes_on_with_servers_of_the_new_version_knows_it(names: tuple[str, ...], resumes: bool) -> None:
    hosts = [*running(agents=("agent1",), leader="server1"), agent("agent1")]
    assert decide.plan(allowed(at(hosts, OLD, *names)))["resumes"] == resumes


def test_a_run_with_nothing_to_do_goes_on_with_none() -> None:
    assert decide.plan(allowed(running()))["resumes"] is False


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        ({"drained": True, "schedulable": False}, ["server2"]),
        ({"drained": True, "schedulable": False, "ready": "Unknown"}, ["server2"]),
        # Closed by a person.
        ({"schedulable": False}, []),
    ],
)
def test_what_an_interrupted_run_has_closed_is_opened(edit: dict, expected: list[str]) -> None:
    plan = decide.plan(node_edit(running(), "server2", **edit))
    assert plan["reopen"] == expected
    assert plan["idle"] is (expected == [])


def with_etcd(hosts: list[dict], version: str) -> list[dict]:
    return view(hosts, lambda seen: seen["etcd"].update(version=version))


def with_garden(hosts: list[dict], version: str) -> list[dict]:
    return view(hosts, lambda seen: seen["api"].update(gardener=version))


REFUSALS = {
    "a step back": (at(running(), NEWER), f"server1: has {NEWER}, the inventory asks for {VERSION}: a datastore"),
    "two minors at once": (at(running(), ANCIENT), "expected at most the next minor version -> upgrade to v1.34 first"),
    "a server that lags two minors behind": (at(running(), ANCIENT, "server3"), f"server3: has {ANCIENT}"),
    "an agent too old for servers of the version": (
        at(at([*running(agents=("agent1",)), agent("agent1")], OLD), LOST, "agent1"),
        f"agent1: runs {LOST}, the servers are to have {VERSION}, expected a kubelet that is at most 3 minor versions",
    ),
    "a node of no inventory that is too old for servers of the version": (
        at(at(running(agents=("agent1",)), OLD), LOST, "agent1"),
        "take it out with the playbook remove_node first; it enters anew",
    ),
    "a database that would fill the disk": (
        at(running(("server2", changed(live("server2", THREE), datastore_bytes=3 << 30))), OLD),
        f"server2: 5120 MiB free for {layout.DATA_DIR}, expected 6144, twice etcd's database",
    ),
    "certificates that end soon": (
        at(running(("server2", changed(live("server2", THREE), certificates={"/x.crt": 29}))), OLD),
        "server2: certificates end in 29 days, expected 30 or more",
    ),
    "a server without data": (
        at(running(("server3", host("server3"))), OLD, "server1", "server2"),
        "server3: has no data; a server enters by the playbook bootstrap",
    ),
    "a site without data": ([host(name) for name in THREE], "server1: has no data; a server enters by the playbook"),
    "another minor version while nothing runs": (
        [changed(stopped(name), installed_version=OLD) for name in THREE],
        f"server1: has {OLD}, the inventory asks for {VERSION}, and no server runs",
    ),
    "a node under pressure": (
        node_edit(at(running(), OLD), "server3", pressure=["DiskPressure"]),
        "server3: DiskPressure, expected none",
    ),
    "Gardener that does not know the version": (
        allowed(with_garden(at(running(), VERSION), "v1.138.3"), version=NEWER),
        f"Gardener v1.138.3 runs here and supports Kubernetes v1.30 to v1.35, the inventory asks for {NEWER}",
    ),
    "certificates that end soon have a remedy": (
        at(running(("server2", changed(live("server2", THREE), certificates={"/x.crt": 29}))), OLD),
        "run the playbook rotate",
    ),
    "an alarm": (
        view(at(running(), OLD), lambda seen: seen["etcd"].update(alarms=["NOSPACE on server2"])),
        "etcd raises NOSPACE on server2, expected no alarm",
    ),
    "a stranger in etcd": (
        view(at(running(), OLD), lambda seen: seen["etcd"]["members"].append(
            {"id": "9", "name": "x", "addresses": ["198.51.100.99"], "learner": False, "started": True})),
        "etcd has a member x that is no server of this inventory",
    ),
}  # fmt: skip


@pytest.mark.parametrize("situation", REFUSALS)
def test_refusal(situation: str) -> None:
    hosts, expected = REFUSALS[situation]
    plan = decide.plan(allowed(copy.deepcopy(hosts)))
    assert expected in "\n".join(plan["refusals"])
    assert (plan["steps"], plan["upgrades"], plan["reopen"]) == ([], [], [])


def test_what_would_be_done_is_told_beside_what_speaks_against_it() -> None:
    plan = decide.plan(allowed(copy.deepcopy(REFUSALS["an alarm"][0])))
    expected = [f"upgrade {name} from {OLD} to {VERSION}" for name in ("server2", "server3", "server1")]
    assert plan["refusals"] and plan["summary"][-3:] == expected


@pytest.mark.parametrize(
    ("etcd", "wanted", "refused"),
    [
        ("3.5.25", OLD, True),
        ("3.5.26", OLD, False),
        ("3.6.5", OLD, False),
        # The next patch level of 1.33 brings the floor.
        ("3.5.21", "v1.33.10+k3s1", False),
    ],
)
def test_etcd_has_a_floor_before_the_next_minor_version(etcd: str, wanted: str, refused: bool) -> None:
    plan = decide.plan(allowed(with_etcd(at(running(), ANCIENT), etcd), version=wanted))
    assert bool(plan["refusals"]) == refused
    assert not refused or "before v1.34.4+k3s1 brings etcd 3.6" in plan["refusals"][0]


@pytest.mark.parametrize("hosts", [running(), with_garden(running(), "v1.138.3")])
def test_what_speaks_against_an_upgrade_speaks_not_against_a_run_that_has_none_to_do(hosts: list[dict]) -> None:
    hosts = copy.deepcopy(hosts)
    hosts[1]["seen"]["certificates"] = {"/x.crt": 5}
    assert decide.plan(allowed(hosts))["refusals"] == []


@pytest.mark.parametrize(
    ("gardener", "wanted", "supported"),
    [
        ("v1.135.4", VERSION, False),
        ("v1.136.0", VERSION, True),
        ("v1.144.6", VERSION, True),
        ("v1.144.6", NEWER, False),
        ("v1.145.0", NEWER, True),
        ("v1.149.3", NEWER, True),
        ("v1.141.0", "v1.31.9+k3s1", True),
        ("v1.142.0", "v1.31.9+k3s1", False),
    ],
)
def test_each_release_of_gardener_has_its_versions(gardener: str, wanted: str, supported: bool) -> None:
    plan = decide.plan(allowed(with_garden(at(running(), ANCIENT), gardener), version=wanted))
    told = [refusal for refusal in plan["refusals"] if refusal.startswith(f"Gardener {gardener} runs here")]
    assert bool(told) is not supported
    assert not any("is not known" in warning for warning in plan["warnings"])


@pytest.mark.parametrize("version", ["v1.199.0", "unknown"])
def test_a_gardener_that_nobody_knows_is_a_warning(version: str) -> None:
    [warning] = decide.plan(allowed(with_garden(running(), version)))["warnings"]
    assert f"Gardener {version} runs here" in warning


def test_bootstrap_does_not_go_on_with_an_upgrade_that_was_interrupted() -> None:
    plan = decide.plan(node_edit(running(), "server2", version=OLD))
    [refusal] = plan["refusals"]
    assert refusal.startswith(f"server2: runs {OLD}, {VERSION} is installed: an upgrade was interrupted")


def ending(found: dict, days: int) -> dict:
    return changed(found, certificates={"/ca.crt": 3650, "/leaf.crt": days})


def asked(hosts: list[dict], days: int) -> list[dict]:
    for entry in hosts:
        entry["settings"] = {**entry["settings"], "certificate_days": days}
    return hosts


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (0, []),
        (300, []),
        (360, ["rotate server2", "rotate server3", "rotate server1"]),
        (345, ["rotate server2"]),
    ],
)
def test_certificates_that_end_too_soon_are_rotated_the_leader_last(days: int, expected: list[str]) -> None:
    hosts = [ending(live(name, THREE), 344 if name == "server2" else 350) for name in THREE]
    assert turns(decide.plan(asked(hosts, days))) == expected


def deaf(name: str) -> dict:
    """A server that runs and that nobody can ask, as its certificates have ended."""
    found = ending(live(name, THREE), -1)
    blind = stopped(name)["seen"]
    return changed(found, api=blind["api"], etcd=blind["etcd"])


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        ([deaf(name) for name in THREE], (THREE, [])),
        # The others are not asked to be well with it before it is mended, and have their turn afterwards.
        ([deaf("server1"), ending(live("server2", THREE, "server3"), 20),
          ending(live("server3", THREE, "server3"), 364)], (["server1"], ["rotate server2"])),
        ([*running()[:2], ending(live("server3", THREE), -1)], ([], ["rotate server3"])),
    ],
    ids=["of all servers", "of one", "of one that answers"],
)  # fmt: skip
def test_servers_that_are_deaf_since_certificates_have_ended_are_restarted_without_a_gate(
    hosts: list[dict], expected: tuple[list[str], list[str]]
) -> None:
    plan = decide.plan(asked(copy.deepcopy(hosts), 360))
    assert plan["refusals"] == []
    assert (plan["ended"], turns(plan)) == expected
    assert (plan["start"], plan["idle"]) == (plan["ended"], False)
    words = f"restart {', '.join(plan['ended'])} at once, because certificates have ended"
    assert (words in plan["summary"]) is bool(plan["ended"])


def test_a_server_that_is_deaf_for_another_reason_is_not_restarted() -> None:
    hosts = [ending(deaf(name), 200) for name in THREE]
    assert decide.plan(asked(hosts, 100))["ended"] == []
    assert decide.plan([deaf(name) for name in THREE])["start"] == []


def test_certificates_that_have_ended_are_rotated_only_when_that_is_asked_for() -> None:
    assert decide.plan([ending(live(name, THREE), -1) for name in THREE])["steps"] == []


def test_no_server_without_data_enters_by_a_rotation() -> None:
    hosts = asked([ending(live(name, THREE), 200) for name in THREE[:2]] + [host("server3")], 360)
    assert "server3: has no data" in decide.plan(hosts)["refusals"][0]


def test_agents_follow_the_servers() -> None:
    hosts = [*running(agents=("agent1",)), ending(agent("agent1"), 200)]
    for entry in hosts[:3]:
        ending(entry, 364 if entry["name"] != "server3" else 200)
    assert turns(decide.plan(asked(hosts, 360))) == ["rotate server3", "rotate agent1"]


def test_what_is_upgraded_is_not_rotated_in_the_same_run() -> None:
    hosts = at([ending(live(name, THREE), 200) for name in THREE], OLD)
    assert {step["action"] for step in decide.plan(allowed(hosts, certificate_days=360))["steps"]} == {"upgrade"}


def test_nothing_is_rotated_in_a_cluster_that_is_not_complete() -> None:
    hosts = [*[ending(live(name, THREE), 200) for name in THREE[:2]], unseen("server3")]
    for entry in hosts[:2]:
        entry["settings"] = {**entry["settings"], "certificate_days": 360}
    assert "nothing is changed in a cluster that is not complete" in decide.plan(hosts)["refusals"][0]
