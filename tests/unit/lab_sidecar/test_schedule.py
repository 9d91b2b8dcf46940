"""When the model of the sidecar backs up."""

from __future__ import annotations

import datetime
import itertools

import pytest

from lab.sidecar.standin import schedule
from lab.sidecar.standin.errors import Failure

# A Sunday.
NOON = datetime.datetime(2026, 11, 29, 12, 0, 30, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("expression", "moments"),
    [
        ("*/3 * * * *", ["29 12:03", "29 12:06", "29 12:09"]),
        ("0 * * * *", ["29 13:00", "29 14:00", "29 15:00"]),
        ("0 0 * * *", ["30 00:00", "01 00:00", "02 00:00"]),
        ("58-59 11,12 * * *", ["29 12:58", "29 12:59", "30 11:58"]),
        ("30/20 12 * * *", ["29 12:30", "29 12:50", "30 12:30"]),
        ("0 6 1 * *", ["01 06:00", "01 06:00", "01 06:00"]),
        ("0 6 * * 1", ["30 06:00", "07 06:00", "14 06:00"]),
        ("0 6 1 * 1", ["30 06:00", "01 06:00", "07 06:00"]),
        ("@every 90s", ["29 12:02", "29 12:03", "29 12:05"]),
    ],
)
def test_a_schedule_is_that_of_cron(expression: str, moments: list[str]) -> None:
    found = itertools.islice(schedule.upcoming(expression, NOON), 3)
    assert [f"{moment:%d %H:%M}" for moment in found] == moments


def test_a_day_that_no_month_has_is_never() -> None:
    assert list(schedule.upcoming("0 0 31 2 *", NOON)) == []


@pytest.mark.parametrize("expression", ["", "* * * *", "60 * * * *", "* * * 13 *", "5-3 * * * *"])
def test_what_is_no_schedule_is_refused(expression: str) -> None:
    with pytest.raises(Failure):
        next(schedule.upcoming(expression, NOON))
