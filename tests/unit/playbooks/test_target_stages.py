"""What of the second stage is deployed to which shoot, its tasks played with a line instead of each part."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from played import play

TASKS = Path(__file__).resolve().parents[3] / "playbooks/tasks/target"
PARTS = ("metal_stack", "gardener")


def second_stage(directory, **shoots):
    tasks = directory / "playbook/tasks"
    tasks.mkdir(parents=True)
    (directory / "playbook/vars").mkdir()
    (directory / "playbook/vars/main.yml").write_text("{}")
    shutil.copy(TASKS / "second_stage.yml", tasks)
    for part in PARTS:
        deployed = {"ansible.builtin.debug": {"msg": f"DEPLOYED {part} to {{{{ __target.kubeconfig }}}}"}}
        (tasks / f"{part}.yml").write_text(json.dumps([deployed]))
    played = play(directory, tasks / "second_stage.yml", {"target_shoot_handed_on": shoots}, {})
    assert not played.failed, played.output
    return played.output


def shoot(name, *carries, expiration="2026-11-30T20:00:00Z", hibernated=False):
    return {"kubeconfig": f"/{name}", "expiration": expiration, "carries": list(carries), "hibernated": hibernated}


def test_each_part_is_deployed_to_the_shoot_that_carries_it_and_is_there(tmp_path):
    output = second_stage(tmp_path, a=shoot("a", "metal_stack"), b=shoot("b", "gardener", expiration=""))
    assert "DEPLOYED metal_stack to /a" in output and output.count("DEPLOYED") == 1 and "hibernates, so" not in output


def test_nothing_is_deployed_to_a_shoot_that_hibernates_which_is_told(tmp_path):
    asleep = shoot("asleep", *PARTS, hibernated=True)
    output = second_stage(tmp_path, asleep=asleep, bare=shoot("bare", hibernated=True))
    assert "asleep: hibernates, so that metal_stack, gardener is not deployed to it -> wake it up" in output
    assert "DEPLOYED" not in output
