# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far clocks are off, from the controller's and from one another, as far as one question can tell."""

from __future__ import annotations

import typing as t

from .finding import Finding

LIMIT = 1.0
CONTROLLER = "the controller"
Offsets = t.Mapping[str, t.Sequence[float]]


def offset(reading: float, before: float, after: float) -> list[float]:
    """Return the least and the most seconds that a clock read somewhere between two moments may be ahead."""
    return [round(reading - after, 3), round(reading - before, 3)]


def check(offsets: Offsets) -> dict[str, Finding]:
    """Return who is alone with its time: most clocks are taken to be right, and of two the controller's."""
    clocks: dict[str, t.Sequence[float]] = {CONTROLLER: (0.0, 0.0), **offsets}
    agreeing = _agreeing(clocks)
    return {name: _alone(name, clock, agreeing) for name, clock in clocks.items() if name not in agreeing}


def _alone(name: str, clock: t.Sequence[float], agreeing: Offsets) -> Finding:
    seconds, other = _difference(clock, agreeing)
    return Finding(
        "V39",
        "controller" if name == CONTROLLER else "host",
        f"clock {seconds:+.1f} s from {other}'s",
        f"{LIMIT:.0f} s at most: certificates made now would not be valid yet elsewhere",
        "Set the clock and let chrony keep it.",
    )


def _agreeing(clocks: Offsets) -> Offsets:
    """The most clocks that may be within the limit of one another, with the controller's if there is a choice."""
    found: Offsets = {}
    for _least, start in clocks.values():
        near = {name: one for name, one in clocks.items() if one[1] >= start and one[0] <= start + LIMIT}
        if (len(near), CONTROLLER in near) > (len(found), CONTROLLER in found):
            found = near
    return found


def _difference(clock: t.Sequence[float], agreeing: Offsets) -> tuple[float, str]:
    """How far it is at least from one of those that agree: from the controller's, where that is too far already."""
    apart = {name: _apart(clock, one) for name, one in agreeing.items()}
    if abs(apart.get(CONTROLLER, 0.0)) > LIMIT:
        return apart[CONTROLLER], CONTROLLER
    furthest = max(apart, key=lambda name: abs(apart[name]))
    return apart[furthest], furthest


def _apart(clock: t.Sequence[float], other: t.Sequence[float]) -> float:
    if clock[0] > other[1]:
        return clock[0] - other[1]
    return min(clock[1] - other[0], 0.0)
