# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A shoot as its user describes it, and what of that is none of this way's. Pure."""

from __future__ import annotations

import copy
import dataclasses
import typing as t

from . import confinement, ownership
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
    confinement.ANNOTATION: "it is noted with a change that waits for the maintenance window",
}
# By whom it was made, which the garden notes at creation alone, and what was changed outside of its window.
_NOTED = ("gardener.cloud/created-by", confinement.ANNOTATION)
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
        if misshapen := [*_misshapen(self.spec), *self._no_texts()]:
            return [*found, *misshapen]
        given = (self.spec.get("hibernation") or {}).get("enabled")
        if None not in (given, self.hibernated) and given != self.hibernated:
            found.append(
                f"spec.hibernation.enabled is {given}, and hibernated is {self.hibernated} -> leave one of them out"
            )
        found += [
            f"{field} has {version!r}, which is no text -> quote it, since YAML takes 1.40 for the number 1.4"
            for field, version in _versions(self.spec)
            if version is not None and not isinstance(version, str)
        ]
        workers = [one.get("name") for one in (self.spec.get("provider") or {}).get("workers") or []]
        if twice := sorted({str(name) for name in workers if workers.count(name) > 1}):
            found.append(
                f"spec.provider.workers: {', '.join(twice)} is there twice -> give each pool a name of its own"
            )
        return found

    def _no_texts(self) -> t.Iterator[str]:
        for kind, given in (("labels", self.labels), ("annotations", self.annotations)):
            for key, value in given.items():
                if not isinstance(value, str):
                    yield f"{kind}[{key}] has {value!r}, which is no text -> quote it"

    def manifest(self, live: Object | None) -> Object:
        """What is applied. live: what is there, None for a new one.

        What was described once and is not any more is removed by the garden, with all in it that nobody has described.
        What the garden would not set to the same anew, or others set by schedule, is applied as it is there.
        """
        spec = copy.deepcopy(self.spec)
        if self.hibernated is not None:
            spec["hibernation"] = {**(spec.get("hibernation") or {}), "enabled": self.hibernated}
        metadata: Object = {"namespace": self.namespace, "name": self.name}
        annotations = dict(self.annotations)
        if live is not None:
            _carry(spec, annotations, live)
        for key, found in (("labels", self.labels), ("annotations", annotations)):
            if found:
                metadata[key] = dict(found)
        return {"apiVersion": SHOOT.version, "kind": SHOOT.name, "metadata": metadata, "spec": spec}


def _misshapen(spec: Object) -> t.Iterator[str]:
    """What of the fields that are read here is of another kind; the garden judges all others."""
    for key in ("hibernation", "kubernetes", "maintenance", "provider"):
        yield from _no_mapping(f"spec.{key}", spec.get(key))
    workers = (spec["provider"] if isinstance(spec.get("provider"), dict) else {}).get("workers")
    if workers is not None and not isinstance(workers, list):
        yield f"spec.provider.workers has {workers!r}; expected a list of pools"
        return
    for number, one in enumerate(workers or []):
        field = f"spec.provider.workers[{number}]"
        if not isinstance(one, dict):
            yield f"{field} has {one!r}; expected a mapping of fields"
            continue
        if not isinstance(one.get("name"), str):
            yield f"{field}.name has {one.get('name')!r}; expected the name of the pool"
        for key in ("kubernetes", "machine"):
            yield from _no_mapping(f"{field}.{key}", one.get(key))
        if isinstance(one.get("machine"), dict):
            yield from _no_mapping(f"{field}.machine.image", one["machine"].get("image"))


def _no_mapping(field: str, value: object) -> t.Iterator[str]:
    if value is not None and not isinstance(value, dict):
        yield f"{field} has {value!r}; expected a mapping of fields"


def _versions(spec: Object) -> t.Iterator[tuple[str, t.Any]]:
    """All that a description says of versions, of Kubernetes and of machine images."""
    yield "spec.kubernetes.version", (spec.get("kubernetes") or {}).get("version")
    for one in (spec.get("provider") or {}).get("workers") or []:
        label = f"spec.provider.workers[{one.get('name')}]"
        yield f"{label}.kubernetes.version", (one.get("kubernetes") or {}).get("version")
        yield f"{label}.machine.image.version", ((one.get("machine") or {}).get("image") or {}).get("version")


def _carry(spec: Object, annotations: dict[str, str], live: Object) -> None:
    """Add to what is described: whether it hibernates, its maintenance window, and what is noted of it."""
    fields, adopted = ownership.ours(live), bool(ownership.client_side(live))
    there = live["spec"]
    enabled = (there.get("hibernation") or {}).get("enabled")
    if enabled is not None and ownership.holds(fields, *_ENABLED):
        spec["hibernation"] = {"enabled": enabled, **(spec.get("hibernation") or {})}
    window = (there.get("maintenance") or {}).get("timeWindow")
    if window and (adopted or ownership.holds(fields, "f:spec", "f:maintenance")):
        # Without one the garden draws another one.
        spec["maintenance"] = {"timeWindow": window, **(spec.get("maintenance") or {})}
    noted = live["metadata"].get("annotations") or {}
    if adopted or ownership.holds(fields, "f:metadata", "f:annotations"):
        for key in _NOTED:
            if key in noted:
                annotations.setdefault(key, noted[key])
