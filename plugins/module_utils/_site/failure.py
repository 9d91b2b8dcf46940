# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One thing that does not hold at a site."""

from __future__ import annotations


def failure(host: str, condition: str, seen: str, expected: str, remedy: str) -> dict[str, str]:
    """Say where, what was found and expected, and what to do."""
    return {"host": host, "condition": condition, "seen": seen, "expected": expected, "remedy": remedy}
