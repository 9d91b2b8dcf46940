# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""For how long backups stay at least. Pure.

The sidecar leaves it to a lifecycle rule of the bucket, of C(object-max-keep) and C(object-days-max-keep): a version
goes once both are exceeded. metal-roles blanks the days for most databases, and then 480 versions every three minutes
are a day, after which an empty database has pushed out the last good backup.
"""

from __future__ import annotations

# What metal-roles' roles of the engines say, unless one of those that use them blanks it.
MAX_KEEP, DAYS = 480, 14
# What the sidecar does without (pkg/constants).
_DEFAULT_KEEP = 20


def complaints(max_keep: int | None, days: int | None) -> list[str]:
    """What is wrong with the numbers of versions and of days; None where nobody has given any."""
    found = []
    if (max_keep or _DEFAULT_KEEP) < MAX_KEEP:
        told = max_keep or f"not given, which is {_DEFAULT_KEEP}"
        found.append(f"object_max_keep is {told}, expected {MAX_KEEP} or more")
    if (days or 0) < DAYS:
        told = "not given" if days is None else days
        found.append(f"object_days_max_keep is {told}, expected {DAYS} or more")
    return found
