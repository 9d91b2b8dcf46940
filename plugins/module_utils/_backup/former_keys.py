# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Other keys of the same object storages: what those that a host had may do yet."""

from __future__ import annotations

import json
import typing as t
import uuid
from pathlib import Path

from . import disk
from .errors import BackupError, Unreachable
from .plain_store import PlainStore
from .settings import Settings, Storage
from .store import Forbidden, ObjectStore

FIELDS = ("access_key", "secret_key")
DELETE = "delete"
Pair = dict[str, str]


def file(found: Settings) -> Path:
    """Where the former keys are kept until they are refused."""
    return found.password_file.with_name("former-keys.json")


def storages(found: Settings) -> dict[str, Storage]:
    return {name: one for name, one in (("first", found.storage), ("second", found.second)) if one}


def pair(storage: Storage) -> Pair:
    return {name: getattr(storage, name) for name in FIELDS}


def kept(found: Settings) -> dict[str, list[Pair]]:
    """Former keys by storage, those apart that the host works with again."""
    known = disk.read_json(file(found))
    return {
        name: [former for former in known.get(name, []) if former != pair(one)] for name, one in storages(found).items()
    }


def different(found: Settings, wanted: t.Mapping[str, Pair]) -> list[str]:
    """Whose keys are others than those that the host has; raises where it has other storages."""
    have = {name: f"{name} {one.where}" for name, one in storages(found).items()}
    want = {name: f"{name} {one['endpoint']}/{one['bucket']}" for name, one in wanted.items()}
    if have != want:
        raise BackupError(
            f"this host has as object storages {', '.join(have.values())}, wanted {', '.join(want.values())}: that is"
            " no other key -> run bootstrap first, with keys that are good there"
        )
    return [name for name, one in storages(found).items() if any(pair(one)[key] != wanted[name][key] for key in FIELDS)]


def keep(found: Settings, wanted: t.Mapping[str, Pair]) -> bool:
    """Keep the keys that others are to take the place of; whether that was news."""
    known, due = disk.read_json(file(found)), False
    for name in different(found, wanted):
        former = pair(storages(found)[name])
        if former not in known.setdefault(name, []):
            known[name].append(former)
            due = True
    if due:
        disk.write(file(found), json.dumps(known))
    return due


def accepted(found: Settings) -> dict[str, list[str]]:
    """By the URL of a storage, what former keys may do there yet. Raises where one gives no answer."""
    may: dict[str, list[str]] = {}
    for name, former in kept(found).items():
        storage = storages(found)[name]
        for one in former:
            store = ObjectStore(storage.by(**one))
            if may_do := allowed(store, f"{found.site}/lineages/", f"{found.site}/probe/"):
                may[storage.where] = sorted({*may.get(storage.where, []), *may_do})
    return may


def forget(found: Settings) -> bool:
    """Whether there were any."""
    due = file(found).exists()
    file(found).unlink(missing_ok=True)
    return due


def attempts(store: ObjectStore | PlainStore, listed: str, place: str) -> dict[str, t.Callable[[], object]]:
    """What keys are tried at, in this order. What is written below a place is hidden at once, if that is allowed."""
    key = f"{place}{uuid.uuid4().hex}"
    return {
        "list": lambda: store.keys(listed),
        "write": lambda: store.put(key, b"whether these keys may write"),
        "read": lambda: store.get(key),
        DELETE: lambda: store.delete(key),
        "list versions": lambda: store.versions(place),
    }


def allowed(store: ObjectStore | PlainStore, listed: str, place: str) -> list[str]:
    """What is not refused: each is tried."""
    found = []
    for name, attempt in attempts(store, listed, place).items():
        try:
            attempt()
        except Forbidden:
            continue
        except Unreachable:
            raise
        except BackupError:
            # It may read, and there was nothing to read, since it may not write.
            pass
        found.append(name)
    return found
