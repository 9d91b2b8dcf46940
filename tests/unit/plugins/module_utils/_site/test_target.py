"""What is said of the target of a site, before a shoot is made that nobody could deploy to."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._site import offline, target
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._site.site_cases import CONTROLLER, site

GARDENER = [{"name": "garden", "carries": ["metal_stack", "gardener"]}]
STACK = [{"name": "stack", "carries": ["metal_stack"]}, {"name": "bare"}]
ELSEWHERE = {"deployed_elsewhere": True}


def found(**changed: t.Any) -> list[tuple[str, str]]:
    """Variable and value of each finding."""
    judged = list(target.check(site(**changed)))
    assert {one.id for one in judged} <= {"V72"}
    return [(one.variable, one.value) for one in judged]


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"site_target_state": "operated"},
        {"target_shoot_shoots": STACK},
        {"target_shoot_shoots": "malformed, which the role tells"},
        {"target_shoot_shoots": GARDENER, "site_target_gardener": ELSEWHERE},
        {"target_shoot_shoots": GARDENER, "site_target_state": "absent"},
        {"target_shoot_shoots": GARDENER, "site_target_state": "hibernated"},
    ],
)
def test_a_target_that_can_be_had_is_taken(changed: dict[str, t.Any]) -> None:
    assert found(**changed) == []


@pytest.mark.parametrize("state", [None, "present", "adopted"])
def test_a_garden_that_nobody_deploys_is_refused_where_the_second_stage_is_deployed(state: str | None) -> None:
    (one,) = found(target_shoot_shoots=GARDENER, site_target_state=state, site_target_gardener={"version": "v1.138.3"})
    assert one[0] == "site_target_gardener" and one[1].startswith("kubernetes_version, operator_chart, ")


def test_an_unknown_state_is_refused() -> None:
    assert found(site_target_state="hibernate") == [("site_target_state", "hibernate")]


def test_a_misspelled_option_of_the_role_is_refused() -> None:
    given = site(set_by_playbooks={"gardener_version": ""}, site_target_gardener={**ELSEWHERE, "verson": "v1.138.3"})
    (one,) = [one for one in offline.check(given, CONTROLLER) if one.id == "V72"]
    assert one.value == "verson is none of its options" and one.fix == "Correct its name."
