# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The name server of this host: what is in its database, and what it answers with."""

from __future__ import annotations

import concurrent.futures
import sqlite3
import typing as t
from contextlib import closing
from pathlib import Path

from .exposition import Sample

CONF = Path("/etc/powerdns/metalstack/pdns.conf")
BUSY_SECONDS = 5.0
# Records without a type keep places between names, and have no content.
COUNTS = """SELECT domains.name, domains.type, COUNT(records.id) FROM domains
LEFT JOIN records ON records.domain_id = domains.id AND records.type IS NOT NULL AND NOT records.disabled
GROUP BY domains.id"""
PRIMARIES = {"PRODUCER": True, "CONSUMER": False}
ASKERS = 8

Zones = dict[str, tuple[str, int]]
# The serial that a server gives for a zone, None without an answer.
Ask = t.Callable[[str], "int | None"]


def settings_of(text: str) -> dict[str, str]:
    """What pdns.conf says. Pure."""
    pairs = (line.partition("=") for line in text.splitlines() if not line.lstrip().startswith("#"))
    return {name.strip(): value.strip() for name, equals, value in pairs if equals}


def server_of(conf: t.Mapping[str, str]) -> str:
    """The first address at which it listens, with its port if that is no usual one. Pure."""
    first = conf.get("local-address", "").partition(",")[0].strip()
    port = conf.get("local-port", "53")
    plain = first.count(":") != 1 and not first.startswith("[")
    if not first or port == "53" or not plain:
        return first
    return f"[{first}]:{port}" if ":" in first else f"{first}:{port}"


def database_of(conf: t.Mapping[str, str]) -> Path:
    return Path(conf.get("gsqlite3-database", "/nonexistent"))


def zones_of(database: Path) -> Zones:
    """Kind and number of records of each zone, by its name without the last dot; none without a database."""
    if not database.exists():
        return {}
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=BUSY_SECONDS)) as connection:
        return {str(name): (str(kind).upper(), int(count)) for name, kind, count in connection.execute(COUNTS)}


def ask_all(names: t.Iterable[str], ask: Ask) -> dict[str, int | None]:
    wanted = list(names)
    with concurrent.futures.ThreadPoolExecutor(ASKERS) as pool:
        return dict(zip(wanted, pool.map(ask, wanted), strict=True))


def samples(zones: Zones, wanted: t.Collection[str], serials: t.Mapping[str, int | None]) -> t.Iterator[Sample]:
    """wanted: zones that the inventory names. A catalog is no zone that anybody asks for. Pure."""
    plain = {name: count for name, (kind, count) in zones.items() if kind not in PRIMARIES}
    answers = [serial is not None for serial in serials.values()]
    if answers:
        yield Sample("metalstack_dns_answers", any(answers))
    for kind, _count in zones.values():
        if kind in PRIMARIES:
            yield Sample("metalstack_dns_primary", PRIMARIES[kind])
    yield Sample("metalstack_dns_zones", len(plain))
    for name in sorted({*plain, *wanted}):
        serial = serials.get(name)
        yield Sample("metalstack_dns_zone_served", serial is not None, {"zone": name})
        if serial is not None:
            yield Sample("metalstack_dns_zone_serial", serial, {"zone": name})
        yield Sample("metalstack_dns_zone_records", plain.get(name, 0), {"zone": name})
