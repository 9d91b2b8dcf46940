"""What becomes of a host whose turn failed, wherever that was seen, and what is said of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from played import ROLES, Played, play

TASKS = ROLES / "k3s_cluster/tasks"
SERVERS = ["server1", "server2", "server3"]
STEP = {
    "action": "maintain",
    "host": "server2",
    "inventory_name": "server2",
    "role": "server",
    "voice": "server2",
    "gatekeeper": "server1",
    "before": {},
    "after": {},
    "leaving": "",
}
VARIABLES = {
    "k3s_cluster_node_name": "{{ inventory_hostname }}",
    "k3s_cluster_servers_group": "all",
    "k3s_cluster_maintain_stops": False,
    "k3s_cluster_soak": 0,
    "k3s_cluster_timeout": 1,
    "__k3s_cluster_step": STEP,
    "__k3s_cluster_plan": {"steps": [STEP], "live": SERVERS, "entry": "server1", "start": []},
}
# From there on a host is where nothing listens.
SILENT = {
    "name": "It goes silent",
    "ansible.builtin.set_fact": {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1},
    "when": "inventory_hostname == 'server2'",
}


def failing(host: str) -> dict[str, Any]:
    what = {"ansible.builtin.fail": {"msg": "names are answered by nobody"}, "when": f"inventory_hostname == '{host}'"}
    return {"name": "It fails", **what}


def maintained(directory: Path, verification: list[dict[str, Any]], stopped: bool) -> Played:
    for name, tasks in (("verify.yml", verification), ("nothing.yml", [{"ansible.builtin.meta": "noop"}])):
        (directory / name).write_text(yaml.safe_dump(tasks))
    files = {
        "k3s_cluster_step_verification": str(directory / "verify.yml"),
        "k3s_cluster_maintenance": str(directory / "nothing.yml"),
    }
    hosts: dict[str, dict[str, Any]] = {name: {} for name in SERVERS}
    if stopped:
        hosts["server2"]["__k3s_cluster_stopped"] = {"changed": True}
    return play(directory, TASKS / "maintain.yml", {**VARIABLES, **files}, {"k3s_wait": {}, "k3s_drain": {}}, hosts)


@pytest.mark.parametrize(("sees", "stopped"), [("server3", True), ("server2", False)])
def test_a_host_that_answers_runs_again_and_is_opened_whoever_saw_its_turn_fail(
    tmp_path: Path, sees: str, stopped: bool
) -> None:
    played = maintained(tmp_path, [failing(sees)], stopped)
    assert played.failed
    assert "It runs, open for pods. Done before it: none; not begun: none." in played.output, played.output
    assert "The reason: names are answered by nobody" in played.output
    # Once in its turn, and once more where it was stopped.
    assert len(played.of("k3s_wait", node="server2", start=True)) == 1 + stopped
    assert played.of("k3s_drain", node="server2", state="schedulable")


@pytest.mark.parametrize(
    ("fails", "stopped"),
    [(failing("server2"), False), ({"name": "Try it", "ansible.builtin.ping": {}}, True)],
    ids=["it failed and is silent", "it could not be reached"],
)
def test_a_host_that_is_silent_is_told_so_and_stays_closed_where_it_was_stopped(
    tmp_path: Path, fails: dict[str, Any], stopped: bool
) -> None:
    played = maintained(tmp_path, [SILENT, fails], stopped)
    assert played.failed
    assert "It stopped answering" in played.output, played.output
    assert ("stays closed for pods" in played.output) is stopped
    assert len(played.of("k3s_wait", node="server2", start=True)) == 1
    assert bool(played.of("k3s_drain", node="server2", state="schedulable")) is not stopped


SWITCHED = {"changed": True}
OLD, NEW = "v1.34.4+k3s1", "v1.35.4+k3s1"


def undone(directory: Path, reached: bool, stopped: dict[str, Any], switched: dict[str, Any]) -> Played:
    """What an upgrade to another minor version leaves of a server that has come so far."""
    step = {**STEP, "action": "upgrade", "from": OLD, "to": NEW, "reversible": False}
    variables = {
        **VARIABLES,
        "k3s_cluster_journal": str(directory / "journal"),
        "k3s_cluster_way_back": "",
        "__k3s_cluster_role": "agent",
        "__k3s_cluster_step": step,
        "__k3s_cluster_reached": reached,
        "__k3s_cluster_others": ["server1", "server3"],
        "__k3s_cluster_failed_back": [],
    }
    registered = {"__k3s_cluster_stopped": stopped, "__k3s_cluster_switched": switched}
    hosts = {name: registered if name == "server2" else {} for name in SERVERS}
    return play(directory, TASKS / "undo.yml", variables, {"k3s_wait": {}, "k3s_drain": {}}, hosts)


@pytest.mark.parametrize(
    ("reached", "switched", "says", "starts", "opens"),
    [
        (True, {"failed": True}, f"It runs {OLD} as before.", True, True),
        (True, SWITCHED, f"It stays closed for pods with {NEW}", False, False),
        (False, {"skipped": True}, "It stopped answering and may run either version.", False, False),
    ],
    ids=["the switch failed", "it was switched", "it went silent"],
)
def test_a_server_that_was_stopped_runs_again_unless_it_has_another_minor_version(
    tmp_path: Path, reached: bool, switched: dict[str, Any], says: str, starts: bool, opens: bool
) -> None:
    played = undone(tmp_path, reached, {"changed": True}, switched)
    assert played.failed and says in played.output, played.output
    assert bool(played.of("k3s_wait", node="server2", start=True, version=OLD)) is starts
    assert bool(played.of("k3s_drain", state="schedulable")) is opens
