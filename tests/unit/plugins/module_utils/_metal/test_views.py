"""Values that the APIs write in different ways, and what is not there yet."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.views import machine, switch, values


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2026-11-29T18:00:00.123456789Z", "2026-11-29T18:00:00Z"),
        ("2026-11-29T19:00:00+01:00", "2026-11-29T18:00:00Z"),
        ("0001-01-01T00:00:00Z", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_a_moment_is_in_utc_or_never(value: Any, moment: str) -> None:
    assert values.moment(value) == moment


@pytest.mark.parametrize(
    ("value", "seconds"), [(1_500_000_000, 1.5), ("1.500s", 1.5), ("0s", 0.0), (0, 0.0), (None, 0.0)]
)
def test_a_duration_is_in_seconds(value: Any, seconds: float) -> None:
    assert values.seconds(value) == seconds


@pytest.mark.parametrize(
    ("value", "words"),
    [("BGP_STATE_OPEN_SENT", ["open", "sent"]), ("BGP_STATE_UNSPECIFIED", []), (None, [])],
)
def test_an_enum_has_words(value: str | None, words: list[str]) -> None:
    assert values.words(value, "BGP_STATE_") == words


def sync(last: str, failed: str) -> dict[str, Any]:
    return {"id": "leaf", "last_sync": {"time": last}, "last_sync_error": {"time": failed}}


@pytest.mark.parametrize(
    ("last", "failed", "expected"),
    [
        ("2026-11-29T18:00:00Z", "2026-11-29T18:00:10Z", True),
        ("2026-11-29T18:00:00Z", "2026-11-29T17:59:59Z", False),
        ("0001-01-01T00:00:00Z", "2026-11-29T17:59:59Z", True),
        ("2026-11-29T18:00:00Z", "0001-01-01T00:00:00Z", False),
    ],
)
def test_a_sync_failed_if_the_failure_is_the_later_one(last: str, failed: str, expected: bool) -> None:
    for read in (switch.of_v1, switch.of_v2):
        assert read(sync(last, failed))["sync_failed"] is expected


def test_a_switch_of_which_little_is_known_is_read() -> None:
    assert switch.of_v1({"id": "leaf"}) == switch.of_v2({"id": "leaf"})


def test_a_machine_of_which_little_is_known_is_read() -> None:
    """An event makes one before it registers."""
    read = machine.of_v1({"id": "m"})
    assert read == machine.of_v2({"uuid": "m"})
    assert (read["state"], read["liveliness"], read["allocated"]) == ("available", "unknown", False)


@pytest.mark.parametrize(
    ("value", "state"),
    [("", "available"), ("RESERVED", "tainted"), ("TAINTED", "tainted"), ("LOCKED", "locked")],
)
def test_states_of_api_v1_are_those_of_v2(value: str, state: str) -> None:
    assert machine.of_v1({"id": "m", "state": {"value": value}})["state"] == state


@pytest.mark.parametrize(
    ("v1", "v2", "expected"),
    [
        ({"crash_loop": True}, "CRASHLOOP", (True, False)),
        ({"failed_machine_reclaim": True}, "FAILED_RECLAIM", (False, True)),
        ({}, "UNSPECIFIED", (False, False)),
    ],
)
def test_troubles_are_told(v1: dict[str, bool], v2: str, expected: tuple[bool, bool]) -> None:
    state = f"MACHINE_PROVISIONING_EVENT_STATE_{v2}"
    for read in (
        machine.of_v1({"id": "m", "events": v1}),
        machine.of_v2({"uuid": "m", "recent_provisioning_events": {"state": state}}),
    ):
        assert (read["crash_loop"], read["failed_reclaim"]) == expected
