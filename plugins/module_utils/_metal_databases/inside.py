# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A database as its own pod sees it: whether it answers, and what lies in its data directory."""

from __future__ import annotations

from .._kube.client import Object
from .._kube.kinds import STATEFUL_SET
from .._kube.namespace import Namespace
from . import asked, deployed, entries, pods, unused
from .done import said
from .errors import DatabaseError, NotRunning
from .marker import Marker


def idle(cluster: Namespace, name: str, engine: str, pod: Object | None) -> str:
    """Why the database does not answer; empty where it does."""
    found = pods.idle(pod, deployed.pod(name), deployed.container(engine))
    if found:
        return found
    try:
        asked.alive(cluster, name, engine)
    except NotRunning as error:
        return str(error)
    return ""


def names(cluster: Namespace, name: str, engine: str, pod: Object | None) -> list[str] | None:
    """Those in the data directory; None where no container runs. The sidecar sees it while no database can start."""
    for container in (deployed.SIDECAR, deployed.container(engine)):
        if not pods.idle(pod, deployed.pod(name), container):
            done = cluster.run(deployed.pod(name), container, entries.command(deployed.directory(engine)))
            if done.code:
                raise DatabaseError(f"its data directory cannot be looked into: {said(done)}")
            return entries.read(done.output)
    return None


def untouched(cluster: Namespace, name: str, engine: str, begun: Marker, seen: list[str] | None) -> bool:
    """Whether nobody can have used what a restore has brought back. seen: the names in the data directory.

    Where a run has begun to discard it, that was found out then, or somebody has said it.
    """
    return unused.unused(engine, seen) or (bool(begun["discarded"]) and cluster.get(STATEFUL_SET, name) is None)
