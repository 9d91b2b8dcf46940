# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of metal-stack's databases, as samples. Pure."""

from __future__ import annotations

import datetime
import typing as t

from .._metal_databases import noted
from .exposition import Sample

Seen = t.Mapping[str, t.Any]


def of_storage(seen: t.Sequence[Seen], now: float, runs: noted.Notes | None) -> t.Iterator[Sample]:
    """seen: as C(watch.look) tells it. Of one that waits for its data nobody waits for a backup.

    runs: of this server, as C(noted) keeps them; None where nothing counts databases, so that nothing is saved either.
    A new database is as old as its StatefulSet until it has a backup.
    """
    for one in seen:
        labels = {"database": one["database"]}
        yield Sample("metalstack_database_found", not one["wrong"], labels)
        if one["wrong"]:
            continue
        yield Sample("metalstack_database_waits", bool(one["waits"]), labels)
        if one["waits"]:
            continue
        yield Sample("metalstack_database_backup_storage_reachable", not one["unanswered"], labels)
        if one["interval"] is not None:
            yield Sample("metalstack_database_backup_interval_seconds", one["interval"], labels)
        if one["unanswered"]:
            continue
        created = 0 if one["created_age"] is None else now - one["created_age"]
        made = created if one["age"] is None else now - one["age"]
        yield Sample("metalstack_database_backup_timestamp_seconds", made, labels)
        yield Sample("metalstack_database_backup_versions", one["count"], labels)
        yield Sample("metalstack_database_backup_suspect", bool(one["suspect"]), labels)
        if one["bytes"] is not None:
            yield Sample("metalstack_database_backup_size_bytes", one["bytes"], labels)
        if runs is None or _empty(one, runs, now):
            continue
        saved = datetime.datetime.fromisoformat(one["saved"]).timestamp() if one["saved"] else created
        yield Sample("metalstack_database_saved_timestamp_seconds", saved, labels)


def of_runs(runs: noted.Notes, seen: t.Sequence[Seen]) -> t.Iterator[Sample]:
    """runs: of this server, as C(noted) keeps them. One that waits for its data is not counted, nor one without any."""
    saved = {one["database"]: one.get("saved", "") for one in seen if not (one["waits"] or one["wrong"])}
    # That a server could not ask which there are is made up for once another one has saved what each of them holds.
    holding = [one for name, one in saved.items() if one or runs.get(name, {}).get("holds", True)]
    known = {**saved, noted.ALL: min(holding)} if holding else saved
    for name, one in runs.items():
        if name not in known:
            continue
        failed = bool(noted.failed(one, known[name]))
        yield Sample("metalstack_database_counted", not failed, {"database": name})
        yield Sample("metalstack_database_drops", len(one["drops"]) if failed else 0, {"database": name})
        yield Sample("metalstack_database_lost", len(one.get("lost", ())) if failed else 0, {"database": name})


def _empty(one: Seen, runs: noted.Notes, now: float) -> bool:
    run = runs.get(one["database"])
    return run is not None and noted.empty(run, one["saved"], now - run["tried"])
