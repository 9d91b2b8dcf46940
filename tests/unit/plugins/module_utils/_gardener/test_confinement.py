"""Which changes wait for the maintenance window, and until when."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import confinement
from shoots import shoot

CONFINED = {"confineSpecUpdateRollout": True, "timeWindow": {"begin": "220000+0100", "end": "230000+0100"}}
ENDED, LATER = "2026-11-30T12:00:00Z", "2026-11-30T22:10:00Z"


def last(state: str, at: str = ENDED, observed: int = 2) -> dict:
    operation = {"type": "Reconcile", "state": state, "progress": 1, "description": "", "lastUpdateTime": at}
    return {"observedGeneration": observed, "lastOperation": operation}


@pytest.mark.parametrize(
    ("confine", "generation", "purpose", "status", "confined"),
    [
        (True, 2, "x", {}, True),
        # As hibernation and operations raise it.
        (True, 3, "x", {}, False),
        (False, 2, "x", {}, False),
        (True, 2, None, {}, False),
        # Gardener has not begun with what was there before, so it begins with this.
        (True, 2, "x", {"observedGeneration": 1}, False),
    ],
)
def test_a_change_waits_where_the_garden_leaves_the_generation_as_it_is(confine, generation, purpose, status, confined):
    maintenance = {"confineSpecUpdateRollout": confine}
    more = {"purpose": purpose} if purpose else {}
    after = shoot(maintenance=maintenance, metadata={"generation": generation}, **more)
    assert confinement.confined(shoot(maintenance=maintenance, status=status), after) == confined


@pytest.mark.parametrize(
    ("then", "now", "pending"),
    [
        ("Succeeded", last("Succeeded"), True),
        # A reconciliation that was asked for, as in each window, and one that gardenlet has begun by itself.
        ("Succeeded", last("Processing", LATER, 3), False),
        ("Succeeded", last("Processing", LATER), False),
        ("Succeeded", last("Succeeded", LATER), False),
        # What has failed is tried again with the shoot as it is then.
        ("Error", last("Error"), True),
        ("Error", last("Succeeded", LATER), False),
        # What was under way does not have the change, however it ends.
        ("Processing", last("Succeeded", LATER), True),
        ("Processing", last("Processing", LATER, 3), False),
        ("Pending", last("Succeeded", LATER), True),
    ],
)
def test_it_is_pending_until_something_has_begun_since(then, now, pending):
    note = confinement.note(shoot(status=last(then)))
    found = shoot(metadata={"annotations": {confinement.ANNOTATION: note}}, maintenance=CONFINED, status=now)
    assert (confinement.pending(found) is not None) == pending


@pytest.mark.parametrize("text", ["", "x", "-1", "two " + ENDED])
def test_what_nobody_of_ours_has_noted_is_not_pending(text):
    annotations = {confinement.ANNOTATION: text} if text else {}
    assert confinement.pending(shoot(metadata={"annotations": annotations}, maintenance=CONFINED)) is None


def test_its_window_and_the_way_out_are_told():
    found = shoot(metadata={"annotations": {confinement.ANNOTATION: f"2 {ENDED}"}}, maintenance=CONFINED)
    failure = confinement.pending(found)
    assert failure is not None and "from 220000+0100 to 230000+0100" in failure.seen
    assert "operation 'reconcile'" in failure.remedy
