# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks the object storages of a host that backs up. Needs boto3, which comes with the role backup."""

from __future__ import annotations

import time
import typing as t

from .._backup import catalogue, disk, keys, newest, results, settings
from .._backup.errors import Unreachable
from .._backup.gate import Record
from .._backup.sets import Sets
from .._backup.site import Site
from . import backups
from .exposition import Sample


def samples() -> t.Iterator[Sample]:
    site = Site(settings.load())
    given = site.settings
    record = disk.read_record(given.state)
    restoring = [str(one["component"]) for one in Sets(site).restoring() if "component" in one]
    yield from backups.of_host(given.interval, results.wanted(given), restoring, record.generation if record else 0)
    yield from _of_storage("first", site, record)
    if given.second is not None:
        yield from _of_storage("second", site.elsewhere(), record)


def _of_storage(storage: str, site: Site, record: Record | None) -> t.Iterator[Sample]:
    """All or nothing but that it gives no answer."""
    try:
        site.refuse_unreachable()
        yield from list(_of_answering(storage, site, record))
    except Unreachable:
        yield Sample("metalstack_backup_storage_reachable", 0, {"storage": storage})


def _of_answering(storage: str, site: Site, record: Record | None) -> t.Iterator[Sample]:
    lineage = record.lineage if record else ""
    known = catalogue.sets(site.listed())
    held = {name for one in known if one.lineage == lineage for name in one.parts}
    awaited = results.wanted(site.settings)
    wanted = [name for name in site.settings.watched if name in awaited or name in held]
    generation = site.generations().get(lineage, 0)
    pruning = bool(lineage and site.store.keys(keys.pruning(site.settings.site, lineage)))
    yield from backups.of_storage(storage, lineage, wanted, known, generation, pruning)
    ours = [one for one in known if one.lineage == lineage]
    yield from backups.of_newest(storage, newest.tell(site, ours, wanted), time.time())
