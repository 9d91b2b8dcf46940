# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an object storage holds of this host's data, as samples. Pure."""

from __future__ import annotations

import typing as t

from .._backup import keys
from .._backup.catalogue import BackupSet
from .exposition import Sample

Told = t.Mapping[str, t.Mapping[str, t.Any]]


def of_host(interval: int, wanted: t.Iterable[str], restoring: t.Iterable[str], generation: int) -> t.Iterator[Sample]:
    yield Sample("metalstack_backup_interval_seconds", interval)
    for component in wanted:
        yield Sample("metalstack_backup_wanted", 1, {"component": component})
    for component in restoring:
        yield Sample("metalstack_backup_restoring", 1, {"component": component})
    if generation:
        yield Sample("metalstack_backup_generation", generation)


def of_storage(
    storage: str, lineage: str, wanted: t.Sequence[str], known: t.Sequence[BackupSet], generation: int, pruning: bool
) -> t.Iterator[Sample]:
    """One that answers. known: all sets in it, oldest first."""
    here = {"storage": storage}
    yield Sample("metalstack_backup_storage_reachable", 1, here)
    yield Sample("metalstack_backup_storage_generation", generation, here)
    yield Sample("metalstack_backup_lineages", len({one.lineage for one in known}), here)
    yield Sample("metalstack_backup_pruning_begun", pruning, here)
    ours = [one for one in known if one.lineage == lineage]
    yield Sample("metalstack_backup_sets", len(ours), here)
    if ours:
        yield Sample("metalstack_backup_oldest_set_timestamp_seconds", min(_moment(one.name) for one in ours), here)
    for component in wanted:
        labels = {**here, "component": component}
        having = [one for one in ours if component in one.parts]
        yield Sample("metalstack_backup_set_timestamp_seconds", _moment(having[-1].name) if having else 0, labels)
        if having:
            yield Sample("metalstack_backup_set_level", having[-1].parts[component].level, labels)


def of_newest(storage: str, told: Told, now: float) -> t.Iterator[Sample]:
    """What the records beside the newest sets tell, by component, as newest.py does."""
    for component, known in told.items():
        labels = {"storage": storage, "component": component}
        readable = known["bytes"] is not None
        yield Sample("metalstack_backup_set_readable", readable, labels)
        if readable:
            yield Sample("metalstack_backup_set_size_bytes", known["bytes"], labels)
            yield Sample("metalstack_backup_set_suspect", bool(known["suspect"]), labels)
        if known["change"] is not None:
            yield Sample("metalstack_backup_set_growth_ratio", known["change"], labels)
        if known["verified"]:
            yield Sample("metalstack_backup_verified_timestamp_seconds", now - known["verified"]["age"], labels)
        rehearsal = known["rehearsal"]
        if rehearsal:
            yield Sample("metalstack_backup_rehearsed_timestamp_seconds", now - rehearsal["age"], labels)
            if rehearsal["seconds"] is not None:
                yield Sample("metalstack_backup_rehearsal_duration_seconds", rehearsal["seconds"], labels)


def _moment(name: str) -> float:
    return keys.made(name).timestamp()
