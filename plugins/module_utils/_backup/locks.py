# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Object lock that goes on protecting.

A bucket locks an object for some days from when it was written, and most of what a set needs was written long before:
the configuration and the keys of restic's repository, and whatever has not changed since. So the locks of all that is
there are extended, as long as they are needed.
"""

from __future__ import annotations

import concurrent.futures
import datetime
import typing as t

from . import keys
from .site import Site
from .store import Retention
from .versions import Version

# Requests at once: one object is asked for at a time, and there are thousands.
WORKERS = 8
# The next run comes a day later, and half of the time has still to be left then.
MARGIN = datetime.timedelta(days=1)


class Due(t.NamedTuple):
    """A version, and how it will be locked."""

    one: Version
    retention: Retention


class Plan(t.NamedTuple):
    """How many objects the sets need, which of them are locked for too short a time, and until when they will be.

    lacking: what is wrong with the time for which the bucket locks what is written; empty where nothing is.
    """

    objects: int
    due: list[Due]
    until: datetime.datetime
    lacking: str


def needed(versions: t.Iterable[Version], leaving: t.Collection[str]) -> list[Version]:
    """The current versions that a restore needs. Pure. leaving: keys of what is to go."""
    return [
        one for one in versions if one.latest and not one.marker and one.key not in leaving and keys.restores(one.key)
    ]


def too_short(seen: int | None, asked: int) -> str:
    """What is wrong with a bucket that locks what is written for so many days; empty where nothing is. Pure.

    seen: None where the keys may not ask.
    """
    if not asked or (seen or 0) >= asked:
        return ""
    told = "the keys may not ask" if seen is None else f"{seen} days"
    return (
        f"it locks what is written for too short a time ({told}), expected {asked} days -> set a default retention of"
        " object lock on the bucket, and allow GetBucketObjectLockConfiguration"
    )


def plan(site: Site, moment: datetime.datetime, leaving: t.Collection[str] = ()) -> Plan:
    """What to extend in a storage that is to lock what is written. Changes nothing."""
    asked, store = site.settings.storage.lock_days, site.store
    wanted = needed(store.versions(f"{site.settings.site}/"), leaving)
    mode, days = store.lock_rule()
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        known = list(pool.map(lambda one: store.retention(one.key, one.id), wanted))
    soon = moment + datetime.timedelta(days=asked) / 2 + MARGIN
    until = (moment + datetime.timedelta(days=asked)).replace(microsecond=0)
    due = [
        # In the mode that it has: a stricter one would be more than was asked for.
        Due(one, Retention(lock.mode if lock else mode, until))
        for one, lock in zip(wanted, known, strict=True)
        if lock is None or lock.until < soon
    ]
    return Plan(len(wanted), due, until, too_short(days, asked))


def run(site: Site, planned: Plan) -> None:
    """Do it. Killed anywhere, the next run does the rest."""
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(lambda due: site.store.retain(due.one.key, due.one.id, due.retention), planned.due))
