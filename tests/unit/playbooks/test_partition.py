"""What a partition of a site takes from the site, and when it is deployed by whom."""

from __future__ import annotations

from pathlib import Path

import yaml

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
    given = read(PLAYBOOKS / "roles/site/vars/main.yml")
    of_site = {
        name.removeprefix("metal_stack_partition_") for name in given if name.startswith("metal_stack_partition_")
    }
    assert of_site == names - OF_PARTITION


def test_a_partition_of_a_site_is_deployed_with_a_kubeconfig_for_the_run_alone():
    _refuse, of_site, other = read(PLAYBOOKS / "partition.yml")
    (task,) = of_site["tasks"]
    deploy, _know = task["block"]
    assert (of_site["roles"], deploy["ansible.builtin.include_tasks"]) == (["site"], "tasks/metal_stack/administer.yml")
    (role,) = read(PLAYBOOKS / "tasks/metal_stack" / deploy["vars"]["__site_administered"])
    assert role["ansible.builtin.include_role"] == other["tasks"][-1]["ansible.builtin.include_role"]
    assert other["tasks"][-1]["when"] == "not __is_of_site"
