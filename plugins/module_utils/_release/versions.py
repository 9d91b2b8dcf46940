# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Versions of components and names of releases, ordered. Pure."""

from __future__ import annotations

import re

Number = tuple[int, ...]

_NUMBER = re.compile(r"v?(\d+(?:\.\d+)*)")
_RELEASE = re.compile(r"v\d+\.\d+\.\d+")


def number(version: str) -> Number:
    """The leading number of a version, as in C(16.14-alpine), or an empty one if it begins with none."""
    found = _NUMBER.match(version)
    return tuple(int(part) for part in found[1].split(".")) if found else ()


def is_lower(version: str, other: str) -> bool:
    """Whether a version is certainly below another one; C(v1.131-image-defaulting) is not, of any v1.131."""
    mine, others = number(version), number(other)
    told = min(len(mine), len(others))
    return mine[:told] < others[:told]


def minor(version: str) -> Number:
    """Major and minor of a version, or an empty number if it has none."""
    return number(version)[:2] if len(number(version)) >= 2 else ()


def is_release(name: str) -> bool:
    """Whether this is the name of a final release of metal-stack, such as C(v0.22.19)."""
    return bool(_RELEASE.fullmatch(name))


def walk(names: list[str], former: str, wanted: str) -> list[str]:
    """The final releases after C(former) up to C(wanted), one after the other."""
    final = sorted({name for name in [*names, wanted] if is_release(name)}, key=number)
    return [name for name in final if number(former) < number(name) <= number(wanted)]
