"""When it is time to make room in etcd."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import room

STATUS = {
    "header": {"member_id": "1", "revision": "999"},
    "dbSize": str(20 << 20),
    "dbSizeInUse": str(10 << 20),
    "dbSizeQuota": str(100 << 20),
}


def test_what_a_member_says() -> None:
    seen = room.parse(STATUS, {"alarms": [{"memberID": "2", "alarm": "NOSPACE"}]})
    assert seen == room.Room("1", "999", 20 << 20, 10 << 20, 100 << 20, alarm=False)
    assert seen.percent == 20


def test_an_etcd_that_does_not_tell_its_quota_has_the_default() -> None:
    assert room.quota({"dbSize": "1"}) == 2 << 30


@pytest.mark.parametrize(("alarm", "mine"), [("NOSPACE", True), ("CORRUPT", False)])
def test_only_an_alarm_about_space_counts(alarm: str, mine: bool) -> None:
    assert room.parse(STATUS, {"alarms": [{"memberID": "1", "alarm": alarm}]}).alarm is mine


@pytest.mark.parametrize(
    ("size", "used", "alarm", "due"),
    [
        (20, 20, False, False),
        (20, 20, True, True),
        (79, 79, False, False),
        (80, 80, False, True),
        # fragmented, and too small for that to matter
        (50, 1, False, False),
    ],
)
def test_due(size: int, used: int, alarm: bool, due: bool) -> None:
    assert room.is_due(room.Room("1", "9", size << 20, used << 20, 100 << 20, alarm)) is due


@pytest.mark.parametrize(("used", "due"), [(111, False), (110, True)])
def test_due_when_nearly_half_is_unused(used: int, due: bool) -> None:
    assert room.is_due(room.Room("1", "9", 200 << 20, used << 20, 2 << 30, alarm=False)) is due
