"""Waiting for a garden in slices, of which those before anything was written begin anew."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible_collections.metalstack.autonomous.plugins.action import (
    gardener_garden,
    gardener_garden_kubeconfig,
    gardener_garden_operation,
    gardener_garden_plan,
)
from ansible_collections.metalstack.autonomous.plugins.modules import gardener_garden as garden_module
from ansible_collections.metalstack.autonomous.plugins.modules import gardener_garden_kubeconfig as kubeconfig_module
from ansible_collections.metalstack.autonomous.plugins.modules import gardener_garden_operation as operation_module
from ansible_collections.metalstack.autonomous.plugins.modules import gardener_garden_plan as plan_module
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._k3s import patience

FAILURE = {"condition": "gardener-operator runs", "seen": "0 of 1 pods are ready"}
WRITTEN = {"uid": "u", "generation": 1, "version": "v1.138.3", "extensions": {}}
BEFORE = {"failed": True, "msg": "no", "failures": [FAILURE], "over": False, "changed": False, "written": {}}
WROTE = {**BEFORE, "changed": True, "written": WRITTEN, "diff": {"after": 1}, "waited": 15.0}


def run(monkeypatch, *answers):
    asked, said, given = [], [], iter(answers)
    action = gardener_garden.ActionModule.__new__(gardener_garden.ActionModule)
    action._task = SimpleNamespace(args={"garden": {"name": "local"}})
    monkeypatch.setattr(patience.ActionBase, "run", lambda *_: {})
    monkeypatch.setattr(patience.display, "display", said.append)

    def execute(_name, module_args, task_vars):
        asked.append(dict(module_args))
        return dict(next(given))

    monkeypatch.setattr(action, "_execute_module", execute)
    return action.run(), asked, said


def test_what_was_written_is_handed_on_and_told_with_its_diff(monkeypatch):
    result, asked, said = run(monkeypatch, BEFORE, WROTE, {"changed": False, "written": WRITTEN, "waited": 3.0})
    assert [one.get("written") for one in asked] == [None, {}, WRITTEN]
    assert result["changed"] and result["diff"] == {"after": 1} and not {"failed", "failures"} & set(result)
    assert said[0].startswith("Garden local: 0 s of 1800 at most; still to come: gardener-operator runs (0 of 1")


@pytest.mark.parametrize(
    ("action", "module"),
    [
        (gardener_garden, garden_module),
        (gardener_garden_kubeconfig, kubeconfig_module),
        (gardener_garden_operation, operation_module),
        (gardener_garden_plan, plan_module),
    ],
)
def test_an_action_waits_as_long_as_its_module(action, module):
    assert module.OPTIONS["timeout"]["default"] == action.ActionModule.SECONDS
