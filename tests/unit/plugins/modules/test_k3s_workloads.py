"""Workloads are held and let go through the API of the host, once that is ready."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s.client import Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s.holding import Outcome, Refused
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s.workloads import Unreadable
from ansible_collections.metalstack.autonomous.plugins.modules import k3s_workloads as module

NAME = "Deployment/shop/operator"
HELD = Outcome({NAME: 2}, {NAME: 0}, [], [NAME], ["shop/operator-1"])
LET_GO = Outcome({NAME: 0}, {NAME: 2}, [NAME], [], [])


@pytest.fixture(autouse=True)
def api(monkeypatch):
    monkeypatch.setattr(module.holding, "reached", lambda seconds, _margin: f"the API within {seconds} s")
    monkeypatch.setattr(module.holding, "unheld", lambda _server: [])
    monkeypatch.setattr(module.holding, "hold", lambda _server, _dry: HELD)
    monkeypatch.setattr(module.holding, "quiesce", lambda _server, asked, _seconds, _dry: HELD if asked else LET_GO)
    monkeypatch.setattr(module.holding, "release", lambda _server, _seconds, _dry: LET_GO)
    monkeypatch.setattr(module.host, "last_words", lambda: "")


@pytest.mark.parametrize(("state", "done"), [("held", HELD), ("released", LET_GO)])
def test_what_was_done_is_told(answer, state, done):
    told = answer(module, state=state)
    assert (told["changed"], told["workloads"], told["held"], told["pods"]) == (True, [NAME], done.held, done.pods)
    assert told["diff"]["before"] == {"workloads": done.before, "held": done.told, "pods": done.pods}
    assert told["diff"]["after"] == {"workloads": done.after, "held": done.held, "pods": []}


def test_what_writes_to_databases_is_held_where_it_was_asked_for(answer):
    assert answer(module, state="quiesced", namespaces=["shop"])["held"] == [NAME]
    assert answer(module, state="quiesced")["held"] == []


def test_nothing_to_do_is_no_change(answer, monkeypatch):
    monkeypatch.setattr(module.holding, "hold", lambda *_: Outcome({}, {}, [NAME], [NAME], []))
    told = answer(module, state="held")
    assert (told["changed"], told["workloads"], told["held"]) == (False, [], [NAME])


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Unreachable("GET /readyz: refused"), "GET /readyz: refused; k3s said: level=fatal no token"),
        (Refused("CronJob/a/b: still held after 300 s"), "CronJob/a/b: still held after 300 s"),
        (Unreadable("Job a/b has '?'"), "Job a/b has '?'"),
    ],
)
def test_why_it_was_not_done_is_told(answer, monkeypatch, error, said):
    def refuse(*_):
        raise error

    monkeypatch.setattr(module.host, "last_words", lambda: "level=fatal no token")
    monkeypatch.setattr(module.holding, "release", refuse)
    told = answer(module, state="released")
    assert told["failed"] and said in told["msg"]


def test_what_cannot_be_held_is_a_warning(answer, monkeypatch):
    warned = []
    monkeypatch.setattr(module.AnsibleModule, "warn", lambda _module, text: warned.append(text))
    monkeypatch.setattr(module.holding, "unheld", lambda _server: ["DaemonSet/shop/agent"])
    assert not answer(module, state="released").get("failed") and warned == []
    answer(module, state="held")
    assert warned == ["DaemonSet/shop/agent: labelled to be held, and of a kind that cannot be"]
