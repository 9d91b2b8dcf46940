"""Whose an object is, and whom it is kept from."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import ownership
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.ownership import MANAGER


@pytest.mark.parametrize(("labels", "ours"), [({}, None), ({}, "me"), ({MANAGER: ""}, "me"), ({MANAGER: "me"}, "me")])
def test_what_is_nobodys_or_ones_own_is_not_objected_to(labels, ours):
    assert ownership.objection(labels, ours, "changed") is None


@pytest.mark.parametrize(
    ("ours", "whose"),
    [(None, "the task has no owner: give owner them"), ("me", "the task is me's: leave it to them")],
)
@pytest.mark.parametrize("done", ["changed", "removed"])
def test_what_is_anothers_names_them_and_the_way_out(ours, whose, done):
    assert ownership.objection({MANAGER: "them"}, ours, done) == (
        f"would be {done}, but belongs to them (label {MANAGER}), and {whose}, or have it {done} with take_over"
    )


@pytest.mark.parametrize(("ours", "expected"), [("me", {"a": "1", MANAGER: "me"}), (None, {"a": "1", MANAGER: "them"})])
def test_a_task_marks_with_its_owner_or_not_at_all(ours, expected):
    assert ownership.marked({"a": "1", MANAGER: "them"}, ours) == expected
