"""A look at the network that fails is the reason by itself, not what its answer lacks."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pytest
import yaml

TASKS = Path(__file__).resolve().parents[3] / "roles/kube_vip/tasks"
ENVIRONMENT = jinja2.Environment(undefined=jinja2.StrictUndefined)
ENVIRONMENT.tests["success"] = lambda result: not result.get("failed", False)
HELD = {"serving": True, "holders": ["server1"], "active_seconds": 9}


@pytest.mark.parametrize(
    ("file", "answer", "ends"),
    [
        ("verify", HELD, True),
        ("verify", {**HELD, "holders": []}, False),
        ("verify", {"failed": True, "msg": "arping is not there"}, False),
        ("remove", {"held": []}, True),
        ("remove", {"held": ["192.0.2.10"]}, False),
        ("remove", {"failed": True, "msg": "arping is not there"}, False),
    ],
)
def test_what_fails_is_asked_again_and_then_told(file: str, answer: dict[str, object], ends: bool) -> None:
    [task] = [one for one in yaml.safe_load((TASKS / f"{file}.yml").read_text()) if "until" in one]
    variables = {task["register"]: answer, "__kube_vip_steady_seconds": 3}
    assert bool(ENVIRONMENT.compile_expression(task["until"], undefined_to_none=False)(**variables)) is ends
