# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a bucket holds for a database, and which of it the sidecar would restore. Pure."""

from __future__ import annotations

import typing as t

from .._backup import manifest
from .._backup.versions import Version
from . import prefixes

if t.TYPE_CHECKING:
    from .sentinels import Manifest

# What one request lists: the sidecar never asks for what follows.
PAGE = 1000
BEFORE = 7


class Held(t.NamedTuple):
    """own: backups below exactly the prefix, newest first. strange: what the sidecar takes for backups beside them.

    taken: what it would restore; None where it sees nothing. hidden: how many of the own it does not see.
    """

    own: list[Version]
    strange: list[Version]
    taken: Version | None
    hidden: int


def held(prefix: str, versions: t.Iterable[Version]) -> Held:
    """versions: all whose keys begin with the prefix, no matter what follows it, in any order."""
    listed = sorted(versions, key=_age, reverse=True)
    listed.sort(key=lambda one: one.key)
    # Markers fill the page like versions, and the sidecar does not look at them: what was deleted counts.
    seen = {(one.key, one.id) for one in listed[:PAGE]}
    there = sorted((one for one in listed if not one.marker), key=_age, reverse=True)
    own = [one for one in there if prefixes.is_backup(prefix, one.key)]
    strange = [one for one in there if not prefixes.is_backup(prefix, one.key)]
    taken = next((one for one in there if (one.key, one.id) in seen), None)
    return Held(own, strange, taken, sum((one.key, one.id) not in seen for one in own))


def shrunk(own: t.Sequence[Version]) -> str:
    """Whether the newest is less than half as large as those before; empty where it is not.

    An empty database is a backup, too: RethinkDB's is refused without a single table only, the others' never.
    """
    newest, *before = own[: BEFORE + 1]
    if not manifest.drops({"bytes": newest.size}, [{"bytes": one.size} for one in before]):
        return ""
    sizes = sorted(one.size for one in before)
    return f"it has {newest.size} bytes, the median of the {len(before)} before is {sizes[len(sizes) // 2]}"


def below(newest: Version, known: Manifest | None) -> str:
    """Whether it is less than half as large as the newest backup that was counted and found good; empty otherwise.

    Those before it are no measure once an empty database has been backed up for a quarter of an hour.
    """
    if known is None or newest.size * 2 >= known["bytes"]:
        return ""
    return f"it has {newest.size} bytes, the last that was found good ({known['made']}) has {known['bytes']}"


def suspect(own: t.Sequence[Version], known: Manifest | None) -> str:
    """Why the newest is smaller than it should be, by those before it or by the last good one; empty if it is not."""
    return shrunk(own) or below(own[0], known)


def encrypted(one: Version) -> bool:
    return one.key.endswith(prefixes.ENCRYPTED)


def told(one: Version | None) -> dict[str, t.Any] | None:
    """A backup as modules return it; C(made) in ISO 8601."""
    if one is None:
        return None
    made = one.modified.isoformat()
    return {"key": one.key, "version": one.id, "bytes": one.size, "made": made, "encrypted": encrypted(one)}


def _age(one: Version) -> tuple[t.Any, bool]:
    return one.modified, one.latest
