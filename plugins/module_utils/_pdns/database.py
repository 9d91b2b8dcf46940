# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The SQLite database of a PowerDNS server: its tables, its keys, and what it is in a catalog zone."""

from __future__ import annotations

import os
import sqlite3
import time
import typing as t
from contextlib import closing
from pathlib import Path

from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import transfer_keys
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.transfer_keys import BadKeys, Keys

BUSY_SECONDS = 30.0
SERIAL = """SELECT content FROM records JOIN domains ON domains.id = records.domain_id
WHERE domains.name = ? AND records.type = 'SOA' AND NOT records.disabled"""

# The database first: without it nobody takes its log for anything.
FILES = ("", "-wal", "-shm")

Owner = tuple[int, int]


class BadDatabase(Exception):
    """A file that is no database of PowerDNS, or one that cannot be opened."""


def create(path: Path, schema: str, owner: Owner | None, mode: int = 0o640) -> None:
    """A database that is whole when it appears; interrupted half-way there is none."""
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)
    os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
    with closing(sqlite3.connect(partial)) as database:
        database.executescript(schema)
    if owner is not None:
        os.chown(partial, *owner)
    partial.chmod(mode)
    partial.rename(path)


def require_no_log(path: Path) -> None:
    """SQLite would write what the log of a lost database holds into a new one of its name."""
    log = path.with_name(f"{path.name}-wal")
    if log.exists() and not path.exists():
        raise BadDatabase(f"{log} is there without its database: put {path.name} back beside it, or move it away")


def present(path: Path) -> list[Path]:
    """The database and its log, as far as they are there."""
    return [found for suffix in FILES if (found := path.with_name(path.name + suffix)).exists()]


def leave(path: Path) -> Path:
    """Put a database aside that nobody has open; returns where it is. Interrupted, the same call goes on."""
    before = sorted(path.parent.glob("left-*"))
    new = path.parent / time.strftime("left-%Y%m%dT%H%M%SZ", time.gmtime())
    target = before[-1] if before and not path.exists() else new
    target.mkdir(mode=0o700, exist_ok=True)
    for file in present(path):
        file.rename(target / file.name)
    return target


def require_keys(path: Path, keys: Keys, check: bool) -> list[str]:
    """Have every zone transferred with the keys alone, now and later; what was, or would be, changed."""
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as database:
            database.execute("BEGIN IMMEDIATE")
            done = transfer_keys.converge(database, keys)
            database.execute("ROLLBACK" if check else "COMMIT")
    except (sqlite3.DatabaseError, BadKeys) as error:
        raise BadDatabase(f"{path}: {error}") from error
    return done


def keys_of(path: Path) -> tuple[transfer_keys.Rule, dict[str, str]]:
    """Which keys the database has for transfers, and their secrets."""
    if not path.exists():
        return transfer_keys.Rule(), {}
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=BUSY_SECONDS)) as database:
            return transfer_keys.rule(database), transfer_keys.present(database)
    except sqlite3.DatabaseError as error:
        raise BadDatabase(f"{path}: {error}") from error


def role(path: Path, catalog: str) -> str:
    """What the server is in a catalog zone: ``producer``, ``consumer``, or nothing without such a zone."""
    if not path.exists():
        return ""
    with closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as database:
        found = database.execute("SELECT type FROM domains WHERE name = ?", (catalog.rstrip("."),)).fetchone()
    return found[0].lower() if found and found[0].lower() in ("producer", "consumer") else ""


def catalog_serial(path: Path, catalog: str) -> int | None:
    """Serial of the catalog as the database has it, ``None`` without one."""
    if not path.exists():
        return None
    with closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as database:
        found = database.execute(SERIAL, (catalog.rstrip("."),)).fetchone()
    return int(found[0].split()[2]) if found else None


def describe(path: Path, done: t.Sequence[str]) -> str:
    return "".join(f"{path}: {one}\n" for one in done)
