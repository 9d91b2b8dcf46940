"""The reason that a host's turn failed, as the run's last words give it."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pytest
import yaml

VARIABLES = Path(__file__).resolve().parents[3] / "roles/k3s_cluster/vars/main.yml"
UNKNOWN = "Task failed: Action failed: Unknown error."
TASK = {"name": "Verify that names are answered"}


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({}, ""),
        ({"ansible_failed_result": {"msg": "no quorum"}, "ansible_failed_task": TASK}, "no quorum"),
        (
            {"ansible_failed_result": {"msg": ""}, "ansible_failed_task": TASK},
            "'Verify that names are answered' did not succeed",
        ),
        (
            {"ansible_failed_result": {"attempts": 10}, "ansible_failed_task": TASK},
            "'Verify that names are answered' did not succeed",
        ),
        (
            {"ansible_failed_result": {"msg": UNKNOWN, "attempts": 10}, "ansible_failed_task": TASK},
            "'Verify that names are answered' did not succeed",
        ),
    ],
    ids=["another host failed", "a message", "an empty one", "without any", "what Ansible puts in its place"],
)
def test_what_failed_is_named(variables: dict[str, object], reason: str) -> None:
    template = yaml.safe_load(VARIABLES.read_text())["__k3s_cluster_failure"]
    assert jinja2.Environment().from_string(template).render(variables).strip() == reason
