"""What of a shoot is compared and shown."""

from __future__ import annotations

from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import view
from shoots import LAST_APPLIED, shoot

WINDOW = {"begin": "220000+0100", "end": "230000+0100"}


def test_what_gardener_keeps_for_itself_is_no_difference():
    once = dict.fromkeys(view.ONCE, "x")
    kept = {"generation": 9, "resourceVersion": "9", "managedFields": [{}], "annotations": once}
    other = shoot(metadata=kept, status={"lastOperation": {"state": "Processing"}})
    assert view.compared(shoot()) == view.compared(other)
    assert view.compared(None) == {}


def test_annotations_of_users_are_a_difference():
    assert view.compared(shoot(metadata={"annotations": {"a": "b"}})) != view.compared(shoot())


def test_what_was_applied_on_the_clients_side_is_not_shown_at_length():
    shown = view.compared(shoot(metadata={"annotations": {LAST_APPLIED: "{...}"}}))
    assert shown["metadata"]["annotations"] == {LAST_APPLIED: "(of a client-side apply)"}


def test_what_is_chosen_at_random_is_not_promised():
    made = shoot(maintenance={"timeWindow": WINDOW, "autoUpdate": {}})
    assert view.preview(made, shoot())["spec"]["maintenance"]["timeWindow"] == view.RANDOM
    assert view.preview(made, shoot(maintenance={"autoUpdate": {}}))["spec"]["maintenance"]["timeWindow"] == view.RANDOM
    given = shoot(maintenance={"timeWindow": WINDOW})
    assert view.preview(made, given)["spec"]["maintenance"]["timeWindow"] == WINDOW
    assert made["spec"]["maintenance"]["timeWindow"] == WINDOW
