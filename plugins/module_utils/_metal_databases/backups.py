# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The backups of databases, as they are told. Reads only."""

from __future__ import annotations

import datetime
import typing as t

from .._backup import newest
from . import held, prefixes
from .client import Client


def look(given: t.Mapping[str, t.Any], client: Client, moment: datetime.datetime) -> list[dict[str, t.Any]]:
    """One of each database. given: the options of the module metal_database_backups_info."""
    return [_one(one, given, client, moment) for one in given["databases"]]


def _one(
    one: t.Mapping[str, t.Any], given: t.Mapping[str, t.Any], client: Client, moment: datetime.datetime
) -> dict[str, t.Any]:
    prefix = prefixes.of_database(one["name"], one["engine"], given["stage"], one["prefix"])
    return below(one["name"], prefix, client, moment, given["newest"])


def below(name: str, prefix: str, client: Client, moment: datetime.datetime, newest_told: int) -> dict[str, t.Any]:
    """What lies below a prefix, with so many backups told one by one."""
    there = client.held(prefix)
    backups = [{**(held.told(each) or {}), "age": _seconds(each.modified, moment)} for each in there.own]
    known = client.manifest(prefix)
    sizes = [each.size for each in there.own[:2]]
    return {
        "name": name, "prefix": prefix, "count": len(backups), "backups": backups[:newest_told],
        "newest": backups[0] if backups else None,
        "change": newest.change(sizes[1], sizes[0]) if len(sizes) > 1 else None,
        "suspect": held.suspect(there.own, known) if there.own else "",
        "strange": sorted({each.key for each in there.strange}),
        "unseen": there.hidden, "restores": held.told(there.taken), "sentinels": known,
    }  # fmt: skip


def _seconds(since: datetime.datetime, moment: datetime.datetime) -> int:
    return round((moment - since).total_seconds())
