# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which configuration the sidecar of a database runs with, and a restart where that is not the one it should have.

A sidecar reads its ConfigMap, and its Secret by C(secretKeyRef), once, and nothing in the pod's template changes with
them. Source: the templates of metal-roles v0.32, which apply the StatefulSet before both.
"""

from __future__ import annotations

import datetime
import typing as t

from .._k3s.client import Unreachable
from .._kube.kinds import CONFIG_MAP, POD, SECRET, STATEFUL_SET
from .._metal_databases import deployed, marker
from . import record
from .components import Database

RESTARTED = "metalstack.autonomous/sidecar-restarted"
# It runs, and with which configuration nobody knows; no digest is equal to it.
UNKNOWN = "unknown"


class Objects(t.Protocol):
    """What is needed of C(_kube.client.Cluster)."""

    def get(self, kind: str, namespace: str, name: str) -> dict[str, t.Any] | None: ...

    def patch(self, kind: str, namespace: str, name: str, change: dict[str, t.Any]) -> None: ...

    def remove(self, kind: str, namespace: str, name: str) -> None: ...


class Sidecar:
    """That of a database, from before its roles are run.

    key: what digests are made with. former: the digest that was recorded of it, empty without any. restored: whether
    the database gets a backup now. C(digest) tells the configuration that it runs with, empty where none runs.
    """

    def __init__(
        self, cluster: Objects, namespace: str, database: Database, *, key: str, former: str, restored: bool
    ) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._database = database
        self._key = key
        self._restored = restored
        self._noted = not restored
        self.digest = ""
        if cluster.get(STATEFUL_SET, namespace, database.name):
            # A pod that was made anew may have started before or after its configuration becomes another one.
            self.digest = UNKNOWN if restored else former or self._configured()

    def prepare(self) -> None:
        """Keep a pod from restoring with the former configuration: without any it waits until the roles bring one."""
        if self._restored:
            self._cluster.remove(CONFIG_MAP, self._namespace, self._database.config)

    def note(self) -> None:
        """Have the mark of the restore tell which pod restores, from when there is one.

        Another one that takes its place finds a part of a backup, and takes that for the whole.
        """
        if self._noted:
            return
        try:
            pod = self._cluster.get(POD, self._namespace, deployed.pod(self._database.name))
            mark = self._cluster.get(CONFIG_MAP, self._namespace, marker.called(self._database.name))
            if pod is None or mark is None:
                return
            if not marker.read(mark.get("data"))["pod"]:
                change = {"data": {"pod": pod["metadata"]["uid"]}}
                self._cluster.patch(CONFIG_MAP, self._namespace, marker.called(self._database.name), change)
        except Unreachable:
            # It is looked again, and without a pod in its mark no restore is confirmed.
            return
        self._noted = True

    def settle(self) -> bool:
        """Restart it where it runs with another configuration than the roles have left; whether it was.

        One that restores never is: the next pod would take half a database for a whole one.
        """
        now = self._configured()
        if self._restored and self.digest:
            return False
        stale = self.digest not in ("", now)
        if stale:
            # Another value each time, as kubectl's restartedAt: the same digest may come back.
            marked = {"annotations": {RESTARTED: datetime.datetime.now(datetime.UTC).isoformat()}}
            change = {"spec": {"template": {"metadata": marked}}}
            self._cluster.patch(STATEFUL_SET, self._namespace, self._database.name, change)
        self.digest = now
        return stale

    def _configured(self) -> str:
        """The digest of its ConfigMap and Secret; empty while one is missing, as no container starts without."""
        config = self._cluster.get(CONFIG_MAP, self._namespace, self._database.config)
        provider = self._cluster.get(SECRET, self._namespace, self._database.provider)
        if config is None or provider is None:
            return ""
        return record.digest(self._database.config, [config.get("data"), provider.get("data")], self._key)
