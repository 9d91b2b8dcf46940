"""When backups are due: the five fields of cron, or `@every 90s`. Pure, but for the waiting."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

from lab.sidecar.standin.errors import Failure

# Of the fields, lowest and highest value.
LIMITS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
_EVERY = re.compile(r"@every (\d+)(s|m|h)")
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_HORIZON = datetime.timedelta(days=5 * 366)

Fields = tuple[frozenset[int], ...]


def upcoming(expression: str, moment: datetime.datetime) -> Iterator[datetime.datetime]:
    """The moments after this one; ends where there is none within five years."""
    every = _EVERY.fullmatch(expression)
    if every:
        step = datetime.timedelta(seconds=int(every[1]) * _SECONDS[every[2]])
        while True:
            moment += step
            yield moment
    fields = parse(expression)
    minute = last = moment.replace(second=0, microsecond=0)
    while minute - last < _HORIZON:
        minute += datetime.timedelta(minutes=1)
        if not _day(fields, expression, minute):
            minute = minute.replace(hour=23, minute=59)
        elif minute.hour in fields[1] and minute.minute in fields[0]:
            last = minute
            yield minute


def parse(expression: str) -> Fields:
    parts = expression.split()
    if len(parts) != len(LIMITS):
        raise Failure(f"expected exactly 5 fields, found {len(parts)}: [{expression}]")
    return tuple(frozenset(_field(part, *limits)) for part, limits in zip(parts, LIMITS, strict=True))


def _field(text: str, low: int, high: int) -> Iterator[int]:
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        begin, end = (low, high) if span == "*" else (int(first), int(last or (high if step else first)))
        if not low <= begin <= end <= high:
            raise Failure(f"{part} is not within {low} and {high}")
        yield from range(begin, end + 1, int(step or 1))


def _day(fields: Fields, expression: str, moment: datetime.datetime) -> bool:
    _, _, days, months, weekdays = fields
    _, _, given_days, _, given_weekdays = expression.split()
    month_day, weekday = moment.day in days, moment.isoweekday() % 7 in weekdays
    either = "*" not in (given_days[0], given_weekdays[0])
    return moment.month in months and ((month_day or weekday) if either else (month_day and weekday))
