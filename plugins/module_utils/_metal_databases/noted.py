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
# What a database holds is saved every night; one may be missed.
SAVED_SECONDS = 50 * 3600
Notes = dict[str, dict[str, t.Any]]


def note(state: Path, outcome: t.Mapping[str, t.Any]) -> None:
    """Keep the outcome of one C(database), which has C(error), C(drops), C(lost), C(holds), with the time."""
    at, error, name = time.time(), outcome.get("error", ""), outcome["database"]
    with disk.alone(state, LOCK):
        known = read(state)
        kept = {
            "tried": at, "error": error, "drops": list(outcome.get("drops", ())),
            "lost": list(outcome.get("lost", ())), "holds": bool(outcome.get("holds", True)),
            "success": known.get(name, {}).get("success") if error else at,
        }  # fmt: skip
        _write(state, {**known, name: kept})


def keep(state: Path, names: t.Collection[str]) -> None:
    """Forget all others, and that the cluster could not be asked for them."""
    with disk.alone(state, LOCK):
        _write(state, {name: one for name, one in read(state).items() if name in names})


def _write(state: Path, notes: Notes) -> None:
    disk.write(state / FILE, json.dumps(notes, sort_keys=True))


def read(state: Path) -> Notes:
    return disk.read_json(state / FILE)


def failed(one: t.Mapping[str, t.Any], saved: str) -> str:
    """Why the last one did not work; empty where it did, or somebody has saved what the database holds since.

    saved: when that was, ISO 8601; empty if nobody has.
    """
    since = datetime.datetime.fromisoformat(saved).timestamp() if saved else 0.0
    return str(one["error"]) if one["error"] and one["tried"] >= since else ""


def empty(one: t.Mapping[str, t.Any], saved: str, age: float) -> bool:
    """Whether it was well when it was last backed up, so many seconds ago, and has never held anything to be saved."""
    return not (saved or one["error"] or one.get("holds", True)) and age <= SAVED_SECONDS
