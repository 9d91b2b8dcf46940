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
from .._kube.kinds import CONFIG_MAP
from . import asked, beginning, compared, deployed, sentinels
from .asking import Asking
from .client import Client
from .done import said
from .errors import DatabaseError
from .sidecars import Sidecar

CREATE = ("backup-restore-sidecar", "create-backup")
# A backup that its schedule has begun is waited for: what was written meanwhile may be missing in it.
_BUSY = "already in progress"
_PAUSE, _WAIT_SECONDS = 10, 600


class Cluster(Asking, t.Protocol):
    """What is needed of C(OwnCluster)."""

    def get(self, kind: str, name: str) -> dict[str, t.Any] | None: ...

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
    """C(version), C(bytes) and C(made) of the new backup, and what the database holds less of (C(drops)).

    Counted is what was there before and after it, so what is in it. Of a database that holds less than with the last
    good backup nothing is saved; of one that has never held anything there is nothing to save.

    accept: tables and lists of which is known why they hold less.
    """
    before = asked.count(cluster, one.name, one.engine)
    former = client.held(one.prefix).own[:1]
    _back_up(one, cluster)
    counted = sentinels.lasting(before, asked.count(cluster, one.name, one.engine))
    made = _newest(one, client, former)
    told = {"version": made.id, "bytes": made.size, "made": made.modified.isoformat(), "drops": list[str]()}
    if client.manifest(one.prefix, made) is None and not sentinels.tells(counted):
        return told
    identity = cluster.identity()
    began = beginning.of(beginning.read(cluster.get(CONFIG_MAP, beginning.called(one.name))), one.prefix, identity)
    given = {
        "state": compared.SAVED, "prefix": one.prefix, "version": made.id, "tables": counted.tables,
        "lists": counted.lists, "accept": accept, "cluster": identity,
        "restored": (began or {}).get("how") == beginning.RESTORE,
    }  # fmt: skip
    return {**told, "drops": compared.act(given, client, moment, writes=True).drops}


def _back_up(one: Sidecar, cluster: Cluster) -> None:
    end = time.monotonic() + _WAIT_SECONDS
    while True:
        done = cluster.run(deployed.pod(one.name), deployed.SIDECAR, CREATE)
        if done.code == 0:
            return
        if _BUSY not in done.errors + done.output or time.monotonic() >= end:
            raise DatabaseError(f"its sidecar does not back it up: {said(done)}")
        time.sleep(_PAUSE)


def _newest(one: Sidecar, client: Client, former: t.Sequence[Version]) -> Version:
    own = client.held(one.prefix).own
    if not own or own[:1] == list(former):
        raise BackupError(
            f"its sidecar says that it has backed it up, and {client.storage.where} has no newer backup below"
            f" {one.prefix}/ -> see the log of its container {deployed.SIDECAR}"
        )
    return own[0]
