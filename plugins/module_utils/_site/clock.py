# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a host's clock is off, as far as one question can tell."""

from __future__ import annotations


def offset(reading: float, before: float, after: float) -> float:
    """Return the least offset that explains a reading taken somewhere between two moments, in seconds."""
    if reading < before:
        return round(reading - before, 3)
    return round(max(reading - after, 0.0), 3)
