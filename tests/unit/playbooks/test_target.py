"""What the playbook target hands to its roles."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible_collections.metalstack.autonomous.plugins.module_utils._site.target import DEPLOYING, STATES
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


@pytest.mark.parametrize(
    ("tasks", "role", "known"), [("metal_stack", STACK, "__target_stack"), ("garden", "gardener", "__target_garden")]
)
def test_nothing_of_the_initial_stage_gets_into_the_second_one(tasks, role, known):
    (deploy,) = [one for one in read(TASKS / f"{tasks}.yml") if "ansible.builtin.include_role" in one]
    given = deploy["vars"]
    assert set(given) == set(entries(role)["main"]["options"])
    assert {"".join(value.split()) for value in given.values()} == {f"{{{{{known}.{name}}}}}" for name in given}


@pytest.mark.parametrize("tasks", ["metal_stack", "garden"])
def test_the_second_stage_is_known_before_its_variables_are(tasks):
    """A template that named one of these would be answered by itself."""
    acts = [one for task in read(TASKS / f"{tasks}.yml") for one in task if one.startswith("ansible.builtin.")]
    assert acts[0] == "ansible.builtin.include_vars" and acts[-1] == "ansible.builtin.include_role"
    assert set(acts[1:-1]) == {"ansible.builtin.set_fact"}


def test_each_state_is_a_part_of_the_role():
    act, second = read(TASKS / "act.yml")
    chosen = act["ansible.builtin.include_role"]["tasks_from"]
    assert all(f"'{name}'" in chosen for name in entries("target_shoot"))
    assert all(f"'{state}':" in chosen for state in STATES)
    assert str(list(DEPLOYING)) in second["when"]


def test_a_target_takes_what_its_site_knows():
    given = site_variables()
    of_site = {name.removeprefix("target_shoot_") for name in given if name.startswith("target_shoot_")}
    assert of_site == {
        "kubeconfig", "state_path", "seed_kubeconfig", "seed_api_url", "initial", "second", "second_garden_kubeconfig",
    }  # fmt: skip
    options = entries("target_shoot")["main"]["options"]
    for side in ("initial", "second"):
        assert set(given[f"target_shoot_{side}"]) == set(options[f"target_shoot_{side}"]["options"])


def test_a_run_takes_no_other_run_its_kubeconfig_away():
    (administer,) = [one for one in tasks() if "ansible.builtin.include_tasks" in one]
    assert administer["vars"]["__site_kubeconfig"] == "{{ target_shoot_seed_kubeconfig }}"
    given = site_variables()
    kubeconfigs = [given[f"{role}_kubeconfig"] for role in (STACK, "metal_stack_partition", "target_shoot_seed")]
    assert len(set(kubeconfigs)) == 3
