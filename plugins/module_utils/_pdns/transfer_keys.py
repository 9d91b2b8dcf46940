# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys in the database of a server: who may have its zones, and with which key it asks for them itself.

PowerDNS has no setting that asks for a TSIG key of zones which somebody makes later: neither those that a client of the
API makes on the primary, nor those that a catalog zone brings to a secondary. A trigger gives it to each in the same
transaction. On a primary the one kind of metadata counts, on a secondary the other; each zone has both, so that a
promoted server needs no change.

The trigger is also what tells which keys are those of transfers: one that it names and that is not wanted any more was
wanted before. Keys change hands in the steps of `STEPS`, each of them taken by all servers before the next one: that
way whoever asks has a key that is accepted.
"""

from __future__ import annotations

import re
import sqlite3
import typing as t
from dataclasses import dataclass, field

TRIGGER = "metalstack_transfer_key"
ALLOWED, ASKED_WITH, UPDATED_WITH = "TSIG-ALLOW-AXFR", "AXFR-MASTER-TSIG", "TSIG-ALLOW-DNSUPDATE"
ALGORITHM = "hmac-sha256"
KEY_NAME = re.compile(r"[a-z0-9._-]+\.")
# The key is accepted beside those of before; it is asked with, too; those of before are forgotten.
ACCEPTED, USED, ONLY = STEPS = ("accepted", "used", "only")

GIVE = "INSERT INTO domainmetadata (domain_id, kind, content) VALUES (NEW.id, '{kind}', '{key}');"
GIVEN = re.compile(r"VALUES \(NEW\.id, '([A-Z-]+)', '([^']+)'\);")
MISSING = """INSERT INTO domainmetadata (domain_id, kind, content) SELECT id, :kind, :key FROM domains
WHERE NOT EXISTS (SELECT 1 FROM domainmetadata WHERE domain_id = domains.id AND kind = :kind AND content = :key)"""
OTHERS = "DELETE FROM domainmetadata WHERE kind = :kind AND content <> :key"
TAKEN = "DELETE FROM domainmetadata WHERE kind = :kind AND content IN (:key, rtrim(:key, '.'))"
# Which keys for updates were given here, so that one that is given no more is known for what it is.
RECORD = "CREATE TABLE IF NOT EXISTS metalstack_update_keys (name VARCHAR(255) PRIMARY KEY)"


class BadKeys(Exception):
    """A name that cannot be one of a key."""


@dataclass(frozen=True)
class Keys:
    """``name`` is the key, ``former`` are those that are accepted beside it; both have their final dot.

    Without a secret the key is made elsewhere. ``updates`` are the names of the keys for updates, if they are known.
    """

    name: str
    secret: str = ""
    former: t.Mapping[str, str] = field(default_factory=dict)
    updates: t.Sequence[str] | None = None
    step: str = USED


@dataclass(frozen=True)
class Rule:
    """What the trigger gives to each new zone."""

    asked: str = ""
    allowed: tuple[str, ...] = ()

    @property
    def statement(self) -> str:
        for key in self.allowed:
            if not KEY_NAME.fullmatch(key):
                raise BadKeys(f"{key!r} cannot name a TSIG key: expected a name in lower case with a final dot")
        gifts = [GIVE.format(kind=ALLOWED, key=key) for key in self.allowed]
        gifts.append(GIVE.format(kind=ASKED_WITH, key=self.asked))
        return f"CREATE TRIGGER {TRIGGER} AFTER INSERT ON domains BEGIN {' '.join(gifts)} END"


def rule_of(statement: str | None) -> Rule:
    given = GIVEN.findall(statement or "")
    asked = [key for kind, key in given if kind == ASKED_WITH]
    return Rule(asked[0] if asked else "", tuple(key for kind, key in given if kind == ALLOWED))


def next_rule(found: Rule, keys: Keys, known: t.Collection[str]) -> Rule:
    """The rule after a step; ``known`` are the keys that the server has, for it can ask with no other."""
    wanted = (keys.name, *(name for name in keys.former if name != keys.name))
    if keys.step == ONLY:
        return Rule(keys.name, wanted)
    stays = keys.step == ACCEPTED and found.asked in known
    return Rule(found.asked if stays else keys.name, tuple(dict.fromkeys((*wanted, *found.allowed))))


def converge(database: sqlite3.Connection, keys: Keys) -> list[str]:
    """Take a step within a transaction of the caller; what it changed."""
    statement = _statement(database)
    found = rule_of(statement)
    wanted = next_rule(found, keys, _names(database))
    done = _secrets(database, keys)
    if statement != wanted.statement:
        database.execute(f"DROP TRIGGER IF EXISTS {TRIGGER}")
        database.execute(wanted.statement)
        done.append(f"new zones get the key {keys.name}")
    done += _zones(database, wanted, keys.name)
    gone = [key for key in found.allowed if key not in wanted.allowed]
    return done + _forget(database, gone, ALLOWED) + _updates(database, keys)


def present(database: sqlite3.Connection, names: t.Iterable[str] | None = None) -> dict[str, str]:
    """Secrets of the keys that are there, by name; of those for transfers unless others are named."""
    wanted = rule_of(_statement(database)).allowed if names is None else names
    rows = database.execute("SELECT name, secret FROM tsigkeys").fetchall()
    secrets = {f"{name.lower().rstrip('.')}.": secret for name, secret in rows}
    return {name: secrets[name] for name in wanted if name in secrets}


def rule(database: sqlite3.Connection) -> Rule:
    return rule_of(_statement(database))


def _statement(database: sqlite3.Connection) -> str | None:
    found = database.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = ?", (TRIGGER,)).fetchone()
    return found[0] if found else None


def _names(database: sqlite3.Connection) -> set[str]:
    return {f"{row[0].lower().rstrip('.')}." for row in database.execute("SELECT name FROM tsigkeys")}


def _secrets(database: sqlite3.Connection, keys: Keys) -> list[str]:
    """The secrets in place, each under one algorithm alone."""
    done = []
    for name, secret in {**keys.former, **({keys.name: keys.secret} if keys.secret else {})}.items():
        bare = name.rstrip(".")
        rows = database.execute("SELECT algorithm, secret FROM tsigkeys WHERE name = ?", (bare,)).fetchall()
        if rows != [(ALGORITHM, secret)]:
            database.execute("DELETE FROM tsigkeys WHERE name = ?", (bare,))
            row = (bare, ALGORITHM, secret)
            database.execute("INSERT INTO tsigkeys (name, algorithm, secret) VALUES (?, ?, ?)", row)
            done.append(f"another secret of the key {name}" if rows else f"the key {name}")
    return done


def _zones(database: sqlite3.Connection, wanted: Rule, name: str) -> list[str]:
    gifts = [(ALLOWED, key) for key in wanted.allowed] + [(ASKED_WITH, wanted.asked)]
    touched = [database.execute(MISSING, {"kind": kind, "key": key}).rowcount for kind, key in gifts]
    # A zone is asked for with one key; it may be given to holders of several, as while keys change.
    touched.append(database.execute(OTHERS, {"kind": ASKED_WITH, "key": wanted.asked}).rowcount)
    return [f"{max(touched)} zones get the key {name}"] if any(touched) else []


def _forget(database: sqlite3.Connection, names: t.Iterable[str], kind: str) -> list[str]:
    done = []
    for name in names:
        database.execute(TAKEN, {"kind": kind, "key": name})
        database.execute("DELETE FROM tsigkeys WHERE name = ?", (name.rstrip("."),))
        done.append(f"no more the key {name}")
    return done


def _updates(database: sqlite3.Connection, keys: Keys) -> list[str]:
    """Remember the keys for updates before they are made, and remove those that are given no more."""
    if keys.updates is None:
        return []
    database.execute(RECORD)
    known = {row[0] for row in database.execute("SELECT name FROM metalstack_update_keys")}
    new = [(name,) for name in keys.updates if name not in known]
    database.executemany("INSERT INTO metalstack_update_keys (name) VALUES (?)", new)
    done = [f"the key {name} for updates" for (name,) in new]
    if keys.step == ONLY:
        gone = sorted(known - {*keys.updates})
        done += _forget(database, [name for name in gone if name != keys.name], UPDATED_WITH)
        database.executemany("DELETE FROM metalstack_update_keys WHERE name = ?", [(name,) for name in gone])
    return done
