# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PowerDNS on SQLite: a copy of the database, and its zones as text for whoever has nothing but an editor."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import sqlite3
import tempfile
import typing as t
from pathlib import Path

from . import account, command, disk
from .component import Facts
from .errors import BackupError, Damaged, Missing
from .gate import Record

DATABASE = "pdns.sqlite3"
SECONDS = 120
WRITTEN = {"MASTER", "NATIVE", "PRODUCER"}


class PowerDns:
    def __init__(self, settings: dict[str, t.Any], _state: Path) -> None:
        self.name = "powerdns"
        self._database = Path(settings["database"])
        self._owner = str(settings.get("owner", "pdns"))

    def holds(self) -> bool:
        return self._database.exists() and bool(self._kinds())

    def idle(self) -> str:
        """Only a server that writes zones itself has all that belongs to them."""
        if not self._database.exists():
            return f"there is no {self._database}"
        return "" if self._kinds() & WRITTEN else "this host is no primary of any zone"

    def _kinds(self) -> set[str]:
        with _opened(self._database) as database:
            return {row[0].upper() for row in database.execute("SELECT DISTINCT type FROM domains")}

    def collect(self, stage: Path, record: Record, name: str) -> tuple[list[str], Facts]:
        copy = stage / DATABASE
        _copy(self._database, copy)
        zones = disk.private(stage / "zones")
        with _opened(copy) as database:
            for zone in _zones(database):
                (zones / f"{zone.replace('/', '_')}.zone").write_text(_text(database, zone), encoding="utf-8")
            return [], _facts(database)

    def check(self, directory: Path, facts: Facts, level: int) -> dict[str, t.Any]:
        if level < 2:
            return {}
        with _opened(directory / DATABASE) as database:
            verdict = database.execute("PRAGMA integrity_check").fetchone()[0]
            if verdict != "ok":
                raise Damaged(f"{DATABASE}: SQLite finds {verdict} -> use another set")
            found = _facts(database)
        if found != facts:
            raise Damaged(f"{DATABASE} holds other zones or records than the manifest says -> use another set")
        if level >= 3:
            _served(directory / DATABASE, set(facts["zones"]))
        return {"zones": facts["counts"]["zones"]}

    def fits(self, facts: Facts, record: Record) -> None:
        """It does wherever PowerDNS is installed, which comes after the set was chosen."""

    def ready(self) -> None:
        account.require(self._owner, "run bootstrap first")

    def restore(self, directory: Path, facts: Facts, record: Record) -> None:
        owner = pwd.getpwnam(self._owner)
        self._database.parent.mkdir(parents=True, exist_ok=True)
        new = self._beside("restored")
        shutil.copyfile(directory / DATABASE, new)
        os.chmod(new, 0o600)
        os.chown(new, owner.pw_uid, owner.pw_gid)
        replaced = self._beside("replaced")
        # One that is there already is what was before an interrupted restore.
        if self._database.exists() and not replaced.exists():
            copy = self._beside("replacing")
            copy.touch(mode=0o600)
            _copy(self._database, copy)
            os.replace(copy, replaced)
        # What an interrupted or another restore has put in place may have been served since.
        for before in filter(Path.exists, (replaced, self._database)):
            _outdo(new, before)
        # SQLite would replay the log of another database into this one.
        for suffix in ("-wal", "-shm", "-journal"):
            self._database.with_name(self._database.name + suffix).unlink(missing_ok=True)
        os.replace(new, self._database)
        disk.sync(self._database.parent)

    def confirm(self, directory: Path, facts: Facts, record: Record, begun: float = 0.0) -> dict[str, t.Any]:
        with _opened(self._database) as database:
            found = _facts(database)
        zones = found["zones"]
        back = [z for z, serial in facts["zones"].items() if z in zones and _older(zones[z], serial)]
        if back:
            raise BackupError(f"the serial of {', '.join(sorted(back))} is older than that of the set")
        lost = sorted(set(facts["zones"]) - set(zones))
        if lost:
            raise Missing(f"PowerDNS lacks zones that the set held: {', '.join(lost)}")
        keys = {name: facts["counts"][name] for name in ("tsigkeys", "cryptokeys")}
        fewer = [f"{wanted} {name}, now {found['counts'][name]}" for name, wanted in keys.items()
                 if found["counts"][name] < wanted]  # fmt: skip
        if fewer:
            raise Missing(f"PowerDNS lacks keys that the set held: {'; '.join(fewer)}")
        return {"zones": len(facts["zones"]), **keys}

    def settle(self) -> None:
        replaced = self._beside("replaced")
        # With what SQLite puts beside a database to read it.
        for path in replaced.parent.glob(f"{replaced.name}*"):
            path.unlink(missing_ok=True)

    def _beside(self, suffix: str) -> Path:
        return self._database.with_name(f"{self._database.name}.{suffix}")


def _copy(database: Path, target: Path) -> None:
    """SQLite's own backup: consistent while the server writes."""
    with _opened(database) as source, contextlib.closing(sqlite3.connect(target)) as copy:
        source.backup(copy)


def _outdo(new: Path, before: Path) -> None:
    """Give each zone a later serial than it had before, since secondaries take no other."""
    with _opened(before) as database:
        served = {zone: serial for zone, serial in _facts(database)["zones"].items() if serial}
    with contextlib.closing(sqlite3.connect(new)) as database:
        for zone, serial in _facts(database)["zones"].items():
            if zone in served and not _older(served[zone], serial):
                _number(database, zone, _after(served[zone]))
        database.commit()


def _number(database: sqlite3.Connection, zone: str, serial: int) -> None:
    where = "type = 'SOA' AND domain_id = (SELECT id FROM domains WHERE name = ?)"
    for (content,) in database.execute(f"SELECT content FROM records WHERE {where}", (zone,)).fetchall():
        fields = content.split()
        fields[2] = str(serial)
        database.execute(f"UPDATE records SET content = ? WHERE {where}", (" ".join(fields), zone))


def _after(serial: int) -> int:
    """The next serial (RFC 1982); 0 has a meaning of its own in PowerDNS."""
    return serial % (2**32 - 1) + 1


def _served(database: Path, zones: set[str]) -> None:
    """Have PowerDNS itself read the zones, from a copy: it may write to what it opens."""
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory) / DATABASE
        shutil.copyfile(database, copy)
        (Path(directory) / "pdns.conf").write_text(f"launch=gsqlite3\ngsqlite3-database={copy}\n", encoding="utf-8")
        output = command.run("pdnsutil", f"--config-dir={directory}", "list-all-zones", seconds=SECONDS)
    lacking = zones - {line.strip().rstrip(".").lower() for line in output.splitlines()}
    if lacking:
        raise Damaged(f"PowerDNS does not find {', '.join(sorted(lacking)[:5])} in {DATABASE} -> use another set")


@contextlib.contextmanager
def _opened(path: Path) -> t.Iterator[sqlite3.Connection]:
    try:
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as database:
            yield database
    except sqlite3.DatabaseError as error:
        # Of locks, disks and questions; all others say that it is no database, or malformed.
        other = isinstance(error, (sqlite3.OperationalError, sqlite3.ProgrammingError, sqlite3.NotSupportedError))
        kind = BackupError if other else Damaged
        raise kind(f"{path}: {error}") from error


def _zones(database: sqlite3.Connection) -> list[str]:
    return [row[0] for row in database.execute("SELECT name FROM domains ORDER BY name")]


def _facts(database: sqlite3.Connection) -> Facts:
    """Serial by zone, and how much there is."""
    serials = {
        name: int(content.split()[2])
        for name, content in database.execute(
            "SELECT d.name, r.content FROM domains d JOIN records r ON r.domain_id = d.id AND r.type = 'SOA'"
        )
    }
    tables = {"zones": "domains", "records": "records", "tsigkeys": "tsigkeys", "cryptokeys": "cryptokeys"}
    counts = {name: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for name, table in tables.items()}
    return {"zones": {zone: serials.get(zone, 0) for zone in _zones(database)}, "counts": counts}


def _text(database: sqlite3.Connection, zone: str) -> str:
    rows = database.execute(
        "SELECT r.name, r.ttl, r.type, r.prio, r.content FROM records r JOIN domains d ON d.id = r.domain_id"
        " WHERE d.name = ? AND r.type IS NOT NULL AND NOT coalesce(r.disabled, 0) ORDER BY r.name, r.type, r.content",
        (zone,),
    )
    lines = [f"$ORIGIN {zone}."]
    for name, ttl, kind, priority, content in rows:
        first = f"{priority} " if kind in ("MX", "SRV") else ""
        lines.append(f"{name}.\t{ttl}\tIN\t{kind}\t{first}{content}")
    return "\n".join(lines) + "\n"


def _older(found: int, wanted: int) -> bool:
    """Whether a serial is before another one (RFC 1982)."""
    return 0 < (wanted - found) % 2**32 < 2**31
