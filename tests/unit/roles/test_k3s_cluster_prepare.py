"""What a run that has nothing to do does without."""

from __future__ import annotations

import jinja2
import pytest
import yaml
from played import ROLES

ENVIRONMENT = jinja2.Environment()
ENVIRONMENT.filters["bool"] = lambda value: str(value).lower() == "true"


@pytest.mark.parametrize(
    ("upgrade", "idle", "installed", "prepares"),
    [
        ("true", True, "v2", False),
        ("true", False, "v2", True),
        # One that runs, and whose program is gone.
        ("true", True, "", True),
        (False, True, "v2", True),
    ],
    ids=["an upgrade with nothing to do", "with something", "with a program that is not there", "bootstrap"],
)
def test_only_an_upgrade_with_nothing_to_do_installs_and_configures_nothing(
    upgrade: bool | str, idle: bool, installed: str, prepares: bool
) -> None:
    [task] = [one for one in yaml.safe_load((ROLES / "k3s_cluster/tasks/prepare.yml").read_text()) if "block" in one]
    assert [one["ansible.builtin.import_tasks"] for one in task["block"]] == ["install.yml", "configure.yml"]
    variables = {
        "k3s_cluster_upgrade": upgrade,
        "k3s_cluster_version": "v2",
        "__k3s_cluster_plan": {"idle": idle},
        "__k3s_cluster_found": {"k3s": {"installed_version": installed}},
    }
    assert ENVIRONMENT.compile_expression(task["when"])(**variables) is prepares
