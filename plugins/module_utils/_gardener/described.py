# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A shoot as its user describes it, and what of that is none of this way's. Pure."""

from __future__ import annotations

import copy
import dataclasses
import typing as t

from . import ownership
from .kinds import SHOOT

Object = dict[str, t.Any]

CONFIRMATION = "confirmation.gardener.cloud/deletion"
FORCE = "confirmation.gardener.cloud/force-deletion"
_NOT_APPLIED = {
    "gardener.cloud/operation": "send it by gardener_shoot_operation",
    "maintenance.gardener.cloud/operation": "send it by gardener_shoot_operation",
    "shoot.gardener.cloud/tasks": "Gardener itself keeps it",
    CONFIRMATION: "delete the shoot with 'state: absent'",
    FORCE: "delete the shoot with 'state: absent' and 'force_deletion: true'",
}
_ENABLED = ("f:spec", "f:hibernation", "f:enabled")


@dataclasses.dataclass(frozen=True)
class Described:
    """hibernated: None leaves it as it is."""

    namespace: str
    name: str
    spec: Object
    labels: dict[str, str]
    annotations: dict[str, str]
    hibernated: bool | None = None

    def mistakes(self) -> list[str]:
        """What is refused before anything is asked."""
        found = [f"annotation {key}: {why}" for key, why in _NOT_APPLIED.items() if key in self.annotations]
        given = (self.spec.get("hibernation") or {}).get("enabled")
        if None not in (given, self.hibernated) and given != self.hibernated:
            found.append(
                f"spec.hibernation.enabled is {given}, and hibernated is {self.hibernated} -> leave one of them out"
            )
        workers = [one.get("name") for one in (self.spec.get("provider") or {}).get("workers") or []]
        if twice := sorted({str(name) for name in workers if workers.count(name) > 1}):
            found.append(
                f"spec.provider.workers: {', '.join(twice)} is there twice -> give each pool a name of its own"
            )
        return found

    def manifest(self, live: Object | None) -> Object:
        """What is applied. live: what is there, whose hibernation stays as it is where that is left open."""
        spec = copy.deepcopy(self.spec)
        enabled = self.hibernated
        hibernation = spec.get("hibernation") or {}
        if (
            enabled is None
            and "enabled" not in hibernation
            and live
            and ownership.holds(ownership.ours(live), *_ENABLED)
        ):
            enabled = (live["spec"].get("hibernation") or {}).get("enabled")
        if enabled is not None:
            spec["hibernation"] = {**hibernation, "enabled": enabled}
        metadata: Object = {"namespace": self.namespace, "name": self.name}
        for key, found in (("labels", self.labels), ("annotations", self.annotations)):
            if found:
                metadata[key] = dict(found)
        return {"apiVersion": SHOOT.version, "kind": SHOOT.name, "metadata": metadata, "spec": spec}
