"""What is known of the seed of a shoot."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import seeds, status
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.client import Refusal
from shoots import shoot

STOPPED = {"metadata": {"name": "seed", "annotations": {status.STOP: "true"}}}


class Garden:
    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def get(self, *_: str) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(("answer", "count"), [(STOPPED, 1), (None, 0), (Refusal("x", 403, "{}"), 0)])
def test_a_seed_that_may_not_be_read_stops_nothing(answer, count):
    assert len(seeds.stopped(Garden(answer), shoot())) == count


def test_a_garden_that_does_not_answer_is_not_taken_for_a_seed_that_goes_on():
    with pytest.raises(Refusal):
        seeds.stopped(Garden(Refusal("x", 503, "{}")), shoot())


def test_a_shoot_without_a_seed_has_none_asked_for():
    assert seeds.stopped(Garden(Refusal("x", 500, "{}")), shoot(seedName=None)) == []
