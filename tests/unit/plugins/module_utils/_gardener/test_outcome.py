"""How the options of the module that asks for operations are understood."""

from __future__ import annotations

import datetime

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import outcome
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.errors import GardenError
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.operations import Wanted

GIVEN = {"operations": ["reconcile"], "phase": None, "roll_workers": True, "pools": [], "since": ""}
NOON = datetime.datetime(2026, 11, 30, 12, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, Wanted(("reconcile",))),
        ({"operations": ["reconcile", "reconcile"]}, Wanted(("reconcile",))),
        ({"since": "2026-11-30T12:00:00Z"}, Wanted(("reconcile",), since=NOON)),
        ({"since": "2026-11-30T13:00:00+01:00"}, Wanted(("reconcile",), since=NOON)),
        (
            {"operations": ["rotate-ca"], "phase": "prepared", "roll_workers": False},
            Wanted(("rotate-ca",), "prepared", False),
        ),
        ({"operations": ["rollout-workers"], "pools": ["*"]}, Wanted(("rollout-workers",), pools=("*",))),
    ],
)
def test_options_say_what_is_wanted(given, expected):
    assert outcome.wanted({**GIVEN, **given}) == expected


@pytest.mark.parametrize("since", ["yesterday", "2026-11-30T12:00:00", "12"])
def test_a_time_has_its_zone(since):
    with pytest.raises(GardenError, match="expected a time with its zone"):
        outcome.wanted({**GIVEN, "since": since})


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(GardenError) as refused:
        outcome.wanted({**GIVEN, "operations": ["retry", "rotate-ca"], "since": "x"})
    assert all(part in str(refused.value) for part in ("since has", "a task of its own", "phase is missing"))
