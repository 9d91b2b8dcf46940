# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How often a sidecar backs up, by its schedule. Pure."""

from __future__ import annotations

import re

MINUTE, HOUR, DAY = 60, 3600, 86400
_FIELDS = re.compile(r"(?P<minute>\*(/[1-9][0-9]*)?|[0-9]+) (?P<hour>\*(/[1-9][0-9]*)?|[0-9]+) \* \* \*")


def longest(schedule: str) -> int | None:
    """Seconds that pass between two backups at most; None where it is not of every n minutes or hours, or daily."""
    found = _FIELDS.fullmatch(" ".join(schedule.split()))
    if not found:
        return None
    minute, hour = _step(found["minute"]), _step(found["hour"])
    if hour == 1 and minute is not None:
        return min(minute * MINUTE, HOUR)
    return DAY if hour is None else min(hour * HOUR, DAY)


def _step(field: str) -> int | None:
    """Each so many; None where it is one number."""
    if field.isdecimal():
        return None
    return int(field.removeprefix("*").removeprefix("/") or 1)
