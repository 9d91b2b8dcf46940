# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tells that a database holds what it should: counted when it was good, compared before backups go on. Pure.

A manifest is kept of each good backup, as C(metal-sentinels/<prefix>/<time>-<version>.json), where no sidecar looks.
"""

from __future__ import annotations

import datetime
import json
import types
import typing as t

from .._backup.errors import BackupError
from .._backup.versions import Version
from .prefixes import SENTINELS

FORMAT = 1
# Machines and networks do not vanish by a fifth between a backup and its restore.
SHARE = 0.8
# A single row of a database that is in use comes and goes.
_FEW = 2
# What users make and remove every day: of a database that is in use only a fifth of it is a drop.
_DAILY = {"projects", "tenants"}
_TIME = "%Y%m%dT%H%M%SZ"
# A schedule for the sidecar that no day has, so that nothing is backed up before the sentinels were compared.
NEVER = "0 0 31 2 *"


class Counted(t.NamedTuple):
    """tables: rows by table. lists: names by what they are names of, such as C(partitions), C(projects), C(tenants).

    passing: rows by table, besides those, that go by themselves before long, such as tokens that expire. They are no
    measure for what comes later, and were one of those when they had longer to go.
    """

    tables: dict[str, int]
    lists: dict[str, list[str]]
    passing: t.Mapping[str, int] = types.MappingProxyType({})


class Manifest(t.TypedDict):
    """What was counted when the backup C(version) of C(key) was the newest. C(made), C(saved): ISO 8601."""

    format: int
    prefix: str
    key: str
    version: str
    bytes: int
    made: str
    saved: str
    cluster: str
    tables: dict[str, int]
    lists: dict[str, list[str]]


def counted(tables: t.Mapping[str, t.Any], lists: t.Mapping[str, t.Any]) -> Counted:
    """Of what a task gives: a number may be a text, as templates make them."""
    wrong = [
        f"table {name}: expected a number of rows, found {rows!r}"
        for name, rows in tables.items()
        if not str(rows).isdecimal()
    ]
    wrong += [
        f"{name}: expected a list of names, found {names!r}"
        for name, names in lists.items()
        if not (isinstance(names, list) and all(isinstance(one, str) for one in names))
    ]
    if wrong:
        raise BackupError("; ".join(wrong))
    return Counted({name: int(rows) for name, rows in tables.items()}, {**lists})


def tells(known: Counted | Manifest) -> bool:
    """Whether an empty database would be told from it."""
    tables, lists = (known.tables, known.lists) if isinstance(known, Counted) else (known["tables"], known["lists"])
    return any(tables.values()) or any(lists.values())


def lasting(before: Counted, after: Counted) -> Counted:
    """What was there before and after a moment, so at that moment, too."""
    tables = {name: min(rows, after.tables[name]) for name, rows in before.tables.items() if name in after.tables}
    lists = {
        name: sorted({*names} & {*after.lists[name]}) for name, names in before.lists.items() if name in after.lists
    }
    passing = {name: min(rows, after.passing[name]) for name, rows in before.passing.items() if name in after.passing}
    return Counted(tables, lists, passing)


def manifest(prefix: str, one: Version, counted: Counted, cluster: str, moment: datetime.datetime) -> Manifest:
    return {
        "format": FORMAT, "prefix": prefix, "key": one.key, "version": one.id, "bytes": one.size,
        "made": one.modified.isoformat(), "saved": moment.isoformat(timespec="seconds"), "cluster": cluster,
        "tables": counted.tables, "lists": {name: sorted(names) for name, names in counted.lists.items()},
    }  # fmt: skip


def written(found: Manifest) -> bytes:
    return json.dumps(found, sort_keys=True, indent=1).encode()


def read(key: str, content: bytes) -> Manifest:
    try:
        found = json.loads(content)
        complete = found["format"] == FORMAT and found.keys() >= Manifest.__required_keys__
    except (ValueError, KeyError, TypeError):
        complete = False
    if not complete:
        raise BackupError(f"{key} is no manifest of format {FORMAT} -> remove it, and save what a good database holds")
    return t.cast(Manifest, found)


def folder(prefix: str) -> str:
    return f"{SENTINELS}{prefix}/"


def key(prefix: str, one: Version) -> str:
    """Sorted by name they are sorted by time."""
    return f"{folder(prefix)}{one.modified.astimezone(datetime.UTC).strftime(_TIME)}-{one.id}.json"


def last(keys: t.Iterable[str], prefix: str, until: Version | None = None) -> str:
    """The key of the newest manifest, of those that are not of later backups than that; empty where there is none.

    keys: all that begin with the folder, those of prefixes that go on behind it among them.
    """
    ours = [one for one in keys if "/" not in one.removeprefix(folder(prefix))]
    bound = key(prefix, until) if until else ""
    return max((one for one in ours if not bound or one <= bound), default="")


def drops(found: Counted, before: Manifest, accept: t.Collection[str] = (), in_use: bool = False) -> list[str]:
    """What is less than it was. accept: tables and lists of which is known why.

    in_use: whether it has been used since, so that some of it was removed for good reason.
    """
    told = []
    for table, rows in sorted(before["tables"].items()):
        now = _rows(found, table)
        if table not in accept and (now is None or _less(now, rows, in_use)):
            told.append(f"table {table} {'is gone' if now is None else f'has {now} rows'}, it had {rows}")
    for name, names in sorted(before["lists"].items()):
        missing = sorted(set(names) - set(found.lists.get(name, ())))
        removed = in_use and name in _DAILY and not _less(len(names) - len(missing), len(names), in_use)
        if name not in accept and missing and not removed:
            told.append(f"{name} lack {', '.join(missing)}")
    return told


def lost(found: Counted, before: Manifest, accept: t.Collection[str] = ()) -> list[str]:
    """Tables and lists that had something and have nothing any more, or are gone."""
    tables = [name for name, rows in before["tables"].items() if rows and not _rows(found, name)]
    lists = [name for name, names in before["lists"].items() if names and not {*names} & {*found.lists.get(name, ())}]
    return sorted({*tables, *lists} - {*accept})


def _rows(found: Counted, table: str) -> int | None:
    """None where it is gone."""
    if table not in found.tables and table not in found.passing:
        return None
    return found.tables.get(table, 0) + found.passing.get(table, 0)


def _less(now: int, before: int, in_use: bool) -> bool:
    return now < before * SHARE and (not in_use or not now or before - now >= _FEW)
