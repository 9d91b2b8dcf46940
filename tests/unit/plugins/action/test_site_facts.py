"""A host's clock as site_facts finds it, between the moments before and after the question; and that bootstrap refuses
one that is wrong. The wrong reading is put where the host's answer is: the clock of this machine stays as it is."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.action import site_facts
from ansible_collections.metalstack.autonomous.plugins.module_utils._site import clock

BEFORE, AFTER = 1000.0, 1000.5


def offset(monkeypatch, reading):
    """What the action says of a host whose clock shows this while the question is on its way."""
    moments = iter((BEFORE, AFTER))
    action = site_facts.ActionModule.__new__(site_facts.ActionModule)
    monkeypatch.setattr(site_facts.ActionBase, "run", lambda *_: {})
    monkeypatch.setattr(site_facts.time, "time", lambda: next(moments))
    answer = {"changed": False, "facts": {"hostname": "server1", "clock": reading}}
    monkeypatch.setattr(action, "_execute_module", lambda **_: answer, raising=False)
    return action.run()["facts"]


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        (1000.0, [-0.5, 0.0]),
        (1000.2, [-0.3, 0.2]),
        (1000.5, [0.0, 0.5]),
        (998.0, [-2.5, -2.0]),
        (5_000_000.0, [4_998_999.5, 4_999_000.0]),
    ],
    ids=["before", "in between", "after", "behind", "far ahead"],
)
def test_a_clock_is_as_wrong_as_the_question_cannot_explain(monkeypatch, reading, expected):
    assert offset(monkeypatch, reading) == {"hostname": "server1", "clock_offset": expected}


@pytest.mark.parametrize(
    ("reading", "refused"),
    [(1000.2, []), (1001.5, []), (1001.6, ["server1"]), (999.0, []), (998.9, ["server1"])],
    ids=["right", "a second ahead", "more", "a second behind", "more"],
)
def test_more_than_a_second_is_refused(monkeypatch, reading, refused):
    assert list(clock.check({"server1": offset(monkeypatch, reading)["clock_offset"]})) == refused


def test_a_host_that_does_not_answer_has_no_clock(monkeypatch):
    action = site_facts.ActionModule.__new__(site_facts.ActionModule)
    monkeypatch.setattr(site_facts.ActionBase, "run", lambda *_: {})
    monkeypatch.setattr(action, "_execute_module", lambda **_: {"unreachable": True}, raising=False)
    assert action.run() == {"unreachable": True}
