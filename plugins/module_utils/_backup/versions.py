# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which versions of hidden objects may be removed for good. Pure.

In a bucket with versions a deletion hides an object behind a marker, and writing it again hides what it was.
"""

from __future__ import annotations

import datetime
import typing as t


class Version(t.NamedTuple):
    """A version of an object, or a marker that hides those before. size: in bytes; of a marker 0."""

    key: str
    id: str
    modified: datetime.datetime
    latest: bool
    marker: bool = False
    size: int = 0


def current(versions: t.Iterable[Version]) -> list[str]:
    """The keys that a listing without versions shows."""
    return [one.key for one in versions if one.latest and not one.marker]


def removable(versions: t.Iterable[Version], moment: datetime.datetime, days: int) -> list[Version]:
    """What was hidden for more than that many days, in the order in which it is removed.

    The marker that hides an object goes after all of its versions: without it the newest that is left would come back.
    """
    objects: dict[str, list[Version]] = {}
    for one in versions:
        objects.setdefault(one.key, []).append(one)
    return [one for known in objects.values() for one in _of_object(known, moment - datetime.timedelta(days=days))]


def _of_object(known: list[Version], before: datetime.datetime) -> list[Version]:
    newest, *older = sorted(known, key=lambda one: (one.latest, one.modified), reverse=True)
    if not newest.latest:
        # Somebody wrote it while it was listed.
        return []
    # Each is hidden since the next newer was made.
    found = [
        one for newer, one in zip([newest, *older], older, strict=False) if max(newer.modified, one.modified) < before
    ]
    found.reverse()
    if newest.marker and newest.modified < before and len(found) == len(older):
        found.append(newest)
    return found
