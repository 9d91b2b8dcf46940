"""metal-stack's databases whose volumes go with a node: held, restored by the same command or the next, or told."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from playbook_tasks import PLAYBOOKS, evaluated, holds, included
from played import Played, play

TASKS = PLAYBOOKS / "tasks"
READ = ("departure/databases", "metal_stack/look", "metal_stack/note", "metal_stack/remember", "hold", "release")
FIRST, SECOND = ("StatefulSet/metal-control-plane/" + name for name in ("metal-db", "valkey"))
KNOWN = {
    "site_name": "site-a",
    "backup_hosts": ["localhost"],
    "backup_components": [],
    "__site_metal_stack_namespace": "metal-control-plane",
    "__site_garden_held": "^Deployment/garden/gardenlet$",
    "__site_made": "12",
    "ansible_python_interpreter": sys.executable,
}
DEPLOYS = [{"ansible.builtin.debug": {"msg": "DEPLOYED {{ __site_held_databases }}"}}]
REFUSED = [{"ansible.builtin.fail": {"msg": "masterdata-db: table projects has 0 rows, it had 40"}}]


def bring_back(directory: Path, held: list[str], noted: str = "", deploys: Any = None, **answers: Any) -> Played:
    """Play the tasks on a server. held: as kube-system tells it. noted: databases that an earlier run has noted."""
    tasks = directory / "playbook/tasks"
    for name in ("departure", "metal_stack", "../vars"):
        (tasks / name).mkdir(parents=True)
    (tasks / "../vars/main.yml").write_text("{}")
    for name in READ:
        (tasks / f"{name}.yml").write_text((TASKS / f"{name}.yml").read_text())
    (tasks / "metal_stack/made.yml").write_text("[]")
    (tasks / "metal_stack/deploy.yml").write_text(json.dumps(deploys or DEPLOYS))
    (tasks / "play.yml").write_text(json.dumps([{"ansible.builtin.include_tasks": "departure/databases.yml"}]))
    note = [{"kind": "ConfigMap", "data": {"held": noted, "saved": "11"}}] if noted else []
    given = {
        "k3s_info": {"k3s": {"api": {"ready": True, "error": "", "held": held}}},
        "backup_info": {"unconfirmed": []},
        "k3s_objects_info": {"objects": note},
        **{name: {} for name in ("run_lock", "k3s_objects", "k3s_workloads")},
        **answers,
    }
    return play(directory, tasks / "play.yml", KNOWN, given)


def notes(ended: Played) -> list[str]:
    return [asked["objects"][0]["data"]["held"] for asked in ended.of("k3s_objects")]


def test_what_was_held_is_noted_restored_and_let_go_while_the_site_is(tmp_path: Path) -> None:
    ended = bring_back(tmp_path, [SECOND, FIRST])
    assert not ended.failed, ended.output
    assert "DEPLOYED ['metal-db', 'valkey']" in ended.output
    assert notes(ended) == ["metal-db valkey", ""]
    names = [name for name, _asked in ended.asked]
    assert names[0] == names[-1] == "run_lock" and ended.of("run_lock")[-1]["state"] == "absent"
    assert ended.of("k3s_workloads") == [{"state": "released"}]


@pytest.mark.parametrize(
    ("held", "noted"),
    [([FIRST], ""), ([], "metal-db"), ([FIRST], "metal-db")],
    ids=["cut off before it was noted", "cut off once its restore had deleted it", "both tell of it"],
)
def test_the_next_command_goes_on_with_what_a_run_has_left(tmp_path: Path, held: list[str], noted: str) -> None:
    ended = bring_back(tmp_path, held, noted)
    assert not ended.failed and "DEPLOYED ['metal-db']" in ended.output and notes(ended) == ["metal-db", ""]


def test_where_nothing_waits_nothing_is_deployed_or_noted(tmp_path: Path) -> None:
    ended = bring_back(tmp_path, [])
    assert not ended.failed, ended.output
    assert "DEPLOYED" not in ended.output and not ended.of("k3s_objects") and not ended.of("k3s_workloads")


def test_one_that_is_not_whole_is_told_and_waits_for_the_next_command(tmp_path: Path) -> None:
    ended = bring_back(tmp_path, [FIRST], deploys=REFUSED)
    assert ended.failed and "table projects has 0 rows, it had 40" in ended.output
    assert notes(ended) == ["metal-db"] and not ended.of("k3s_workloads")
    assert ended.of("run_lock")[-1]["state"] == "absent"


def test_one_that_nobody_may_restore_yet_is_told_as_well(tmp_path: Path) -> None:
    ended = bring_back(tmp_path, [FIRST], backup_info={"unanswered": "no route"})
    assert ended.failed and "DEPLOYED" not in ended.output and not ended.of("k3s_objects")
    assert "metal-db wait for their data, and stay away: the object storage gives no answer" in ended.output


@pytest.mark.parametrize(("check", "held"), [(True, [FIRST]), (False, [FIRST]), (True, []), (False, [])])
def test_check_mode_tells_which_wait_and_restores_none(check: bool, held: list[str]) -> None:
    _hold, bring = included("tasks/departure/databases.yml")
    named = {one["name"]: one for one in bring["block"]}
    known = {"ansible_check_mode": check, "__site_held_databases": held}
    assert holds(named["Say which a run that is no check restores"], **known) is (check and bool(held))
    assert holds(named["Restore them"], **known) is (not check and bool(held))


def databases(**variables: Any) -> list[str]:
    """Which must not begin with an empty volume."""
    (leave,) = [one for one in included("tasks/departure/leave.yml") if one["name"] == "Leave"]
    known = {
        "metal_stack_control_plane_databases": [{"name": "metal-db"}, {"name": "valkey"}],
        "metal_stack_control_plane_storage": {"bucket": "metal-stack"},
        "__site_metal_stack_namespace": "metal-control-plane",
        **variables,
    }
    return list(evaluated(leave["vars"]["__departure_databases"], **known))


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"site_metal_stack": "true"}, ["metal-control-plane/metal-db", "metal-control-plane/valkey"]),
        ({"site_metal_stack": True, "metal_stack_control_plane_storage": {}}, []),
        ({"site_metal_stack": False}, []),
        ({}, []),
    ],
    ids=["metal-stack", "without backups of its own", "no metal-stack any more", "never one"],
)
def test_databases_that_have_backups_are_held(variables: dict[str, Any], expected: list[str]) -> None:
    assert databases(**variables) == expected


@pytest.mark.parametrize(
    ("claims", "released", "expected"),
    [
        (["metal-control-plane/backup-metal-db-0", "metal-control-plane/metal-db-metal-db-0"], ["pvc-1"], ["metal-db"]),
        (["metal-control-plane/backup-metal-db-0"], ["pvc-1"], []),
        (["other/metal-db-metal-db-0", "metal-control-plane/nsqd-nsqd-0"], ["pvc-1"], []),
        (["metal-control-plane/metal-db-metal-db-0"], [], []),
    ],
    ids=["its data", "what its sidecar works with alone", "of somebody else", "kept"],
)
def test_those_that_lose_their_data_are_told(claims: list[str], released: list[str], expected: list[str]) -> None:
    (leave,) = [one for one in included("tasks/departure/leave.yml") if one["name"] == "Leave"]
    (say,) = [one for one in leave["block"] if one["name"] == "Say which databases lose their data"]
    known = {
        "__k3s_cluster_departure": {"turns": [{"claims": claims, "released": released}]},
        "__departure_databases": databases(site_metal_stack=True),
    }
    found = list(evaluated(say["vars"]["__departure_emptied"], **known))
    assert found == [f"metal-control-plane/{name}" for name in expected]


def test_they_are_held_in_each_turn_and_told_before_the_first() -> None:
    (leave,) = [one for one in included("tasks/departure/leave.yml") if one["name"] == "Leave"]
    named = {one["name"]: one for one in leave["block"]}
    turns = named["Take one node after the other out"]
    assert turns["vars"] == {"k3s_cluster_leaving_held": "{{ __departure_databases }}"}
    assert list(named).index("Say which databases lose their data") < list(named).index(turns["name"])
    *_others, let_go = included("../roles/k3s_cluster/tasks/depart.yml")
    options = let_go["metalstack.autonomous.k3s_volumes"]
    assert (
        options["held"] == "{{ k3s_cluster_leaving_held }}" and options["claims"] == "{{ __k3s_cluster_turn.claims }}"
    )


@pytest.mark.parametrize("name", ["replace_node", "remove_node"])
def test_one_command_restores_them_once_the_node_is_out_and_only_where_there_is_metal_stack(name: str) -> None:
    plays = included(f"{name}.yml")
    (takes,) = [at for at, one in enumerate(plays) if one["name"].startswith("Take the node")]
    (brings,) = [at for at, one in enumerate(plays) if one["name"].startswith("Bring back the databases")]
    # Whatever befalls the one server costs none of the others its place in the plays that follow.
    assert takes < brings and plays[brings]["hosts"] == "departure_voice" and plays[brings].get("roles") == ["site"]
    (task,) = plays[brings]["tasks"]
    assert task["when"] == "site_metal_stack | default(false) | bool"
    included_by = task["block"][0] if "block" in task else task
    assert included_by["ansible.builtin.include_tasks"] == "tasks/departure/databases.yml"


def test_a_successor_enters_although_a_database_is_not_back_and_the_run_fails_in_the_end() -> None:
    *_others, brings, enters, tells = included("replace_node.yml")
    (task,) = brings["tasks"]
    (noted,) = task["rescue"]
    assert "__replace_databases" in noted["ansible.builtin.set_fact"]
    assert enters["ansible.builtin.import_playbook"] == "metalstack.autonomous.bootstrap"
    (fails,) = tells["tasks"]
    assert fails["when"] == "__replace_databases | default('') | length > 0" and tells["hosts"] == brings["hosts"]
    assert "{{ __replace_databases }}" in fails["ansible.builtin.fail"]["msg"]


def test_they_are_restored_by_way_of_a_server_that_lives() -> None:
    _hold, bring = included("tasks/departure/databases.yml")
    (restore,) = [one for one in bring["block"] if one["name"] == "Restore them"]
    (deploys,) = [one for one in restore["block"] if one["name"] == "Restore and compare them"]
    assert deploys["vars"]["cluster_url"] == "https://{{ ansible_host | ansible.utils.ipwrap }}:6443"
