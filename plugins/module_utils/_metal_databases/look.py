# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cluster has of each database: all that can be found out, and all that cannot."""

from __future__ import annotations

import typing as t

from .._k3s.client import Unreachable
from .._kube.client import Object
from .._kube.kinds import CLAIM, CONFIG_MAP, POD, STATEFUL_SET
from .._kube.namespace import Namespace
from . import asked, beginning, decision, deployed, entries, inside, marker, pods, prefixes, reader, words
from .errors import DatabaseError

Given = t.Mapping[str, t.Any]


def look(given: Given, cluster: Namespace, identity: str, makes: bool) -> dict[str, t.Any]:
    """C(databases), one of each, and C(complaints). given: the options of the module metal_database_info.

    identity: the UID of the cluster. makes: whether a pod may be made that looks into a volume.
    """
    looks = [_Look(one, given, cluster, identity, makes) for one in given["databases"]]
    for one in looks:
        one.find()
    names = [one["name"] for one in given["databases"]]
    twice = [f"database {name} is given twice" for name in sorted(set(names)) if names.count(name) > 1]
    return {
        "databases": [one.told for one in looks],
        "complaints": twice + [f"{one.told['name']}: {reason}" for one in looks for reason in one.complaints],
    }


class _Look:
    """One database. What cannot be found out is a complaint, and null in what is told."""

    def __init__(self, one: Given, given: Given, cluster: Namespace, identity: str, makes: bool) -> None:
        self._name, self._engine = one["name"], one["engine"]
        self._given, self._cluster, self._identity, self._makes = given, cluster, identity, makes
        prefix = prefixes.of_database(one["name"], one["engine"], given["stage"], one["prefix"])
        self.told: dict[str, t.Any] = {
            "name": one["name"], "engine": one["engine"], "prefix": prefix, "volume": None, "state": None,
            "restore": None, "idle": None, "restarts": None, "pod": None, "tables": None, "lists": None,
        }  # fmt: skip
        self.complaints: list[str] = []

    def find(self) -> None:
        try:
            claim = self._cluster.get(CLAIM, deployed.claim(self._name))
            pod = self._cluster.get(POD, deployed.pod(self._name))
            begun = self._cluster.get(CONFIG_MAP, marker.called(self._name))
            began = beginning.read(self._cluster.get(CONFIG_MAP, beginning.called(self._name)))
            idle = inside.idle(self._cluster, self._name, self._engine, pod)
            names = self._entries(claim, pod, begun is not None)
            mark = marker.read(begun.get("data")) if begun else None
            unconfirmed = self._begun(mark, claim, pod, names) if mark and claim else None
        except (DatabaseError, Unreachable) as error:
            self.complaints.append(str(error))
            return
        self.told["idle"] = idle
        self.told["restarts"] = pods.restarts(pod, deployed.SIDECAR)
        self.told["pod"] = pod["metadata"].get("uid") if pod else None
        self.told["restore"] = mark
        self.told["volume"] = {
            "exists": claim is not None,
            "entries": names or [],
            # A restore into a volume that is gone is over: nothing of it can be taken for the whole.
            "restoring": unconfirmed is not None,
            "begun": unconfirmed,
            "running": not idle,
            # With the volume goes what it began with.
            "began": beginning.of(began, self.told["prefix"], self._identity) if claim else None,
        }
        self.told["state"] = decision.Volume(**{**self.told["volume"], "entries": tuple(names or ())}).state(
            self._engine
        )
        if self._given["counts"]:
            self._count(idle)

    def _begun(
        self, found: marker.Marker, claim: Object, pod: Object | None, names: list[str] | None
    ) -> dict[str, t.Any]:
        """What the gate needs of a restore that is not confirmed.

        made: whether its volume has nothing but that. unbroken: whether no sidecar but the one that began it was there.
        untouched: whether nobody can have used what it has brought back.
        """
        return {
            "version": found["version"], "cluster": found["cluster"],
            "made": found["claim"] != claim["metadata"]["uid"] or bool(found["empty"]),
            "unbroken": pod is not None and pod["metadata"]["uid"] == found["pod"] and not pods.restarted(pod),
            "untouched": inside.untouched(self._cluster, self._name, self._engine, found, names),
        }  # fmt: skip

    def _count(self, idle: str) -> None:
        if idle:
            self.complaints.append(f"{idle}, so that nothing can be counted{self._why()}")
            return
        try:
            found = asked.count(self._cluster, self._name, self._engine)
        except (DatabaseError, Unreachable) as error:
            self.complaints.append(str(error))
            return
        self.told["tables"], self.told["lists"] = found.tables, found.lists

    def _why(self) -> str:
        """What may be the reason, and what to do."""
        if not (self.told["restore"] and self.told["restarts"]):
            return " -> start it, or ask without counts"
        said = words.last(self._cluster.last_words(deployed.pod(self._name), deployed.SIDECAR))
        return (
            f": its sidecar has started {self.told['restarts']} times anew since it began to restore, and said"
            f" {said or 'nothing'!r} before -> see whether its backup is whole; if not, have an older one be the newest"
            " with metal_database_backups, then name that version and say discard"
        )

    def _entries(self, claim: Object | None, pod: Object | None, begun: bool) -> list[str] | None:
        """The names in the data directory; None where nobody sees what a restore has left there."""
        if claim is None:
            return []
        if "deletionTimestamp" in claim["metadata"]:
            self._unblock()
            raise DatabaseError("its volume is being deleted -> wait until it is gone")
        phase = claim.get("status", {}).get("phase")
        if phase == "Pending":
            return []
        if phase != "Bound":
            raise DatabaseError(
                f"claim {claim['metadata']['name']} is {phase}, expected Bound -> see what has its volume"
            )
        seen = inside.names(self._cluster, self._name, self._engine, pod)
        if seen is not None:
            return seen
        # What a restore that is not confirmed has left may stay unseen: it is kept then.
        return None if begun else self._read(claim["metadata"], pod)

    def _unblock(self) -> None:
        """A claim is not removed while a pod names it, even one that has ended: a reader that was left keeps it."""
        left = reader.called(self._name)
        if self._cluster.get(POD, left) is None:
            return
        if not self._makes:
            raise DatabaseError(f"its volume is being deleted, and pod {left} keeps it -> remove that pod")
        self._cluster.end(POD, left, 0)

    def _read(self, claim: Object, pod: Object | None) -> list[str]:
        """By a pod of our own."""
        idle = pods.idle(pod, deployed.pod(self._name), deployed.SIDECAR)
        image = self._given["reader_image"]
        if not image:
            raise DatabaseError(
                f"{idle}, so that nobody sees its volume -> start it, or name a reader_image that may look into it"
            )
        if not self._makes:
            raise DatabaseError(f"{idle}, and in check mode no pod is made that looks into its volume")
        spec = pod["spec"] if pod else pods.template(self._cluster.get(STATEFUL_SET, self._name))
        directory, seconds = deployed.directory(self._engine), self._cluster.seconds
        made = reader.manifest(self._name, directory, image, seconds, claim, spec)
        return entries.read(self._cluster.output(made))
