"""What is done where somebody else writes to the shoot between a look and a write."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import operating, operations
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.client import Refusal
from shoots import shoot

CONFLICT = Refusal("x", 409, '{"reason": "Conflict"}')


class Garden:
    """One shoot, and what it answers to each write."""

    def __init__(self, *answers):
        self.warnings, self.answers, self.asked = [], list(answers), 0

    def get(self, *_):
        return shoot()

    def patch(self, *_):
        self.asked += 1
        answer = self.answers.pop(0)
        if isinstance(answer, Refusal):
            raise answer
        return answer


@pytest.fixture
def run(monkeypatch):
    def run(*answers):
        garden, slept = Garden(*answers), []
        monkeypatch.setattr(operating.time, "sleep", slept.append)
        wanted = operations.Wanted((operations.RECONCILE,))
        one = operating.Operating(lambda: garden, "garden-a", "fra", wanted)
        try:
            done = one.run(operating.Written(0, [], {}), 60, wait=False)
        except Refusal as error:
            return error.status, garden.asked, len(slept)
        return done.written.sent, garden.asked, len(slept)

    return run


def test_what_somebody_else_has_written_meanwhile_is_looked_at_anew(run):
    assert run(CONFLICT, shoot()) == (["reconcile"], 2, 1)


def test_a_conflict_that_stays_ends(run):
    assert run(*[CONFLICT] * 99) == (409, 5, 4)


def test_a_refusal_is_told_at_once(run):
    with pytest.raises(Exception, match="cannot be asked for reconcile"):
        run(Refusal("x", 403, '{"message": "no"}'))
