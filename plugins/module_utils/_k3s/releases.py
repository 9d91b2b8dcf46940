# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Versions of k3s, and which of them may follow which."""

from __future__ import annotations

import re


def numbers(version: str) -> tuple[int, ...]:
    """Return the numbers of a version, C(v1.35.4+k3s1) as C((1, 35, 4, 1))."""
    return tuple(int(number) for number in re.findall(r"\d+", re.sub(r"k3s", "", version)))


def same_minor(one: str, other: str) -> bool:
    """Whether a datastore of one can be read by the other, in either direction."""
    return numbers(one)[:2] == numbers(other)[:2]


def is_older(one: str, other: str) -> bool:
    return numbers(one) < numbers(other)


def lags(old: str, new: str, minors: int) -> bool:
    """Whether one is more than so many minor versions older than the other, or of another major one."""
    (old_major, old_minor), (new_major, new_minor) = numbers(old)[:2], numbers(new)[:2]
    return new_major != old_major or new_minor - old_minor > minors


def skips_minor(old: str, new: str) -> bool:
    """Whether a minor version, or a major one, lies between them, which nobody has tested to be left out."""
    return lags(old, new, 1)
