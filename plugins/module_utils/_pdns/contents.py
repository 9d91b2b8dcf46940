# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each zone of a PowerDNS server holds, as one number: two servers with the same one have the same records."""

from __future__ import annotations

import hashlib
import sqlite3
import typing as t
from contextlib import closing
from pathlib import Path

from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.database import BUSY_SECONDS, BadDatabase

# One statement sees one moment. Without a type are the names between others, which hold nothing.
RECORDS = """SELECT domains.name, records.name, records.type, records.ttl, records.prio, records.content
FROM domains LEFT JOIN records ON records.domain_id = domains.id AND records.disabled = 0
AND records.type IS NOT NULL AND records.type != ''"""
# What a primary makes of its keys when it is asked, and a secondary has got with the zone.
SIGNATURES = {"RRSIG", "NSEC", "NSEC3", "NSEC3PARAM", "DNSKEY", "CDS", "CDNSKEY"}
# Whose content is no name: everywhere else a transfer may change upper and lower case.
EXACT = {"TXT", "SPF", "CAA", "LUA"}
BITS = 128

Row = tuple[str, str, "str | None", "int | None", "int | None", "str | None"]


def read(path: Path) -> dict[str, dict[str, t.Any]]:
    """By the name of each zone its C(serial), how many C(records) it has beside its SOA, whether it is C(bare), with
    none but NS, and the C(hash) of all of them.
    """
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=BUSY_SECONDS)) as database:
            return summarise(database.execute(RECORDS))
    except sqlite3.DatabaseError as error:
        raise BadDatabase(f"{path}: {error}") from error


def summarise(rows: t.Iterable[Row]) -> dict[str, dict[str, t.Any]]:
    """Each row by itself and in any order, so that a large zone takes no memory. Pure."""
    serials: dict[str, int] = {}
    counts: dict[str, int] = {}
    others: set[str] = set()
    sums: dict[str, int] = {}
    for zone, name, rtype, ttl, prio, content in rows:
        counts.setdefault(zone, 0)
        if rtype is None or rtype in SIGNATURES:
            continue
        if rtype == "SOA":
            serials[zone] = int((content or "").split()[2])
            continue
        counts[zone] += 1
        if rtype != "NS":
            others.add(zone)
        sums[zone] = (sums.get(zone, 0) + _number(name, rtype, ttl, prio, content or "")) % (1 << BITS)
    return {
        f"{zone}.": {
            "serial": serials.get(zone, 0),
            "records": count,
            "bare": zone not in others,
            "hash": f"{sums.get(zone, 0):0{BITS // 4}x}",
        }
        for zone, count in counts.items()
    }


def _number(name: str, rtype: str, ttl: int | None, prio: int | None, content: str) -> int:
    if rtype not in EXACT:
        content = content.lower().rstrip(".")
    line = f"{name.lower()} {ttl} {rtype} {prio or 0} {content}"
    return int.from_bytes(hashlib.sha256(line.encode()).digest()[: BITS // 8], "big")
