"""What is found to wait for its data in a cluster that was restored: the tasks of metal_stack, played on stand-ins."""

from __future__ import annotations

import base64
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from played import Played, play

TASKS = Path(__file__).resolve().parents[3] / "playbooks/tasks/metal_stack"
KNOWN = {
    "__site_metal_stack_namespace": "metal-control-plane", "ansible_python_interpreter": sys.executable,
    "__site_garden_held": "^Deployment/garden/gardenlet$",
}  # fmt: skip
FIRST, SECOND = ("StatefulSet/metal-control-plane/" + name for name in ("metal-db", "valkey"))


def look(directory: Path, held: list[str], noted: str = "", images: str = "", **given: Any) -> tuple[Played, Any]:
    """What the play has said, and which databases wait, why nothing is deployed, and by what volumes are looked into.

    held: as kube-system tells it. noted: databases that an earlier run has noted. given: variables; answers of modules.
    """
    tasks = directory / "playbook/tasks"
    note = [{"kind": "ConfigMap", "data": {"held": noted}}] if noted else []
    held_by = [{"spec": {"template": {"spec": {"containers": [{"image": one}]}}}} for one in images.split()]
    kept = {"objects": [*note, *({"kind": "StatefulSet", **one} for one in held_by)]}
    tasks.mkdir(parents=True)
    (directory / "playbook/vars").mkdir()
    (directory / "playbook/vars/main.yml").write_text("{}")
    found = "[__site_held_databases, __site_waits, __site_reader_image]"
    said = {"ansible.builtin.debug": {"msg": "FOUND {{ " + found + " | to_json | b64encode }}."}}
    (tasks / "look.yml").write_text((TASKS / "look.yml").read_text())
    (tasks / "play.yml").write_text(json.dumps([{"ansible.builtin.include_tasks": "look.yml"}, said]))
    answers = {
        "k3s_info": {"k3s": {"api": {"ready": True, "error": "", "held": held}}},
        "backup_info": {},
        "k3s_objects_info": kept,
    }
    known = {"backup_hosts": ["localhost"], **KNOWN}
    variables = {**known, **given.pop("variables", {})}
    ended = play(directory, tasks / "play.yml", variables, {**answers, **given})
    told = re.search(r"FOUND ([A-Za-z0-9+/=]+)\.", ended.output)
    return ended, told and json.loads(base64.b64decode(told[1]))


@pytest.mark.parametrize(
    ("held", "noted", "images", "waiting", "image"),
    [
        ([FIRST, SECOND], "", "db:1 valkey:1", ["metal-db", "valkey"], "db:1"),
        ([FIRST, SECOND], "metal-db valkey", "", ["metal-db", "valkey"], ""),
        ([SECOND], "metal-db valkey", "valkey:1", ["metal-db", "valkey"], "valkey:1"),
        ([], "metal-db valkey", "", ["metal-db", "valkey"], ""),
    ],
    ids=["held", "deleted by a restore that was cut off", "one was deleted", "bootstrap finds nothing held any more"],
)
def test_a_restore_that_was_cut_off_is_gone_on_with(tmp_path, held, noted, images, waiting, image):
    ended, found = look(tmp_path, held, noted, images)
    assert not ended.failed, ended.output
    assert found == [waiting, "", image]


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"unconfirmed": [""]}, "what was restored was not compared with its set"),
        ({"unconfirmed": ["k3s"]}, "what was restored was not compared with its set"),
        ({"unanswered": "no route"}, "the object storage gives no answer"),
        ({"unconfirmed": ["pdns"]}, ""),
    ],
    ids=["nothing", "the cluster", "nobody knows", "another component"],
)
def test_databases_wait_until_their_cluster_was_compared_though_nothing_else_is_held(tmp_path, told, why):
    _ended, found = look(tmp_path, [FIRST], backup_info=told)
    assert found[1].startswith(why) and bool(found[1]) is bool(why)


def test_nothing_is_asked_of_backups_and_no_volume_looked_into_while_nothing_is_held(tmp_path):
    # Whose StatefulSet is marked to be held is so at all times.
    ended, found = look(tmp_path, [], images="db:1")
    assert found == [[], "", ""] and not ended.of("backup_info")


def test_a_cluster_that_does_not_answer_is_not_taken_for_one_that_holds_nothing(tmp_path):
    api = {"ready": False, "error": "connection refused", "held": []}
    ended, found = look(tmp_path, [], k3s_info={"k3s": {"api": api}})
    assert ended.failed and found is None and "is not ready (connection refused)" in ended.output


OBJECT = {"kind": "ConfigMap", "metadata": {"resourceVersion": "12"}}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"objects": [OBJECT]}, "stays on the cluster as it is"),
        ({"objects": []}, ""),
        ({"failed": True, "msg": "GET /api: refused"}, "GET /api: refused: nobody knows whether"),
    ],
    ids=["there", "not there", "no answer"],
)
def test_what_nobody_wants_any_more_is_told_as_the_cluster_has_it_and_fails_nothing(tmp_path, answer, said):
    (tmp_path / "playbook").mkdir()
    for name in ("tasks", "vars"):
        (tmp_path / "playbook" / name).mkdir()
    (tmp_path / "playbook/vars/main.yml").write_text("{}")
    for name in ("stays.yml", "made.yml"):
        (tmp_path / "playbook/tasks" / name).write_text((TASKS / name).read_text())
    ended = play(tmp_path, tmp_path / "playbook/tasks/stays.yml", KNOWN, {"k3s_objects_info": answer})
    assert not ended.failed, ended.output
    told = [line for line in ended.output.splitlines() if '"msg": ' in line and "metal-stack" in line]
    assert bool(told) is bool(said) and all(said in line for line in told)
    (asked,) = ended.of("k3s_objects_info")
    assert {one["metadata"]["namespace"] for one in asked["objects"]} == {"metal-control-plane"}
