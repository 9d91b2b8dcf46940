"""What a partition of a site takes from the site, and when it is deployed by whom."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from playbook_tasks import ENVIRONMENT, holds
from site_variables import site_variables

PLAYBOOKS = Path(__file__).resolve().parents[3] / "playbooks"
ROLES = PLAYBOOKS.parent / "roles"
# What is of the partition alone, or of whoever asks the API.
OF_PARTITION = {
    "id", "allow_downgrade", "allow_unmapped", "api_version", "api_hmac", "api_token", "api_ca", "properties", "sizes",
    "images", "filesystem_layouts", "networks", "size_reservations", "needs", "components", "redeploy", "variables",
    "timeout", "answer_timeout", "switch_timeout",
}  # fmt: skip


def read(path):
    return yaml.safe_load(path.read_text())


def test_all_else_of_a_partition_is_of_its_site():
    specified = read(ROLES / "metal_stack_partition/meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    names = {name.removeprefix("metal_stack_partition_") for name in specified}
    given = site_variables()
    of_site = {
        name.removeprefix("metal_stack_partition_") for name in given if name.startswith("metal_stack_partition_")
    }
    assert of_site == names - OF_PARTITION


def test_a_partition_of_a_site_is_deployed_with_a_kubeconfig_for_the_run_alone():
    _refuse, _validate, of_site, other = read(PLAYBOOKS / "partition.yml")
    (task,) = of_site["tasks"]
    _hold, deployment = task["block"]
    deploy, _know = deployment["block"]
    assert (of_site["roles"], deploy["ansible.builtin.include_tasks"]) == (["site"], "tasks/metal_stack/administer.yml")
    assert deploy["vars"]["__site_kubeconfig"] == "{{ metal_stack_partition_kubeconfig }}"
    given = site_variables()
    assert given["metal_stack_partition_kubeconfig"] != given["metal_stack_control_plane_kubeconfig"]
    (role,) = read(PLAYBOOKS / "tasks/metal_stack" / deploy["vars"]["__site_administered"])
    assert role["ansible.builtin.include_role"] == other["tasks"][-1]["ansible.builtin.include_role"]
    assert other["tasks"][-1]["when"] == "not __is_of_site"


def test_the_site_is_judged_and_held_for_the_run_and_let_go_whatever_becomes_of_it():
    _refuse, validate, of_site, _other = read(PLAYBOOKS / "partition.yml")
    assert validate["ansible.builtin.import_playbook"] == "metalstack.autonomous.validate"
    (task,) = of_site["tasks"]
    hold, deployment = task["block"]
    assert hold["ansible.builtin.include_tasks"] == "tasks/hold.yml"
    assert [one["ansible.builtin.include_tasks"] for one in deployment["always"]] == ["tasks/release.yml"]
    # As all others do, so that one of them is refused.
    assert of_site["hosts"] == read(PLAYBOOKS / "upgrade_metal_stack.yml")[1]["hosts"]


@pytest.mark.parametrize(
    ("groups", "hostvars", "judged"),
    [
        ({"k3s_servers": ["a"]}, {"a": {"site_metal_stack": "true"}}, True),
        ({"k3s_servers": ["a"]}, {"a": {"site_metal_stack": False}}, False),
        ({"k3s_servers": ["a"]}, {"a": {}}, False),
        ({}, {}, False),
    ],
)
def test_an_inventory_without_a_control_plane_of_its_own_need_be_no_site(groups, hostvars, judged):
    validate = read(PLAYBOOKS / "partition.yml")[1]
    ENVIRONMENT.filters.setdefault("extract", lambda key, container: container[key])
    assert holds(validate, groups=groups, hostvars=hostvars) is judged
