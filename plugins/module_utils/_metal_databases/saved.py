# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Has a database back itself up, and saves what it held with that backup."""

from __future__ import annotations

import datetime
import time
import typing as t

from .._backup.errors import BackupError
from .._backup.versions import Version
from .._kube.done import Done
from .._kube.kinds import CONFIG_MAP
from . import asked, beginning, compared, deployed, found_here, sentinels
from .asking import Asking
from .client import Client
from .done import said
from .errors import DatabaseError, Waits
from .sidecars import Sidecar

CREATE = ("backup-restore-sidecar", "create-backup")
# A backup that its schedule has begun is waited for: what was written meanwhile may be missing in it.
_BUSY = "already in progress"
_PAUSE = 10
# What a large database takes to be dumped, compressed and brought away; the waiting for another one's is as long.
BACKUP_SECONDS = 3600


class Cluster(Asking, found_here.Objects, t.Protocol):
    """What is needed of C(OwnCluster)."""

    def run(self, pod: str, container: str, command: t.Sequence[str], seconds: int = 0) -> Done:
        """seconds: that it may take, where that is not C(self.seconds)."""

    def identity(self) -> str: ...


def lately(one: Sidecar, cluster: Cluster, client: Client, moment: datetime.datetime, seconds: float) -> bool:
    """Whether this cluster has saved what it holds within that time, on whichever of its servers."""
    known = client.manifest(one.prefix)
    if known is None or known["cluster"] != cluster.identity():
        return False
    age = moment - datetime.datetime.fromisoformat(known["saved"])
    return bool(client.held(one.prefix).own) and age.total_seconds() < seconds


def save(
    one: Sidecar, cluster: Cluster, client: Client, moment: datetime.datetime, accept: t.Collection[str] = ()
) -> dict[str, t.Any]:
    """C(version), C(bytes) and C(made) of the new backup, whether it C(holds) anything that could be saved, and what it
    holds less of (C(drops)), and nothing any more (C(lost)).

    Raises Waits where it waits for its data by now.

    Counted is what was there before and after it, so what is in it. Of a database that holds less than with the last
    good backup nothing is saved; of one that has never held anything there is nothing to save.

    accept: tables and lists of which is known why they hold less.
    """
    before = asked.count(cluster, one.name, one.engine)
    former = client.held(one.prefix).own[:1]
    _back_up(one, cluster)
    # At once: what its schedule makes meanwhile was not counted before and after.
    made = _newest(one, client, former)
    counted = sentinels.lasting(before, asked.count(cluster, one.name, one.engine))
    told: dict[str, t.Any] = {"version": made.id, "bytes": made.size, "made": made.modified.isoformat(), "holds": True}
    if client.manifest(one.prefix, made) is None and not sentinels.tells(counted):
        return {**told, "holds": False}
    identity = cluster.identity()
    began = beginning.of(beginning.read(cluster.get(CONFIG_MAP, beginning.called(one.name))), one.prefix, identity)
    given = {
        "state": compared.SAVED, "prefix": one.prefix, "version": made.id, "tables": counted.tables,
        "lists": counted.lists, "passing": counted.passing, "accept": accept, "cluster": identity,
        "restored": began["since"] if began and began["how"] == beginning.RESTORE else "",
    }  # fmt: skip
    outcome = compared.act(given, client, moment, writes=True)
    return {**told, "drops": outcome.drops, "lost": outcome.lost}


def _back_up(one: Sidecar, cluster: Cluster) -> None:
    end = time.monotonic() + BACKUP_SECONDS
    while True:
        _refuse(found_here.again(cluster, one.name))
        done = cluster.run(deployed.pod(one.name), deployed.SIDECAR, CREATE, max(BACKUP_SECONDS, cluster.seconds))
        if done.code == 0:
            return
        if _BUSY not in done.errors + done.output or time.monotonic() >= end:
            raise DatabaseError(f"its sidecar does not back it up: {said(done)}")
        time.sleep(_PAUSE)


def _refuse(now: Sidecar) -> None:
    """Others come before it in a night, so that a restore may have begun since it was looked at."""
    if now.wrong:
        raise DatabaseError(now.wrong)
    if now.waits:
        raise Waits(now.waits)


def _newest(one: Sidecar, client: Client, former: t.Sequence[Version]) -> Version:
    own = client.held(one.prefix).own
    if not own or own[:1] == list(former):
        raise BackupError(
            f"its sidecar says that it has backed it up, and {client.storage.where} has no newer backup below"
            f" {one.prefix}/ -> see the log of its container {deployed.SIDECAR}"
        )
    return own[0]
