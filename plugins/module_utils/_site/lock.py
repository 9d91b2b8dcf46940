# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who holds a run's lock, and whether another run may have it."""

from __future__ import annotations

import typing as t

PATH = "/var/lib/metalstack-autonomous/lock"
OURS = ("controller", "pid", "started")

Owner = t.Mapping[str, t.Any]


def same_run(one: Owner, other: Owner) -> bool:
    """Tell whether two owners are one run."""
    return all(one.get(key) == other.get(key) for key in OURS)


def started(stat: str) -> str:
    """Return the start time of a process out of C(/proc/<pid>/stat), empty when there is none."""
    # the command in parentheses may hold blanks and parentheses itself
    fields = stat.rpartition(")")[2].split()
    return fields[19] if len(fields) > 19 else ""


def is_dead(holder: Owner, ours: Owner, start_of_holder: str) -> bool:
    """Tell whether the holder was a run of this very controller that is gone; of others nobody here can know.

    C(start_of_holder) is when the process that has the holder's number now was started, empty when none has it.
    """
    if not holder.get("controller") or holder.get("controller") != ours.get("controller"):
        return False
    return start_of_holder != holder.get("started")


def describe(owner: Owner) -> str:
    """Name an owner to a person."""
    return (
        f"{owner.get('playbook', 'a playbook')} of {owner.get('user', '?')} on {owner.get('host', '?')}"
        f" (process {owner.get('pid', '?')}, since {owner.get('since', '?')})"
    )
