# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Debian's versions, in the order that deb-version(7) gives them. Pure."""

from __future__ import annotations

import functools
import re

DIGITS = re.compile(r"\d*")
LETTERS = re.compile(r"\D*")


def _weight(character: str) -> int:
    """A tilde sorts before the end, letters before all other characters."""
    if character == "~":
        return -1
    return ord(character) if character.isalpha() else ord(character) + 256


def _key(part: str) -> list[tuple[list[int], int]]:
    key = []
    while part:
        letters = LETTERS.match(part)[0]  # type: ignore[index]
        digits = DIGITS.match(part[len(letters) :])[0]  # type: ignore[index]
        key.append(([*map(_weight, letters), 0], int(digits or 0)))
        part = part[len(letters) + len(digits) :]
    return [*key, ([0], 0)]


def _split(version: str) -> tuple[int, str, str]:
    epoch, colon, rest = version.partition(":")
    if not colon or not epoch.isdigit():
        epoch, rest = "0", version
    upstream, dash, revision = rest.rpartition("-")
    return int(epoch), (upstream if dash else rest), (revision if dash else "0")


def compare(one: str, other: str) -> int:
    """Below zero when the first is the older one, zero when both are equal, above when it is the newer one."""
    (epoch1, upstream1, revision1), (epoch2, upstream2, revision2) = _split(one), _split(other)
    keys = (epoch1, _key(upstream1), _key(revision1)), (epoch2, _key(upstream2), _key(revision2))
    return (keys[0] > keys[1]) - (keys[0] < keys[1])


order = functools.cmp_to_key(compare)
