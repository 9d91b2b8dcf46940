# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The seed that is responsible for a shoot, of which members of a project may know nothing."""

from __future__ import annotations

from . import status
from .client import Garden, Object, Refusal
from .kinds import SEED

_FORBIDDEN = 403


def stopped(garden: Garden, shoot: Object) -> list[str]:
    """Why nobody would do anything about a shoot, as C(status.stopped) has it."""
    return status.stopped(shoot, found(garden, status.seed_of(shoot)))


def found(garden: Garden, name: str) -> Object | None:
    """A seed; None where there is none, or who asks may not read seeds. name: may be empty."""
    try:
        return garden.get(SEED, "", name) if name else None
    except Refusal as error:
        if error.status != _FORBIDDEN:
            raise
        return None
