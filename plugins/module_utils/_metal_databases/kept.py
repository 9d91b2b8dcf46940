# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A volume that was there before a restore and stays, looked into once no pod of its database has it any more."""

from __future__ import annotations

import typing as t

from .._kube.client import Object
from .._kube.kinds import CLAIM, POD, STATEFUL_SET
from .._kube.namespace import Namespace
from . import decision, deployed, entries, pods, reader
from .errors import DatabaseError


class Kept:
    """That of one database. It has to be made before the StatefulSet goes, which knows how to look into it.

    image: of the pod that looks; that of the database's own pod without it.
    """

    def __init__(self, name: str, engine: str, image: str, cluster: Namespace) -> None:
        self._name, self._engine, self._cluster = name, engine, cluster
        pod = cluster.get(POD, deployed.pod(name))
        self._spec = pod["spec"] if pod else pods.template(cluster.get(STATEFUL_SET, name))
        self._image = image or self._own()

    def _own(self) -> str:
        """All its containers have one image."""
        found: t.Sequence[t.Mapping[str, t.Any]] = self._spec.get("containers", [])
        return next((one["image"] for one in found if one.get("image")), "")

    def refuse_data(self) -> bool:
        """Raise where it has any: of a pod that had begun to restore into it, which the next takes for the whole.

        Whether nothing is in the volume beside its data directory either, so that all that comes into it is restored.
        """
        name = deployed.claim(self._name)
        claim = self._cluster.get(CLAIM, name)
        # Without a volume no pod has ever started with it.
        if claim is None or claim.get("status", {}).get("phase") == "Pending":
            return True
        if not self._image:
            raise DatabaseError(
                f"{self._name} has neither pod nor StatefulSet, so that nobody sees what is in the volume of claim"
                f" {name} -> name a reader_image that may look into it"
            )
        directory = deployed.directory(self._engine)
        seen = self._names(directory, claim)
        if seen:
            raise DatabaseError(
                f"the volume of {self._name}, which is kept since it was there before the restore, was expected to be"
                f" empty, found {', '.join(seen[:3])}{' and others' * (len(seen) > 3)}: it may be a part of a backup"
                f" that a pod has begun to restore -> see what it is; if nothing, delete claim {name}, then say restore"
            )
        if directory == deployed.VOLUME:
            return True
        beside = {directory.rpartition("/")[2], decision.LOST_AND_FOUND}
        return set(self._names(deployed.VOLUME, claim)) <= beside

    def _names(self, directory: str, claim: Object) -> list[str]:
        seconds, metadata = self._cluster.seconds, claim["metadata"]
        made = reader.manifest(self._name, directory, self._image, seconds, metadata, self._spec)
        return entries.read(self._cluster.output(made))
