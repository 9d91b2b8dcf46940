"""What the playbook target hands to its roles."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from played import play
from site_variables import site_variables

PLAYBOOKS = Path(__file__).resolve().parents[3] / "playbooks"
TASKS = PLAYBOOKS / "tasks/target"
ROLES = PLAYBOOKS.parent / "roles"
STACK = "metal_stack_control_plane"


def read(path):
    return yaml.safe_load(path.read_text())


def tasks():
    _validate, target = read(PLAYBOOKS / "target.yml")
    return target["tasks"]


def entries(role):
    return read(ROLES / role / "meta/argument_specs.yml")["argument_specs"]


def test_nothing_of_the_initial_stage_gets_into_the_second_one():
    (deploy,) = [one for one in read(TASKS / "metal_stack.yml") if "ansible.builtin.include_role" in one]
    given = deploy["vars"]
    assert set(given) == set(entries(STACK)["main"]["options"])
    assert {"".join(value.split()) for value in given.values()} == {f"{{{{__target_stack.{name}}}}}" for name in given}


def test_the_second_stage_is_known_before_its_variables_are():
    """A template that named one of these would be answered by itself."""
    names = [next(iter(set(one) - {"name", "vars", "no_log"})) for one in read(TASKS / "metal_stack.yml")]
    assert names == ["ansible.builtin.include_vars", "ansible.builtin.set_fact", "ansible.builtin.include_role"]


def test_each_state_is_a_part_of_the_role():
    act, second = read(TASKS / "act.yml")
    chosen = act["ansible.builtin.include_role"]["tasks_from"]
    assert all(f"'{name}'" in chosen for name in entries("target_shoot"))
    assert "['present', 'adopted']" in second["when"]


def test_a_target_takes_what_its_site_knows():
    given = site_variables()
    of_site = {name.removeprefix("target_shoot_") for name in given if name.startswith("target_shoot_")}
    assert of_site == {"kubeconfig", "state_path", "seed_kubeconfig", "seed_api_url", "initial", "second"}
    options = entries("target_shoot")["main"]["options"]
    for side in ("initial", "second"):
        assert set(given[f"target_shoot_{side}"]) == set(options[f"target_shoot_{side}"]["options"])


def test_a_run_takes_no_other_run_its_kubeconfig_away():
    (administer,) = [one for one in tasks() if "ansible.builtin.include_tasks" in one]
    assert administer["vars"]["__site_kubeconfig"] == "{{ target_shoot_seed_kubeconfig }}"
    given = site_variables()
    kubeconfigs = [given[f"{role}_kubeconfig"] for role in (STACK, "metal_stack_partition", "target_shoot_seed")]
    assert len(set(kubeconfigs)) == 3


@pytest.mark.parametrize(
    ("carries", "state", "garden", "refused"),
    [
        (["metal_stack", "gardener"], None, {}, True), (["gardener"], "present", {"deployed_elsewhere": "no"}, True),
        (["gardener"], None, {"deployed_elsewhere": True}, False), (["metal_stack"], None, {}, False),
        (None, None, {}, False), (["gardener"], "adopted", {}, False), (["gardener"], "absent", {}, False),
    ],
)  # fmt: skip
def test_a_shoot_for_a_gardener_that_nobody_deploys_is_refused_before_it_is_made(
    tmp_path, carries, state, garden, refused
):
    names = [one["name"] for one in tasks()]
    refuse = names.index("Refuse a Gardener of the second stage that nobody deploys")
    assert refuse < names.index("Act from the controller")
    (tmp_path / "play/tasks").mkdir(parents=True)
    (tmp_path / "play/vars").mkdir()
    (tmp_path / "play/vars/main.yml").write_text("{}")
    (tmp_path / "play/tasks/refuse.yml").write_text(yaml.safe_dump([tasks()[refuse]]))
    shoot = {"name": "inner", **({"carries": carries} if carries else {})}
    given = {"target_shoot_shoots": [shoot], "__site_target_garden": garden, "site_target_state": state}
    played = play(tmp_path, tmp_path / "play/tasks/refuse.yml", given, {})
    assert played.failed is refused, played.output
    assert ("inner carries gardener, which this playbook does not deploy" in played.output) is refused
