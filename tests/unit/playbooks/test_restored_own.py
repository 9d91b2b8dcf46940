"""What brings the inventory's own components back after a total restore: its tasks, played on stand-ins."""

from __future__ import annotations

import base64
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.metalstack.autonomous.plugins.modules import backup_info
from played import Played, play

PLAYBOOKS = Path(__file__).resolve().parents[3] / "playbooks"
TASKS = ("recover_own.yml", "recover_component.yml", "hold.yml", "release.yml")
OLD, NEW = "20261127T060000Z", "20261127T070000Z"
# In place of the role's: it notes what is wanted, or fails as one does whose unit is not there.
ROLE = """
- ansible.builtin.fail:
    msg: there is no {{ backup_restore_component }}.service
  when: backup_restore_component in fails
- metalstack.autonomous.backup_set:
    name: "{{ backup_restore_component }}"
    set: "{{ backup_restore_set }}"
    saves: "{{ backup_restore_saves }}"
"""


def one_set(name: str, *components: str, lineage: str = "L1") -> dict[str, Any]:
    return {"set": name, "lineage": lineage, "components": {one: {} for one in components}}


def recover(directory: Path, noted: dict[str, str], **changed: Any) -> tuple[Played, dict[str, str], set[str]]:
    """The play, why what is not back, and what is noted still; noted: by component the set that was asked for.

    names: components of the host. fails: those whose restore does. All else is of what the host says of its backups, or
    a variable.
    """
    state, tasks = directory / "state", directory / "playbook/tasks"
    state.mkdir()
    for component, name in noted.items():
        (state / f"due-{component}").write_text(name)
    tasks.mkdir(parents=True)
    (directory / "playbook/vars").mkdir()
    (directory / "playbook/vars/main.yml").write_text("{}")
    for name in TASKS:
        text = (PLAYBOOKS / "tasks" / name).read_text()
        (tasks / name).write_text(text.replace("/var/lib/metalstack/backup", str(state)))
    told = {"ansible.builtin.debug": {"msg": "NOT_BACK {{ __site_not_back | default({}) | to_json | b64encode }}."}}
    (tasks / "play.yml").write_text(json.dumps([{"ansible.builtin.include_tasks": "recover_own.yml"}, told]))
    role = directory / "collections/ansible_collections/metalstack/autonomous/roles/backup/tasks"
    role.mkdir(parents=True)
    (role / "restore.yml").write_text(ROLE)
    names = changed.pop("names", ["accounts"])
    found = {"record": {"lineage": "L1", "generation": 2}, "due": sorted(noted), "restoring": []}
    found |= {name: changed.pop(name) for name in ("restoring", "sets", "holding", "unanswered") if name in changed}
    variables = {
        "fails": [], "own_components": [{"name": name} for name in names], "own_component_names": names,
        "site_name": "s", "ansible_python_interpreter": sys.executable, **changed,
    }  # fmt: skip
    ended = play(directory, tasks / "play.yml", variables, {"backup_info": found, "backup_set": {}, "run_lock": {}})
    [said] = re.findall(r"NOT_BACK ([A-Za-z0-9+/=]+)\.", ended.output)
    left = {path.name.removeprefix("due-") for path in state.iterdir()}
    return ended, json.loads(base64.b64decode(said)), left


# By component the set that it comes from, nothing for the newest that is fit. In no order of the alphabet.
BACK = {"cut_off": OLD, "authority": "", "asked_in_vain": "", "asked": OLD}
NAMES = ["broken", *BACK, "in_place", "never_backed_up"]
NOTED = {**dict.fromkeys(NAMES, ""), "asked": OLD, "asked_in_vain": OLD, "no_more": "", "metrics": "", "metrics_a": ""}


@pytest.fixture(scope="module")
def recovered(tmp_path_factory):
    """A play with one component of each kind."""
    both = [name for name in NAMES if name not in ("asked_in_vain", "never_backed_up")]
    begun = {"component": "cut_off", "set": OLD, "done": False}, {"component": "in_place", "set": OLD, "done": True}
    noted = {name: asked for name, asked in NOTED.items() if name not in ("cut_off", "in_place")}
    return recover(
        tmp_path_factory.mktemp("play"),
        noted,
        names=NAMES,
        fails=["broken"],
        restoring=begun,
        holding={**dict.fromkeys(NAMES, False), "authority": True},
        sets=[one_set(OLD, *both), one_set(NEW, *both, "asked_in_vain"), one_set(NEW, "never_backed_up", lineage="L2")],
    )


def test_each_comes_back_in_the_order_of_the_inventory_from_the_set_that_is_wanted(recovered):
    ended, *_ = recovered
    assert not ended.failed, ended.output
    # The restore of one whose data are in place is only compared, by whoever starts the backups.
    assert [(one["name"], one["set"]) for one in ended.of("backup_set")] == [*BACK.items()]


def test_one_that_fails_keeps_none_of_the_others_and_is_told_and_due_still(recovered):
    ended, missing, left = recovered
    assert missing == {"broken": "there is no broken.service"} and "broken" in left
    assert "broken of localhost is not back: there is no broken.service" in ended.output


def test_what_can_come_back_no_more_is_forgotten_and_nothing_of_the_metrics(recovered):
    ended, _missing, left = recovered
    assert "begins without never_backed_up of before" in ended.output
    # What was restored forgets the note itself.
    assert left - {"broken"} - BACK.keys() == {"metrics", "metrics_a"}


def test_what_somebody_has_made_there_meanwhile_is_saved(recovered):
    saved = [one["name"] for one in recovered[0].of("backup_set") if str(one["saves"]) == "True"]
    assert saved == ["authority"]


def test_the_hosts_are_held_meanwhile(recovered):
    assert [one.get("state", "present") for one in recovered[0].of("run_lock")] == ["present", "present", "absent"]


def test_what_nobody_wants_is_forgotten(tmp_path):
    sets, holding = [one_set(NEW, "accounts")], {"accounts": False}
    ended, missing, left = recover(
        tmp_path, {"accounts": ""}, sets=sets, holding=holding, site_recovery_components=False
    )
    assert (ended.failed, ended.of("backup_set"), missing, left) == (False, [], {}, set())


def test_an_object_storage_that_does_not_answer_is_told_and_all_stays_due(tmp_path):
    ended, missing, left = recover(tmp_path, {"accounts": ""}, unanswered="time-out")
    assert (ended.failed, ended.of("backup_set"), left) == (False, [], {"accounts"})
    assert missing == {"accounts": "time-out"}


def test_it_asks_for_what_is_told():
    told = yaml.safe_load(backup_info.RETURN)
    for name in TASKS[:2]:
        assert set(re.findall(r"__site_catalogue\.(\w+)", (PLAYBOOKS / "tasks" / name).read_text())) <= set(told)
