"""Whoever runs the tests of this repository runs the same ones."""

from __future__ import annotations

from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
COMMAND = ".ci/run"


def test_the_command_is_what_a_developer_types() -> None:
    assert (ROOT / COMMAND).read_text().splitlines()[-1] == "exec make test"


def test_gitlab_and_github_run_it_and_nothing_else() -> None:
    assert yaml.safe_load((ROOT / ".gitlab-ci.yml").read_text())["test"]["script"] == [COMMAND]
    jobs = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text())["jobs"]
    assert [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step] == [COMMAND]
