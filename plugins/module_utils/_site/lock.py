# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who holds a host for a run, and whether another run may have it."""

from __future__ import annotations

import datetime
import typing as t

PATH = "/var/lib/metalstack-autonomous/lock"

Owner = t.Mapping[str, t.Any]

IDENTITY = ("machine", "pid", "start")
GONE = ("Z", "X")


def same_run(one: Owner, other: Owner) -> bool:
    """Tell whether two owners are one run."""
    return all(one.get(key) == other.get(key) for key in IDENTITY)


def start_of(stat: str, boot: str) -> str:
    """Say when a process was started, out of C(/proc/<pid>/stat); empty when it is gone."""
    # the command in parentheses may hold blanks and parentheses itself
    fields = stat.rpartition(")")[2].split()
    if len(fields) < 20 or fields[0] in GONE:
        return ""
    return f"{boot} {fields[19]}"


def is_dead(holder: Owner, ours: Owner, start: str) -> bool:
    """Tell whether the holder was a run on this very machine that is gone; of others nobody here can know.

    C(start) is when the process that has the holder's number now was started, empty when none has it. A holder without
    a start was gone before it could say who it is.
    """
    here = bool(holder.get("machine")) and holder["machine"] == ours.get("machine")
    return here and (not start or start != holder.get("start"))


def age(since: str, now: datetime.datetime) -> str:
    """Say how long ago a time (ISO 8601, with its offset) was, in days, hours and minutes; empty when nobody can tell.

    Both are read from clocks of controllers, which may differ.
    """
    try:
        minutes = max(0, int((now - datetime.datetime.fromisoformat(since)).total_seconds())) // 60
    except (TypeError, ValueError):
        return ""
    parts = {"d": minutes // 1440, "h": minutes // 60 % 24, "min": minutes % 60}
    return " ".join(f"{number} {unit}" for unit, number in parts.items() if number) or "less than a minute"


def describe(owner: Owner, now: datetime.datetime) -> str:
    """Name an owner to a person."""
    old = age(str(owner.get("since", "")), now)
    return (
        f"{owner.get('playbook', 'a playbook')} of {owner.get('user', 'somebody')}"
        f" on controller {owner.get('controller', 'unknown')}"
        f" (process {owner.get('pid', 'unknown')}, since {owner.get('since', 'unknown')}{old and f', {old}'})"
    )


def refusal(host: str, owner: Owner, now: datetime.datetime) -> str:
    """Say why a run can't have a host and what to do."""
    return (
        f"{host} is held by {describe(owner, now)}. Expected: no other run. Wait for it to end;"
        " if you know that it is gone, run again with -e site_lock_takeover=true."
    )
