"""Waiting in slices: what is asked for, what is said meanwhile, and when it ends."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible_collections.metalstack.autonomous.plugins.action import k3s_wait
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._k3s import patience

FAILURE = {"condition": "node server2 is Ready", "seen": "Ready=False", "expected": "Ready=True", "remedy": "-"}


def answer(failures=0, over=False, changed=False):
    found = [FAILURE] * failures
    return {"failed": bool(found), "failures": found, "over": over, "restarts": 7, "changed": changed, "waited": 1.0}


class Waiting:
    """The action, with the host's answers given beforehand and a clock that each slice moves by its time-out."""

    def __init__(self, monkeypatch, answers, **arguments):
        self.asked, self.said, self.now = [], [], 0.0
        self.answers = iter(answers)
        self.action = k3s_wait.ActionModule.__new__(k3s_wait.ActionModule)
        self.action._task = SimpleNamespace(args={"node": "server2", **arguments})
        monkeypatch.setattr(patience.ActionBase, "run", lambda *_: {})
        monkeypatch.setattr(self.action, "_execute_module", self._execute)
        monkeypatch.setattr(patience.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(patience.display, "display", self.said.append)

    def _execute(self, _name, module_args, task_vars):
        self.asked.append(dict(module_args))
        self.now += module_args["timeout"]
        return next(self.answers)


def test_what_holds_at_once_is_not_asked_for_again(monkeypatch):
    waiting = Waiting(monkeypatch, [answer(changed=True)], start=True)
    assert waiting.action.run()["changed"]
    assert [asked["timeout"] for asked in waiting.asked] == [15]
    assert waiting.said == []


def test_a_long_wait_says_what_is_still_to_come(monkeypatch):
    waiting = Waiting(monkeypatch, [answer(2, changed=True), answer(1), answer()], start=True, timeout=300)
    result = waiting.action.run()
    assert (result["failed"], result["changed"], result["waited"]) == (False, True, 45.0)
    assert waiting.said == [
        "server2: 15 s of 300 at most; still to come: node server2 is Ready (Ready=False) and 1 more",
        "server2: 30 s of 300 at most; still to come: node server2 is Ready (Ready=False)",
    ]


def test_crashes_are_counted_from_the_first_slice_on(monkeypatch):
    waiting = Waiting(monkeypatch, [answer(1), answer()])
    waiting.action.run()
    assert [asked.get("restarts") for asked in waiting.asked] == [None, 7]


@pytest.mark.parametrize(
    ("answers", "timeout", "slices"),
    [
        ([answer(1)] * 3, 40, [15, 15, 10]),
        ([answer(1)] * 2, 30, [15, 15]),
        ([answer(1)], 0, [0]),
        ([answer(1, over=True)], 300, [15]),
        ([{"unreachable": True, "failed": True}], 300, [15]),
    ],
    ids=["its time is over", "its time is a multiple", "it only looks", "k3s crashes", "the host is gone"],
)
def test_a_wait_ends_in_failure(monkeypatch, answers, timeout, slices):
    waiting = Waiting(monkeypatch, answers, timeout=timeout)
    assert waiting.action.run()["failed"]
    assert [asked["timeout"] for asked in waiting.asked] == slices
