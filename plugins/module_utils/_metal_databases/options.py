# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options by which modules are told of which databases, see the doc fragment metal_database."""

from __future__ import annotations

import typing as t

from . import prefixes

_NEEDED = {"type": "str", "required": True}
DATABASE: dict[str, dict[str, t.Any]] = {
    "name": _NEEDED,
    "engine": {**_NEEDED, "choices": list(prefixes.ENGINES)},
    "prefix": {"type": "str", "default": ""},
}
LOOKED_AT: dict[str, dict[str, t.Any]] = {
    "stage": _NEEDED,
    "databases": {"type": "list", "elements": "dict", "required": True, "options": DATABASE},
}
