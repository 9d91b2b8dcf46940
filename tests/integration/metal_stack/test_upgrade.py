"""Releases, one after the other, against a real API server."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import test_site
from playing import NAMESPACE, ROLE, ROOT, Run, Stage, command, environment, play

MARK = f"/api/v1/namespaces/{NAMESPACE}/configmaps/metal-stack-release"
GARDENER = {"v0.22.17": "v1.137.7", "v0.22.18": "v1.137.7", "v0.22.19": "v1.138.3", "v0.22.20": "v1.139.0"}


def entry(stage: Stage, name: str, gardener: str = "") -> dict[str, Any]:
    """A release as the inventory names it; its images have its own name as their tag."""
    path = stage.upstream.release(stage.directory / f"{name}.yaml", name)
    document = json.loads(path.read_text())
    version = gardener or GARDENER[name]
    document["docker-images"]["third-party"] = {"gardener": {"operator": {"name": "operator", "tag": version}}}
    path.write_text(json.dumps(document))
    vectors = stage.described()["metal_stack_control_plane_release_vectors"]
    return {"name": name, "vectors": [{**vectors[0], "url": str(path)}]}


def deployed(stage: Stage, name: str = "v0.22.18") -> Stage:
    """A control plane that has a release."""
    first = entry(stage, name)
    stage.more = {"release_vectors": first["vectors"], "release_name": name}
    play(stage)
    return stage


def upgrade(stage: Stage, *names: str, options: tuple[str, ...] = (), fails: bool = False, **given: Any) -> Run:
    """Run C(tasks_from=upgrade), with a file of tasks before each step that leaves its name behind."""
    before = stage.directory / "before.yml"
    saved = f"{{{{ __metal_stack_control_plane_step.name }}}} {stage.directory / 'saved'}"
    task = {"name": "Save", "ansible.builtin.shell": f"set -- {saved}; echo $1 >> $2", "changed_when": False}
    before.write_text(json.dumps([{**task, "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}}]))
    releases = given.pop("releases", None) or [entry(stage, name) for name in names]
    stage.more = {**stage.more, "releases": releases, "before_step": str(before), **given}
    tasks = [{"ansible.builtin.include_role": {"name": ROLE, "tasks_from": "upgrade"}, "vars": stage.described()}]
    path = stage.directory / "upgrade.yml"
    path.write_text(json.dumps([{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}]))
    done = subprocess.run(
        command(path, *options), env=environment(stage.directory), capture_output=True, text=True, check=False
    )
    output = done.stdout + done.stderr
    assert (done.returncode != 0) is fails, output[-6000:]
    return Run(done.returncode, output)


def mark(stage: Stage) -> tuple[str, str]:
    """The release that is reached, and the one that is under way."""
    data = stage.cluster.request(MARK)["data"]
    return data["release"], data["begun"]


def saved(stage: Stage) -> list[str]:
    path = Path(stage.directory / "saved")
    return path.read_text().split() if path.exists() else []


def image(stage: Stage) -> str:
    found = stage.cluster.request(f"/apis/apps/v1/namespaces/{NAMESPACE}/statefulsets/nsqd")
    return str(found["spec"]["template"]["spec"]["containers"][0]["image"])


def test_one_release_after_the_other_is_deployed_and_a_second_run_changes_nothing(stage: Stage):
    deployed(stage)
    assert mark(stage) == ("v0.22.18", "")
    told = upgrade(stage, "v0.22.18", "v0.22.19", "v0.22.20", options=("--check", "--diff"))
    assert "v0.22.20" in told.output
    assert (mark(stage), saved(stage)) == (("v0.22.18", ""), [])
    upgrade(stage, "v0.22.18", "v0.22.19", "v0.22.20")
    assert saved(stage) == ["v0.22.19", "v0.22.20"]
    assert (mark(stage), image(stage)) == (("v0.22.20", ""), "registry.example/nsq:v0.22.20")
    assert stage.record()["nsq"]["release"] == "v0.22.20"
    again = upgrade(stage, "v0.22.18", "v0.22.19", "v0.22.20")
    assert again.changed == 0
    assert saved(stage) == ["v0.22.19", "v0.22.20"]


def test_a_step_that_failed_is_gone_on_with_and_saved_once(stage: Stage):
    deployed(stage)
    broken = stage.upstream.template("nsq")
    stage.upstream.role("nsq", [{"name": "Break", "ansible.builtin.fail": {"msg": "broken"}}], broken)
    failed = upgrade(stage, "v0.22.19", "v0.22.20", fails=True)
    assert "'metal-roles/control-plane/roles/nsq : Break': broken" in failed.output
    assert (mark(stage), saved(stage)) == (("v0.22.18", "v0.22.19"), ["v0.22.19"])
    left_out = upgrade(stage, "v0.22.20", fails=True)
    assert "v0.22.19 was begun and has not come to its end, and is not among releases" in left_out.output
    stage.upstream.role("nsq", [], broken, {"nsq_log_level": "info"})
    upgrade(stage, "v0.22.19", "v0.22.20")
    assert (mark(stage), saved(stage)) == (("v0.22.20", ""), ["v0.22.19", "v0.22.20"])


def test_all_that_speaks_against_a_way_is_told_before_anything_is_saved(stage: Stage):
    deployed(stage, "v0.22.17")
    run = upgrade(stage, releases=[entry(stage, "v0.22.19", "v1.139.1")], fails=True)
    assert "v0.22.19 after v0.22.17 skips v0.22.18" in run.output
    assert "Gardener v1.137.7 to v1.139.1 skips a minor; take a release with v1.138 first" in run.output
    assert (mark(stage), saved(stage)) == (("v0.22.17", ""), [])
    assert image(stage) == "registry.example/nsq:v0.22.17"


def test_the_playbook_takes_the_steps_once_whatever_hosts_the_site_has(stage: Stage):
    deployed(stage)
    stage.more = {**stage.more, "releases": [entry(stage, "v0.22.19")]}
    way = {
        "ansible.builtin.include_tasks": str(ROOT / "playbooks/tasks/metal_stack/deploy.yml"),
        "vars": {"__site_metal_stack_tasks": "way"},
    }
    step = {
        "ansible.builtin.include_tasks": str(ROOT / "playbooks/tasks/upgrade_metal_stack/step.yml"),
        "loop": "{{ __metal_stack_control_plane_way.steps }}",
        "loop_control": {"loop_var": "__metal_stack_control_plane_step"},
    }
    # No set is made: how that is done is what the drills of the site are about.
    test_site.deploy(stage, tasks=(way, step), upgrade_without_backup=True)
    assert (mark(stage), image(stage)) == (("v0.22.19", ""), "registry.example/nsq:v0.22.19")
    assert test_site.deploy(stage, tasks=(way, step), upgrade_without_backup=True).changed == 0


def test_another_release_than_the_cluster_has_is_left_to_an_upgrade(stage: Stage):
    deployed(stage)
    wanted = entry(stage, "v0.22.19")
    stage.more = {"release_vectors": wanted["vectors"], "release_name": "v0.22.19"}
    # A controller that has deployed nothing yet knows it, too.
    for more in ({}, {"state_path": str(stage.directory / "other")}):
        stage.more = {**stage.more, **more}
        run = play(stage, fails=True)
        assert "the control plane is at v0.22.18, and v0.22.19 would be deployed" in run.output
        assert "run the playbook upgrade_metal_stack" in run.output
    assert (mark(stage), image(stage)) == (("v0.22.18", ""), "registry.example/nsq:v0.22.18")
    upgrade(stage, "v0.22.19")
    assert play(stage).changed == 0


def test_another_controller_goes_on_and_the_first_one_after_it(stage: Stage):
    deployed(stage)
    upgrade(stage, "v0.22.19", state_path=str(stage.directory / "other"))
    stage.more.pop("state_path")
    upgrade(stage, "v0.22.20")
    assert (mark(stage), saved(stage)) == (("v0.22.20", ""), ["v0.22.19", "v0.22.20"])


def test_a_first_release_that_does_not_come_up_is_left_for_the_next_by_a_word(stage: Stage):
    template = stage.upstream.template("nsq")
    stage.upstream.role("nsq", [{"name": "Break", "ansible.builtin.fail": {"msg": "broken"}}], template)
    first, second = entry(stage, "v0.22.18"), entry(stage, "v0.22.19")
    stage.more = {"release_vectors": first["vectors"], "release_name": "v0.22.18"}
    play(stage, fails=True)
    stage.upstream.role("nsq", [], template, {"nsq_log_level": "info"})
    stage.more = {"release_vectors": second["vectors"], "release_name": "v0.22.19"}
    assert "it may be left, by metal_stack_control_plane_release_left: v0.22.18" in play(stage, fails=True).output
    stage.more["release_left"] = "v0.22.18"
    play(stage)
    assert (mark(stage), image(stage)) == (("v0.22.19", ""), "registry.example/nsq:v0.22.19")
    assert play(stage).changed == 0
