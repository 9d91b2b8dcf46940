"""The module beside what it is documented with; what it refuses is told of C(_target.plan)."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.modules import gardener_target_plan
from ansible_collections.metalstack.autonomous.tests.unit.plugins.modules import examples


@pytest.fixture
def given():
    (task,) = examples.read(gardener_target_plan)
    found = examples.options(task, {})[1]
    # Which the examples' native templates take for a number, quoted as it is.
    found["shoots"][0]["workers"][0]["machine"]["image"]["version"] = "12.0"
    return found


def test_the_example_is_a_target(answer, given):
    found = answer(gardener_target_plan, **given)
    assert (found["changed"], found["namespace"], found["carriers"]) == (
        False,
        "garden-target",
        {"metal_stack": "stack"},
    )


def test_all_mistakes_are_in_one_message_and_nothing_was_changed(answer, given):
    given["project"] = "Target"
    given["second"]["stage"] = "initial"
    found = answer(gardener_target_plan, **given)
    assert found["failed"] and found["msg"].endswith("Nothing was changed.")
    assert "project is 'Target'" in found["msg"] and "stage initial is there twice" in found["msg"]


def test_a_mistyped_option_is_named(answer, given):
    given["shoots"][0]["pod"] = given["shoots"][0].pop("pods")
    assert "pod" in answer(gardener_target_plan, **given)["msg"]
