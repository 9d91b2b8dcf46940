"""Waiting for a shoot in slices: the first one writes, the others are told what, and the result is that of all."""

from __future__ import annotations

from types import SimpleNamespace

from ansible_collections.metalstack.autonomous.plugins.action import gardener_shoot
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._k3s import patience

WRITTEN = {"uid": "u", "generation": 2}
FAILURE = {"condition": "operation Reconcile has succeeded", "seen": "Reconcile Processing 42 %: waiting for workers"}
FIRST = {
    "failed": True, "msg": "not yet", "failures": [FAILURE], "over": False, "changed": True, "written": WRITTEN,
    "diff": {"before": 1, "after": 2}, "warnings": ["deprecated"], "operation": {"progress": 42}, "waited": 15.0,
}  # fmt: skip
LAST = {"changed": False, "written": WRITTEN, "operation": {"progress": 100}, "waited": 3.0}


def run(monkeypatch, *answers):
    asked, said, given = [], [], iter(answers)
    action = gardener_shoot.ActionModule.__new__(gardener_shoot.ActionModule)
    action._task = SimpleNamespace(args={"namespace": "garden-a", "name": "fra"})
    monkeypatch.setattr(patience.ActionBase, "run", lambda *_: {})
    monkeypatch.setattr(patience.display, "display", said.append)

    def execute(_name, module_args, task_vars):
        asked.append(dict(module_args))
        return dict(next(given))

    monkeypatch.setattr(action, "_execute_module", execute)
    return action.run(), asked, said


def test_only_the_first_slice_writes_and_its_diff_and_warnings_are_those_of_the_result(monkeypatch):
    result, asked, said = run(monkeypatch, FIRST, LAST)
    assert [one.get("written") for one in asked] == [None, WRITTEN]
    assert (result["changed"], result["diff"], result["warnings"]) == (True, FIRST["diff"], ["deprecated"])
    assert result["operation"] == {"progress": 100} and not {"failed", "msg", "failures"} & set(result)
    assert said[0].startswith("garden-a/fra: 0 s of 3600 at most; still to come: operation Reconcile has succeeded (")


def test_a_later_failure_is_told_beside_what_the_first_slice_has_written(monkeypatch):
    result, _, _ = run(monkeypatch, FIRST, {"failed": True, "msg": "refused", "changed": False})
    assert (result["failed"], result["msg"], result["changed"], result["diff"]) == (
        True, "refused", True, FIRST["diff"],
    )  # fmt: skip


def test_what_is_done_at_once_is_told_as_it_is(monkeypatch):
    result, asked, said = run(monkeypatch, {**LAST, "changed": True})
    assert result["changed"] and len(asked) == 1 and not said
