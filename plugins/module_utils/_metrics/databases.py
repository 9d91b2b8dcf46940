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


def of_storage(seen: t.Sequence[Seen], now: float) -> t.Iterator[Sample]:
    """seen: as C(watch.look) tells it. Of one that waits for its data nobody waits for a backup."""
    for one in seen:
        if one["waits"]:
            continue
        labels = {"database": one["database"]}
        yield Sample("metalstack_database_backup_storage_reachable", not one["unanswered"], labels)
        if one["interval"] is not None:
            yield Sample("metalstack_database_backup_interval_seconds", one["interval"], labels)
        if one["unanswered"]:
            continue
        made = 0 if one["age"] is None else now - one["age"]
        yield Sample("metalstack_database_backup_timestamp_seconds", made, labels)
        yield Sample("metalstack_database_backup_versions", one["count"], labels)
        yield Sample("metalstack_database_backup_suspect", bool(one["suspect"]), labels)
        if one["bytes"] is not None:
            yield Sample("metalstack_database_backup_size_bytes", one["bytes"], labels)
        saved = datetime.datetime.fromisoformat(one["saved"]).timestamp() if one["saved"] else 0
        yield Sample("metalstack_database_saved_timestamp_seconds", saved, labels)


def of_runs(runs: noted.Notes, seen: t.Sequence[Seen]) -> t.Iterator[Sample]:
    """runs: of this server, as C(noted) keeps them. One that waits for its data is not counted."""
    saved = {one["database"]: one.get("saved", "") for one in seen}
    waits = {one["database"] for one in seen if one["waits"]}
    for name, one in runs.items():
        if name in waits:
            continue
        failed = bool(noted.failed(one, saved.get(name, "")))
        yield Sample("metalstack_database_counted", not failed, {"database": name})
        yield Sample("metalstack_database_drops", len(one["drops"]) if failed else 0, {"database": name})
