# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the SQLite database of a PowerDNS server has of signed zones, and the change to signatures of its own."""

from __future__ import annotations

import sqlite3
import typing as t
from contextlib import closing, contextmanager
from pathlib import Path

from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import names, signing_keys
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.database import BUSY_SECONDS
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.signing_keys import (
    BadSigningKeys,
    Derive,
    Key,
    Metadata,
    Signing,
    Zones,
)

SQLITE = b"SQLite format 3\0"
SIGNED = "SELECT id, name FROM domains WHERE {with_what} AND (:catalog IS NULL OR catalog = :catalog) ORDER BY name"
PRESIGNED = "id IN (SELECT domain_id FROM domainmetadata WHERE kind = 'PRESIGNED' AND content = '1')"
WITH_KEYS = f"id IN (SELECT domain_id FROM cryptokeys) AND NOT {PRESIGNED}"
IDENTITY = "SELECT id FROM domains WHERE name = ?"
KEYS = "SELECT flags, active, published, content FROM cryptokeys WHERE domain_id = ? ORDER BY id"
DNSKEYS = """SELECT records.id, content FROM records JOIN domains ON domains.id = domain_id
WHERE domains.name = ? AND domains.name = records.name AND records.type = 'DNSKEY'"""


def read(path: Path, zones: t.Sequence[str] = (), catalog: str | None = None) -> tuple[Zones, list[str]]:
    """What zones are signed by that have their keys here, and which are served as somebody else has signed them."""
    wanted = {"catalog": catalog.rstrip(".") if catalog else None}
    with _opened(path) as database:
        signed, presigned = (
            [
                (identity, names.zone_name(name))
                for identity, name in database.execute(SIGNED.format(with_what=condition), wanted)
                if not zones or names.zone_name(name) in zones
            ]
            for condition in (WITH_KEYS, PRESIGNED)
        )
        return {name: _signing(database, identity) for identity, name in signed}, [name for _id, name in presigned]


def served(path: Path, zone: str) -> set[str]:
    """The DNSKEY records that a zone came with."""
    with _opened(path) as database:
        return {signing_keys.normal(content) for _id, content in database.execute(DNSKEYS, (zone.rstrip("."),))}


def own(path: Path, zone: str) -> Signing:
    """What the server signs the zone by itself, or would if it were not presigned."""
    with _opened(path) as database:
        found = database.execute(IDENTITY, (zone.rstrip("."),)).fetchone()
        return _signing(database, found[0]) if found else Signing((), {})


def sign_here(path: Path, zone: str, metadata: Metadata) -> None:
    """Have the server sign the zone itself, as soon as it knows of it. What it came with is left, and of no use."""
    with _changed(path, zone) as (database, identity):
        for kind in (*signing_keys.METADATA, "PRESIGNED"):
            database.execute("DELETE FROM domainmetadata WHERE domain_id = ? AND kind = ?", (identity, kind))
        rows = [(identity, kind, value) for kind, values in metadata.items() for value in values]
        database.executemany("INSERT INTO domainmetadata (domain_id, kind, content) VALUES (?, ?, ?)", rows)


def clean(path: Path, zone: str, derive: Derive) -> None:
    """Remove the signatures and the like that a zone came with and that the server makes itself."""
    with _changed(path, zone) as (database, identity):
        signing = _signing(database, identity)
        for rtype in signing_keys.made(signing.metadata):
            database.execute("DELETE FROM records WHERE domain_id = ? AND type = ?", (identity, rtype))
        made = {derive(key.flags, key.content) for key in signing.keys}
        there = database.execute(DNSKEYS, (zone.rstrip("."),)).fetchall()
        gone = [(record,) for record, content in there if signing_keys.normal(content) in made]
        database.executemany("DELETE FROM records WHERE id = ?", gone)


def _signing(database: sqlite3.Connection, identity: int) -> Signing:
    keys = tuple(
        Key(int(flags), bool(active), bool(published), str(content))
        for flags, active, published, content in database.execute(KEYS, (identity,))
    )
    return Signing(keys, _metadata(database, identity))


def _metadata(database: sqlite3.Connection, identity: int) -> Metadata:
    found: Metadata = {}
    query = "SELECT upper(kind), content FROM domainmetadata WHERE domain_id = ? ORDER BY id"
    for kind, content in database.execute(query, (identity,)):
        if kind in signing_keys.METADATA:
            found.setdefault(kind, []).append(content)
    return found


@contextmanager
def _changed(path: Path, zone: str) -> t.Iterator[tuple[sqlite3.Connection, int]]:
    """One transaction, which is gone when anything fails."""
    with _opened(path, writes=True) as database:
        database.execute("BEGIN IMMEDIATE")
        found = database.execute(IDENTITY, (zone.rstrip("."),)).fetchone()
        if not found:
            raise BadSigningKeys(f"{path} has no zone {zone}: is it the database of the server?")
        yield database, found[0]
        database.execute("COMMIT")


@contextmanager
def _opened(path: Path, writes: bool = False) -> t.Iterator[sqlite3.Connection]:
    try:
        with path.open("rb") as file:
            if file.read(len(SQLITE)) != SQLITE:
                raise BadSigningKeys(
                    f"{path} is no database of SQLite: keys of zones are read from and put into one alone"
                )
        target = f"file:{path}?mode={'rw' if writes else 'ro'}"
        with closing(sqlite3.connect(target, uri=True, timeout=BUSY_SECONDS, isolation_level=None)) as database:
            yield database
    except (OSError, sqlite3.Error) as error:
        raise BadSigningKeys(f"{path}: {error}") from error
