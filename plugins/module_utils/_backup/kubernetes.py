# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The objects of a cluster by identity, so that two moments can be compared."""

from __future__ import annotations

import datetime
import re
import typing as t
import urllib.parse

from .._k3s import client, holding
from .errors import BackupError, Missing, Unreachable
from .gate import Record

SECONDS = 120.0
PAGE = 500
METADATA = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io, application/json"
# What comes and goes by itself, or with a host.
VOLATILE = {
    "bindings", "certificatesigningrequests.certificates.k8s.io", "componentstatuses", "csinodes.storage.k8s.io",
    "endpoints", "endpointslices.discovery.k8s.io", "etcdsnapshotfiles.k3s.cattle.io", "events", "events.events.k8s.io",
    "leases.coordination.k8s.io", "nodes", "pods", "volumeattachments.storage.k8s.io",
}  # fmt: skip
# Made anew for a host that comes with an empty disk.
OF_HOSTS = re.compile(r"secrets kube-system/.+\.node-password\.k3s")
# Answered by other programs than the API server.
FOREIGN_GROUPS = {"metrics.k8s.io", "custom.metrics.k8s.io", "external.metrics.k8s.io"}

Objects = dict[str, dict[str, str]]


class Kubernetes:
    def __init__(self, seconds: float = SECONDS) -> None:
        self._api = client.api(client.Deadline(seconds), per_request=30.0)
        # By the UID of each object that was listed.
        self.created: dict[str, float] = {}

    def lineage(self) -> str:
        """The UID of kube-system, which survives a restore."""
        return str(self._get("/api/v1/namespaces/kube-system")["metadata"]["uid"])

    def revision(self) -> int:
        """etcd's, which rises with every change and falls with none, compaction and defragmentation included.

        Whichever server is asked: what it answers is agreed upon by the members.
        """
        return int(self._get("/api/v1/namespaces?limit=1", METADATA)["metadata"]["resourceVersion"])

    def acting(self) -> list[str]:
        """The workloads that a restore holds until it is confirmed, as C(KIND/NAMESPACE/NAME)."""
        try:
            return holding.names(self._api)
        except client.Unreachable as error:
            raise Unreachable(f"the Kubernetes API of this host: {error}") from error

    def objects(self) -> tuple[Objects, list[str]]:
        """UID by C(namespace/name) of everything that is to stay, by resource (C(deployments.apps)).

        The second are groups and resources that could not be listed: an API of somebody else that is down, a CRD whose
        conversion fails. Those of Kubernetes itself have to answer.
        """
        found: Objects = {}
        unlisted: list[str] = []
        for group, path in self._versions():
            try:
                for resource, below in self._resources(group, path):
                    if resource in found or resource in unlisted:
                        continue
                    try:
                        found[resource] = dict(self._list(resource, below))
                    except Unreachable:
                        if _essential(group):
                            raise
                        unlisted.append(resource)
            except Unreachable:
                if _essential(group):
                    raise
                unlisted.append(group)
        return found, list(dict.fromkeys(unlisted))

    def _versions(self) -> t.Iterator[tuple[str, str]]:
        """Groups with each of their versions, the preferred one first: it need not have all that the group has."""
        yield "", "/api/v1"
        for group in self._get("/apis")["groups"]:
            if group["name"] not in FOREIGN_GROUPS:
                versions = [group["preferredVersion"], *group["versions"]]
                for path in dict.fromkeys(one["groupVersion"] for one in versions):
                    yield group["name"], f"/apis/{path}"

    def _resources(self, group: str, path: str) -> list[tuple[str, str]]:
        named = [
            (entry["name"] + (f".{group}" if group else ""), f"{path}/{entry['name']}")
            for entry in self._get(path)["resources"]
            if "list" in entry["verbs"] and "/" not in entry["name"]
        ]
        return [(name, below) for name, below in named if name not in VOLATILE]

    def _list(self, resource: str, path: str) -> t.Iterator[tuple[str, str]]:
        token = ""
        while True:
            query = urllib.parse.urlencode({"limit": PAGE, **({"continue": token} if token else {})})
            answer = self._get(f"{path}?{query}", METADATA)
            for item in answer.get("items") or []:
                meta = item["metadata"]
                name = f"{meta.get('namespace', '')}/{meta['name']}"
                if not _made_by_others(meta) and not OF_HOSTS.fullmatch(f"{resource} {name}"):
                    self.created[meta.get("uid", "")] = _moment(meta.get("creationTimestamp"))
                    yield name, meta.get("uid", "")
            token = answer["metadata"].get("continue", "")
            if not token:
                return

    def _get(self, path: str, accept: str = "application/json") -> dict[str, t.Any]:
        try:
            return self._api.json(path, accept=accept)
        except client.Unreachable as error:
            raise Unreachable(f"the Kubernetes API of this host: {error}") from error


def refuse_other(lineage: str, record: Record) -> None:
    """Raise when the cluster on this host is another one than its backups are of."""
    if lineage != record.lineage:
        raise BackupError(
            f"the cluster on this host is {lineage}, backups of this host are of {record.lineage}: it was founded"
            " anew -> decide which one to keep; nothing was backed up"
        )


def _essential(group: str) -> bool:
    """Whether a group of the API is Kubernetes' own."""
    return "." not in group or group.endswith(".k8s.io")


def _made_by_others(meta: dict[str, t.Any]) -> bool:
    """Whether a controller made the object, and makes and removes more of them as it sees fit."""
    return any(owner.get("controller") for owner in meta.get("ownerReferences") or [])


def _moment(stamp: str | None) -> float:
    return datetime.datetime.fromisoformat(stamp).timestamp() if stamp else 0.0


def lasting(before: Objects, after: Objects) -> Objects:
    """What was there before and after a moment, so at that moment, too."""
    return {
        resource: {name: uid for name, uid in objects.items() if after.get(resource, {}).get(name) == uid}
        for resource, objects in before.items()
    }


def missing(wanted: Objects, found: Objects) -> list[str]:
    """What is not there any more, or is another object of that name."""
    return [
        f"{resource} {name.lstrip('/')}"
        for resource, objects in sorted(wanted.items())
        for name, uid in sorted(objects.items())
        if found.get(resource, {}).get(name) != uid
    ]


def without(wanted: Objects, unlisted: t.Collection[str]) -> Objects:
    """What is wanted but for resources that could not be listed, or whose group could not."""
    return {
        resource: objects
        for resource, objects in wanted.items()
        if resource not in unlisted and resource.partition(".")[2] not in unlisted
    }


def refuse_missing(wanted: Objects, found: Objects) -> int:
    """How many objects were compared; an error that names the first of those that are missing."""
    lacking = missing(wanted, found)
    if lacking:
        rest = f" and {len(lacking) - 5} more" if len(lacking) > 5 else ""
        raise Missing(f"the cluster lacks what the set held: {', '.join(lacking[:5])}{rest}")
    return sum(len(objects) for objects in wanted.values())


# Clocks of servers differ by less.
MARGIN = 10.0


def refuse_later(wanted: Objects, found: Objects, created: t.Mapping[str, float], taken: float, begun: float) -> None:
    """Raise when there is an object that was made after the set and before its restore: only other data have that."""
    known = {uid for objects in wanted.values() for uid in objects.values()}
    later = [
        f"{resource} {name.lstrip('/')}"
        for resource, objects in sorted(found.items())
        for name, uid in sorted(objects.items())
        if uid not in known and taken + MARGIN < created.get(uid, 0.0) < begun - MARGIN
    ]
    if later:
        raise BackupError(
            f"the cluster has {', '.join(later[:5])}{' and more' if len(later) > 5 else ''}, made after the set and"
            " before its restore: it does not serve what was restored -> look for a server that still runs on old data"
        )
