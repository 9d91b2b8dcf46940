# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All databases of this server's cluster, one after the other: what a timer does every night, or a playbook."""

from __future__ import annotations

import datetime
import typing as t
from pathlib import Path

from .._backup.errors import BackupError
from .._k3s.client import Unreachable
from . import found_here, noted, saved
from .client import Client
from .errors import DatabaseError, Waits
from .own_cluster import OwnCluster
from .sidecars import Sidecar

# Whichever server comes first in a night does it for all of them.
NIGHT_SECONDS = 12 * 3600
EXPECTED = (BackupError, DatabaseError, Unreachable)
Outcome = dict[str, t.Any]


def run(
    cluster: OwnCluster,
    state: Path | None,
    *,
    again: bool,
    accept: t.Mapping[str, t.Collection[str]],
    expected: t.Collection[str] = (),
    writes: bool = True,
    tell: t.Callable[[str], object] = lambda name: None,
    client: t.Callable[[t.Mapping[str, t.Any]], Client] = Client,
) -> list[Outcome]:
    """One outcome of each: C(database), C(waits), C(idle), C(error), C(drops), C(lost), C(holds), and of a new backup
    what C(saved) tells.

    state: where it is noted how it went, if anywhere. again: also what was done this night. accept: tables and lists by
    database of which is known why they hold less. expected: names of those that have to be there. writes: whether
    anything is done; else it is told what would be. tell: is given the name of each that begins.
    """
    notes = state if writes else None
    try:
        there = found_here.found(cluster, expected)
    # Whatever it is, no database was counted.
    except Exception as error:
        if notes:
            noted.note(notes, {"database": noted.ALL, "error": _words(error)})
        raise
    if notes:
        noted.keep(notes, [one.name for one in there if not one.waits])
    outcomes = []
    for each in there:
        tell(each.name)
        outcome = _one(each, cluster, client, again, accept.get(each.name, ()), writes)
        # One by one, so that what comes to an end half-way has said how the others went.
        if notes and not outcome["waits"]:
            noted.note(notes, outcome)
        outcomes.append(outcome)
    return outcomes


def failures(outcomes: t.Iterable[Outcome]) -> list[str]:
    return [f"{one['database']}: {one['error']}" for one in outcomes if one["error"]]


def _one(
    one: Sidecar, cluster: OwnCluster, client: t.Callable[[t.Mapping[str, t.Any]], Client], again: bool,
    accept: t.Collection[str], writes: bool,
) -> Outcome:  # fmt: skip
    outcome: Outcome = {
        "database": one.name, "waits": one.waits, "idle": False, "error": one.wrong, "drops": [], "lost": [],
        "holds": True,
    }  # fmt: skip
    if one.waits or one.wrong:
        return outcome
    try:
        asked, moment = client(one.storage), datetime.datetime.now(datetime.UTC)
        if not again and saved.lately(one, cluster, asked, moment, NIGHT_SECONDS):
            return {**outcome, "idle": True}
        if writes:
            outcome |= saved.save(one, cluster, asked, moment, accept)
    except Waits as error:
        return {**outcome, "waits": str(error)}
    # What nobody foresaw must not pass for a success, nor keep the others from theirs.
    except Exception as error:  # pylint: disable=broad-exception-caught
        outcome["error"] = _words(error)
    if outcome["drops"]:
        outcome["error"] = (
            f"it holds less than with its last good backup: {'; '.join(outcome['drops'])}. It was backed up, and"
            " nothing was saved of it -> if that is well, name these in accept of its entry in"
            " site_metal_stack_databases, and run the playbook metal_stack; if not, restore an older backup"
        )
    return outcome


def _words(error: Exception) -> str:
    return str(error) if isinstance(error, EXPECTED) else f"{type(error).__name__}: {error}"
