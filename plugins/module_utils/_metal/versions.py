# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which versions of an image a constraint such as ``>= 12.1`` takes, as both servers' semver library sees it. Pure."""

from __future__ import annotations

import math
import re

Version = tuple[float, float, float]
Range = tuple[Version, Version]  # from the first, up to but without the second

# convertToOpAndVersion of both servers' filesystem.go, and the library's loose versions.
CONSTRAINT = re.compile(
    r"(?:(?P<op>=|!=|>|<|>=|=>|<=|=<|~|~>|\^) )?v?(?P<version>[0-9]+(?:\.[0-9]+){0,2})"
    r"(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?"
)
ALL = "*"
NO_VERSION: Version = (0, 0, 0)
ENDLESS: Version = (math.inf, 0, 0)


def is_constraint(text: str) -> bool:
    return bool(ranges(text))


def clash(one: str, other: str) -> bool:
    """Whether there may be an image for both, or both servers think so: each takes the other's version."""
    ours, theirs = ranges(one), ranges(other)
    common = any(max(low, start) < min(high, end) for low, high in ours for start, end in theirs)
    return common or (_takes(ours, other) and _takes(theirs, one))


def ranges(text: str) -> list[Range]:
    """What a constraint takes; nothing for what is none. Prereleases count as their release."""
    if text.strip() == ALL:
        return [(NO_VERSION, ENDLESS)]
    found = CONSTRAINT.fullmatch(text)
    if not found:
        return []
    given = [int(part) for part in found["version"].split(".")]
    low, after = _padded(given), _next(given)
    match found["op"]:
        case None | "=":
            return [(low, after)]
        case "!=":
            return [(NO_VERSION, low), (after, ENDLESS)]
        case ">":
            return [(after, ENDLESS)]
        case ">=" | "=>":
            return [(low, ENDLESS)]
        case "<":
            return [(NO_VERSION, low)]
        case "<=" | "=<":
            return [(NO_VERSION, after)]
        case "^":
            return [(low, _next(given[: _first_of_meaning(given)]))]
    # ~ and ~>; the library takes it for all where it is of 0.0.0.
    return [(low, ENDLESS if given == [0, 0, 0] else _next(given[:2]))]


def _takes(ours: list[Range], constraint: str) -> bool:
    found = CONSTRAINT.fullmatch(constraint)
    if not found:
        return False
    version = _padded([int(part) for part in found["version"].split(".")])
    return any(low <= version < high for low, high in ours)


def _first_of_meaning(given: list[int]) -> int:
    """How many parts there are up to the first that is not 0."""
    return next((number for number, part in enumerate(given, 1) if part), len(given))


def _padded(given: list[int]) -> Version:
    major, minor, patch = [*given, 0, 0][:3]
    return (major, minor, patch)


def _next(given: list[int]) -> Version:
    """The first version behind all that begin so."""
    return _padded([*given[:-1], given[-1] + 1])
