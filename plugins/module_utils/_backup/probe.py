# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether an object storage does what backups count on. It writes, below C(<site>/probe/), and says what it saw."""

from __future__ import annotations

import datetime
import typing as t
import uuid

from . import keys, locks
from .errors import BackupError, Unreachable
from .plain_store import PlainStore
from .settings import Storage
from .store import Forbidden, ObjectStore, Retention

CLOCK_SECONDS = 60


class Seen(t.NamedTuple):
    """What was seen of a storage.

    clock is the storage's time minus ours in seconds, None when it does not tell. lock_days is for how long the bucket
    locks what is written (object lock, default retention), None when the keys may not ask.
    """

    reads_what_was_written: bool
    lists: bool
    first_write_wins: bool
    keeps_versions: bool
    refuses_to_remove_versions: bool
    clock: float | None
    lock_days: int | None


def probe(store: ObjectStore | PlainStore, site: str) -> Seen:
    """Try everything once, with the keys that backups are written with. Raises where the storage cannot be used."""
    key, content = f"{site}/probe/{uuid.uuid4().hex}", uuid.uuid4().bytes
    first = store.put(key, content)
    answered = datetime.datetime.now(datetime.UTC)
    reads, lists = store.get(key) == content, key in store.keys(f"{site}/probe/")
    wins = not store.put_new(key, b"another")
    second = store.put(key, content)
    keeps = bool(first.version) and first.version not in ("null", second.version)
    # A lock keeps a version from everybody, and a marker from nobody: only who may not remove it is refused.
    refuses = _refuses(store, key, store.delete(key))
    if not refuses:
        store.delete(key)
    clock = (first.date - answered).total_seconds() if first.date else None
    return Seen(reads, lists, wins, keeps, refuses, clock, _lock_days(store))


def _lock_days(store: ObjectStore | PlainStore) -> int | None:
    try:
        return store.lock_days()
    except Unreachable:
        return None


def report(storage: Storage, site: str, lineage: str = "", pruner: Storage | None = None) -> dict[str, t.Any]:
    """C(where) the storage is, what was C(seen) of it, and C(complaints): one that cannot be used at all is one.

    lineage: what the storage has to hold. pruner: the account that may remove versions.
    """
    try:
        store = ObjectStore(storage)
        seen = probe(store, site)
        found = complaints(seen, storage.lock_days)
        if lineage and not store.keys(f"{keys.lineages(site)}{lineage}/"):
            found.append(f"it shows nothing of lineage {lineage} -> give keys of the bucket that the backups are in")
    except BackupError as error:
        return {"where": storage.where, "seen": {}, "complaints": [str(error)]}
    if pruner:
        found += _pruning(ObjectStore(pruner), site, storage.lock_days)
    return {"where": storage.where, "seen": seen._asdict(), "complaints": found}


def _pruning(store: ObjectStore, site: str, lock_days: int) -> list[str]:
    """What is wrong with the account that may remove versions: it removes those of an object that it has written.

    Where objects are locked it also extends that lock.
    """
    key = f"{site}/probe/{uuid.uuid4().hex}"
    try:
        written = store.put(key, b"to be removed")
        if lock_days:
            _extend(store, key, written.version)
        store.delete(key)
        for one in sorted(store.versions(key), key=lambda one: one.marker):
            try:
                store.delete(one.key, one.id)
            except Forbidden:
                # While the bucket locks it nobody may.
                if not lock_days:
                    raise
    except BackupError as error:
        return [f"the pruner's account: {error}"]
    return []


def _extend(store: ObjectStore, key: str, version: str) -> None:
    """Lock what was just written for a second longer than it is, or as the bucket says where it tells of no lock."""
    mode, days = store.lock_rule()
    lock = store.retention(key, version)
    until = lock.until if lock else datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days)
    if days:
        store.retain(key, version, Retention(lock.mode if lock else mode, until + datetime.timedelta(seconds=1)))


def _refuses(store: ObjectStore | PlainStore, key: str, version: str) -> bool:
    try:
        store.delete(key, version or "null")
    except Forbidden:
        return True
    except BackupError:
        # It was not refused but failed: no version of that name, or not implemented.
        return False
    return False


def complaints(seen: Seen, lock_days: int = 0) -> list[str]:
    """What is wrong with the storage, and what to do. Pure. lock_days: for how long the bucket has to lock at least."""
    found = []
    if not seen.reads_what_was_written:
        found.append("it does not return what was written -> use another one")
    if not seen.lists:
        found.append("it does not list what was written at once -> use one that is consistent")
    if not seen.first_write_wins:
        found.append(
            "it lets an object be written twice that must not exist yet (If-None-Match), so two restores could be begun"
            " at once -> use one that knows conditional writes"
        )
    if not seen.keeps_versions:
        found.append("it keeps no versions: what is overwritten is gone -> enable versioning of the bucket")
    if not seen.refuses_to_remove_versions:
        found.append(
            "the keys that backups are written with may remove versions: whoever takes them from a host can remove all"
            " backups -> use an account without DeleteObjectVersion"
        )
    found += filter(None, [locks.too_short(seen.lock_days, lock_days)])
    if seen.clock is not None and abs(seen.clock) > CLOCK_SECONDS:
        found.append(f"its clock is {seen.clock:+.0f} s from this host's -> mend the one that is wrong")
    return found
