# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How old the newest backup of a database may be while its sidecar does what it should. Pure."""

from __future__ import annotations

from .._metal_databases import schedule

# A backup takes its time, and a sidecar that has just started waits for its next turn.
LEAST = 15 * schedule.MINUTE
# Of a schedule that nobody can read.
USUAL = schedule.DAY


def expected(cron: str) -> int:
    """Seconds: twice what lies between two backups at most, so that one may be missed or under way."""
    between = schedule.longest(cron)
    return max(2 * (USUAL if between is None else between), LEAST)
