"""Waiting for what a garden is furnished with: the names under which it is told, and its time."""

from __future__ import annotations

import importlib
from types import SimpleNamespace

import pytest
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._k3s import patience

BASE = "ansible_collections.metalstack.autonomous.plugins"


@pytest.mark.parametrize(
    ("module", "told"),
    [
        ("gardener_cloud_profile", "CloudProfile a"),
        ("gardener_project", "Project a"),
        ("gardener_credentials", "CredentialsBinding n/a"),
        ("gardener_seed", "Seed a"),
    ],
)
@pytest.mark.parametrize("option", ["timeout", "wait_timeout"])
def test_its_progress_is_told_within_the_time_that_is_given_by_either_name(monkeypatch, module, told, option):
    failure = {"condition": "c", "seen": "s"}
    waits = {
        "failed": True,
        "failures": [failure],
        "over": False,
        "changed": True,
        "written": {"uid": "u"},
        "waited": 1.0,
    }
    answers = iter([waits, {"changed": False, "waited": 1.0, "written": {"uid": "u"}}])
    action = importlib.import_module(f"{BASE}.action.{module}").ActionModule
    made, asked, said = action.__new__(action), [], []
    made._task = SimpleNamespace(args={"namespace": "n", "name": "a", option: 99})
    monkeypatch.setattr(patience.ActionBase, "run", lambda *_: {})
    monkeypatch.setattr(patience.display, "display", said.append)

    def execute(_name, module_args, task_vars):
        asked.append(dict(module_args))
        return next(answers)

    monkeypatch.setattr(made, "_execute_module", execute)
    result = made.run()
    assert result["changed"] and said[0].startswith(f"{told}: 0 s of 99 at most; still to come: c (s)")
    assert all("wait_timeout" not in one and one["timeout"] == patience.NEWS_SECONDS for one in asked)


@pytest.mark.parametrize(
    "module", ["gardener_cloud_profile", "gardener_project", "gardener_credentials", "gardener_seed"]
)
def test_without_a_time_it_has_that_of_the_module(module):
    action = importlib.import_module(f"{BASE}.action.{module}").ActionModule
    assert importlib.import_module(f"{BASE}.modules.{module}").OPTIONS["timeout"]["default"] == action.SECONDS
