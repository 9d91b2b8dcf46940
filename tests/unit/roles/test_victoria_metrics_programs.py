"""A version of a cluster's programs is there before any host runs it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from played import ROLES, play


@pytest.mark.parametrize(("tasks", "switches"), [("stage", False), ("cluster", True)])
def test_programs_that_are_fetched_ahead_are_not_switched_to(tmp_path: Path, tasks: str, switches: bool) -> None:
    artifact = {"name": "vmstorage", "version": "v1.113.0-cluster"}
    variables = {
        "ansible_python_interpreter": sys.executable,
        "victoria_metrics_artifacts": {"vmstorage": artifact},
        "victoria_metrics_serves": True,
        "__victoria_metrics_plan": {"mode": "cluster"},
    }
    run = play(tmp_path, ROLES / f"victoria_metrics/tasks/{tasks}.yml", variables, {"versioned_binary": {}})
    assert not run.failed, run.output
    [asked] = run.of("versioned_binary")
    assert (asked["version"], asked["activate"]) == ("v1.113.0-cluster", switches)
