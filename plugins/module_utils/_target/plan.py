# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All that is wrong with a target at once, or what it consists of. Pure."""

from __future__ import annotations

import typing as t

from . import apart, names, ranges, shoots
from .options import SINGLE, Given


def complaints(given: Given) -> list[str]:
    """given: as C(options.TARGET) has it."""
    return [*names.complaints(given), *shoots.complaints(given), *ranges.complaints(given), *apart.complaints(given)]


def planned(given: Given) -> dict[str, t.Any]:
    """The C(namespace) of the project, its C(shoots), and which carries each part that is single (C(carriers))."""
    found = shoots.rendered(given)
    carriers = {part: one["name"] for part in SINGLE for one in found if part in one["carries"]}
    return {"namespace": names.namespace(given), "shoots": found, "carriers": carriers}
