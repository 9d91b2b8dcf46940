# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the last backups of databases that this server has asked for went: kept on its disk, for whoever looks."""

from __future__ import annotations

import datetime
import json
import time
import typing as t
from pathlib import Path

from .._backup import disk

FILE, LOCK = "databases.json", "databases"
# In the place of a name, where the cluster could not be asked which databases it has.
ALL = "all"
Notes = dict[str, dict[str, t.Any]]


def note(state: Path, outcomes: t.Iterable[t.Mapping[str, t.Any]]) -> None:
    """Keep outcomes by C(database), which have C(error) and C(drops); what is not among them is forgotten."""
    at = time.time()
    with disk.alone(state, LOCK):
        known = read(state)
        found: Notes = {}
        for one in outcomes:
            error = one.get("error", "")
            before = known.get(one["database"], {})
            success = {"success": before.get("success")} if error else {"success": at}
            found[one["database"]] = {"tried": at, "error": error, "drops": list(one.get("drops", ())), **success}
        if ALL in found:
            found = {**known, **found}
        disk.write(state / FILE, json.dumps(found, sort_keys=True))


def read(state: Path) -> Notes:
    return disk.read_json(state / FILE)


def failed(one: t.Mapping[str, t.Any], saved: str) -> str:
    """Why the last one did not work; empty where it did, or somebody has saved what the database holds since.

    saved: when that was, ISO 8601; empty if nobody has.
    """
    since = datetime.datetime.fromisoformat(saved).timestamp() if saved else 0.0
    return str(one["error"]) if one["error"] and one["tried"] >= since else ""
