# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values of what is only read, whichever API wrote them. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import forms

# metal-apiserver gives Go's zero time where there was nothing yet, such as a failed sync of a switch that never failed.
ZERO = "0001-01-01"


def moment(value: t.Any) -> str:
    """In UTC and whole seconds; empty for never."""
    text = str(value or "")
    return "" if text.startswith(ZERO) else str(forms.TIME.read(text))


def seconds(value: t.Any) -> float:
    """Of nanoseconds in API v1, of a text such as ``1.5s`` in v2."""
    if isinstance(value, str):
        return round(float(value.removesuffix("s")), 3)
    return round(int(value or 0) / 1e9, 3)


def words(value: str | None, prefix: str) -> list[str]:
    """``["phoned", "home"]`` of an enum's ``…_PHONED_HOME``; none if it is not specified."""
    text = str(forms.enum(prefix).read(value))
    return text.split("-") if text else []
