# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The SQLite database of a PowerDNS server: its tables, and a key for the transfer of every zone that it will hold.

PowerDNS has no setting that asks for a TSIG key of zones which somebody makes later: neither those that a client of the
API makes on the primary, nor those that a catalog zone brings to a secondary. A trigger gives it to each in the same
transaction. On a primary the one kind of metadata counts, on a secondary the other; each zone has both, so that a
promoted server needs no change.
"""

from __future__ import annotations

import os
import re
import sqlite3
import typing as t
from contextlib import closing
from pathlib import Path

BUSY_SECONDS = 30.0
TRIGGER = "metalstack_transfer_key"
ALLOWED, ASKED_WITH = "TSIG-ALLOW-AXFR", "AXFR-MASTER-TSIG"
KEY_NAME = re.compile(r"[a-z0-9._-]+\.")

GIVE = "INSERT INTO domainmetadata (domain_id, kind, content) VALUES (NEW.id, '{kind}', '{key}');"
MISSING = """INSERT INTO domainmetadata (domain_id, kind, content) SELECT id, :kind, :key FROM domains
WHERE NOT EXISTS (SELECT 1 FROM domainmetadata WHERE domain_id = domains.id AND kind = :kind AND content = :key)"""
OTHERS = "DELETE FROM domainmetadata WHERE kind = :kind AND content <> :key"

SERIAL = """SELECT content FROM records JOIN domains ON domains.id = records.domain_id
WHERE domains.name = ? AND records.type = 'SOA' AND NOT records.disabled"""

Owner = tuple[int, int]


class BadDatabase(Exception):
    """A file that is no database of PowerDNS, or one that cannot be opened."""


def trigger(key: str) -> str:
    """The statement that gives the key to each new zone."""
    if not KEY_NAME.fullmatch(key):
        raise BadDatabase(f"{key!r} cannot name a TSIG key: expected a name in lower case with a final dot")
    gifts = " ".join(GIVE.format(kind=kind, key=key) for kind in (ALLOWED, ASKED_WITH))
    return f"CREATE TRIGGER {TRIGGER} AFTER INSERT ON domains BEGIN {gifts} END"


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


def require_key(path: Path, key: str, check: bool) -> list[str]:
    """Have every zone transferred with the key alone, now and later; what was, or would be, changed."""
    wanted = trigger(key)
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as database:
            database.execute("BEGIN IMMEDIATE")
            done = _trigger_changes(database, wanted) + _zone_changes(database, key)
            database.execute("ROLLBACK" if check else "COMMIT")
    except sqlite3.DatabaseError as error:
        raise BadDatabase(f"{path}: {error}") from error
    return done


def _trigger_changes(database: sqlite3.Connection, wanted: str) -> list[str]:
    found = database.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = ?", (TRIGGER,)).fetchone()
    if found and found[0] == wanted:
        return []
    database.execute(f"DROP TRIGGER IF EXISTS {TRIGGER}")
    database.execute(wanted)
    return ["new zones get the key"]


def _zone_changes(database: sqlite3.Connection, key: str) -> list[str]:
    touched = [database.execute(MISSING, {"kind": kind, "key": key}).rowcount for kind in (ALLOWED, ASKED_WITH)]
    # A zone is asked for with one key; it may be given to holders of several, as while keys change.
    touched.append(database.execute(OTHERS, {"kind": ASKED_WITH, "key": key}).rowcount)
    return [f"{max(touched)} zones get the key"] if any(touched) else []


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


def describe(path: Path, key: str, done: t.Sequence[str]) -> str:
    return "".join(f"{path}: {one} {key}\n" for one in done)
