# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks the cluster of this server, and the object storage of its databases, for what their metrics tell."""

from __future__ import annotations

import time
import typing as t

from .._backup import settings
from .._backup.errors import BackupError
from .._metal_databases import noted, watch
from .._metal_databases.own_cluster import OwnCluster
from . import databases
from .exposition import Sample

# The unit ends after two minutes; seven databases have two questions to the storage each.
SECONDS = 30


def samples(namespace: str, expected: t.Collection[str], backs_up: bool) -> t.Iterator[Sample]:
    """expected: names of databases that have to be there. backs_up: whether this host counts them every night."""
    seen, runs = watch.look(OwnCluster(namespace, SECONDS), expected), _runs() if backs_up else None
    yield from databases.of_storage(seen, time.time(), runs)
    yield from databases.of_runs(runs or {}, seen)


def _runs() -> noted.Notes:
    """None on a host that has no program for backups."""
    try:
        return noted.read(settings.load().state)
    except BackupError:
        return {}
