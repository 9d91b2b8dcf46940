"""Polling until something holds, through what passes by itself."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import waiting
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.client import Refusal, Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s.gate import Failure

WAITS = ([Failure("c", "s", "e", "r")], False)
DONE: waiting.Verdict = ([], False)
OVER = (WAITS[0], True)
ANONYMOUS = Refusal("x", 403, '{"message": "User \\"system:anonymous\\" cannot get resource"}')


class Run:
    """A wait whose clock moves when it sleeps. answers: of the garden, by turns; an exception is raised."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.patch, self.opened = 0.0, monkeypatch, 0
        monkeypatch.setattr(waiting.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(waiting.time, "sleep", self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.now += seconds

    def get(self, *_: Any) -> Any:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def __call__(self, answers: list[Any], seconds: float = 60, broken: int = 0) -> waiting.Waited:
        """broken: how often the kubeconfig cannot be read."""
        self.answers = answers

        def garden() -> Any:
            self.opened += 1
            if self.opened <= broken:
                raise Unreachable("kubeconfig cannot be used")
            return self

        return waiting.until(garden, "garden-a", "fra", seconds, lambda verdict: verdict)


@pytest.fixture
def until(monkeypatch: pytest.MonkeyPatch) -> Run:
    return Run(monkeypatch)


@pytest.mark.parametrize(
    ("answers", "seconds", "failures", "over", "waited"),
    [
        ([DONE], 60, 0, False, 0),
        ([WAITS, WAITS, DONE], 60, 0, False, 10),
        ([WAITS, OVER], 60, 1, True, 5),
        ([WAITS], 0, 1, False, 0),
        ([WAITS, WAITS, WAITS], 8, 1, False, 8),
        ([Unreachable("no answer"), DONE], 60, 0, False, 5),
        ([ANONYMOUS, DONE], 60, 0, False, 5),
        *[([Refusal("x", status, "{}"), DONE], 60, 0, False, 5) for status in (401, 429, 500, 502, 503, 504)],
        ([Refusal("x", 503, "{}")] * 3, 10, 1, False, 10),
    ],
    ids=str,
)
def test_a_wait_ends(until, answers, seconds, failures, over, waited):
    found = until(answers, seconds)
    assert (len(found.failures), found.over, found.seconds) == (failures, over, waited)


def test_what_was_seen_last_is_told_when_nobody_answers_at_the_end(until):
    found = until([WAITS, Refusal("read", 503, '{"message": "gone"}')], 5)
    assert found.found == WAITS and "503 gone" in found.failures[0].seen


@pytest.mark.parametrize("status", [400, 403, 404, 422])
def test_what_does_not_pass_by_itself_is_raised(until, status):
    with pytest.raises(Refusal):
        until([Refusal("x", status, "{}")])


def test_a_kubeconfig_that_is_being_replaced_is_opened_again_and_a_good_one_once(until):
    assert not until([WAITS, DONE], broken=2).failures
    assert until.opened == 3
