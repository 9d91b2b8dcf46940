# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that the modules of a garden's landscape have in common, as the document fragment has them."""

from __future__ import annotations

import typing as t

from .._gardener import options

# What a Secret holds.
HELD: dict[str, t.Any] = {
    "data": {"type": "dict", "default": {}, "no_log": True},
    "data_files": {"type": "dict", "default": {}, "no_log": False},
}


def common(seconds: int) -> dict[str, t.Any]:
    """seconds: the default of C(timeout)."""
    return {
        **options.GARDEN,
        "name": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "force": {"type": "bool", "default": False},
        "confirm_deletion": {"type": "bool", "default": False},
        "wait": {"type": "bool", "default": True},
        "timeout": {"type": "int", "default": seconds, "aliases": ["wait_timeout"]},
        "written": {"type": "dict"},
    }


def texts(what: str, found: t.Iterable[tuple[str, t.Any]], shown: bool = True) -> list[str]:
    """Mistakes: what should be a text and is none, as a number that YAML makes of 1.40.

    what: has to be quoted. found: each value with its place. shown: False tells no value.
    """
    return [
        f"{where} {f'has {value!r}, which' if shown else 'has what'} is no text -> quote {what}"
        for where, value in found
        if value is not None and not isinstance(value, str)
    ]
