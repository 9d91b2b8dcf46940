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


def operated(garden, operation=operations.RECONCILE):
    return operating.Operating(lambda: garden, "garden-a", "fra", operations.Wanted((operation,)))


@pytest.fixture
def slept(monkeypatch):
    slept = []
    monkeypatch.setattr(operating.time, "sleep", slept.append)
    return slept


@pytest.fixture
def run(slept):
    def run(*answers):
        garden = Garden(*answers)
        one = operated(garden)
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


@pytest.mark.parametrize("ask", [lambda one: one.predict(shoot()), lambda one: one.defer(shoot(), dry=False)])
def test_what_is_only_predicted_or_noted_is_asked_anew_beside_somebody_who_writes(ask, slept):
    garden = Garden(CONFLICT, shoot())
    assert (ask(operated(garden)).sent, garden.asked, len(slept)) == (["reconcile"], 2, 1)
    garden = Garden(*[CONFLICT] * 99)
    with pytest.raises(Refusal):
        ask(operated(garden))
    assert garden.asked == 5


def test_leave_to_change_pools_in_place_is_waited_for_no_longer_than_until_it_is_given():
    pending = {"inPlaceUpdates": {"pendingWorkerUpdates": {"autoInPlaceUpdate": ["a"]}}}
    failed = {"lastOperation": {"type": "Reconcile", "state": "Failed", "description": "node is gone"}}
    given = {"annotations": {operations.ANNOTATION: operations.FORCE_IN_PLACE}}
    garden = Garden()
    garden.get = lambda *_: shoot(status={**pending, **failed})

    def patch(*_):
        garden.get = lambda *_: shoot(status={**pending, **failed}, metadata=given)
        return garden.get()

    garden.patch = patch
    one = operated(garden, operations.FORCE_IN_PLACE)
    done = one.run(operating.Written(0, [], {}), 60, wait=True)
    assert (done.written.sent, done.failures) == (["force-in-place-update"], [])
    again = one.run(operating.Written(0, [], {}), 60, wait=True)
    assert (again.written.sent, again.failures) == ([], [])
