# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a change of a shoot does to its nodes. Pure.

Nodes are replaced where the hash of their pool changes, of Gardener v1.138.3:

- C(KeyV2) of pkg/component/extensions/operatingsystemconfig/operatingsystemconfig.go, which has C(kubelet) by
  C(CalculateDataStringForKubeletConfiguration) of pkg/utils/gardener/shoot.go,
- C(WorkerPoolHashV1) of extensions/pkg/controller/worker/machines.go, which has C(providerConfig) as it is written.

A pool that was made before Gardener 1.126 has the older one until it is rolled, and which of both it has the garden
does not tell; so what is in either of them counts. docs/usage/shoot-operations/shoot_updates.md lists the same. Pools
that are updated in place have C(CalculateWorkerPoolHashForInPlaceUpdate) of pkg/utils/gardener/shoot.go.
"""

from __future__ import annotations

import json
import typing as t
from decimal import Decimal

from .._release import versions

Object = dict[str, t.Any]

AUTO, MANUAL = "AutoInPlaceUpdate", "ManualInPlaceUpdate"
IN_PLACE = (AUTO, MANUAL)
# Of these alone a pool that is updated in place takes notice; others are refused there.
_OF_IN_PLACE = ("kubernetes.version", "machine.image.version", "kubelet", "providerConfig")
# The extension of metal-stack (v0.27.11) has every pool rolled (pkg/controller/worker/machines.go), and keeps the
# hash that a pool has while the shoot has this annotation.
METAL, KEEP = "metal", "cluster.metal-stack.io/keep-worker-hash"
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_EVICTION = ("imageFSAvailable", "imageFSInodesFree", "memoryAvailable", "nodeFSAvailable", "nodeFSInodesFree")


class Effect(t.NamedTuple):
    """rolled: the fields by which a pool's nodes are replaced, by its name. updated: those by which they are drained
    and updated in place. removed: pools that go, with their nodes."""

    rolled: dict[str, list[str]]
    updated: dict[str, list[str]]
    removed: list[str]

    @property
    def lost(self) -> dict[str, list[str]]:
        """Every pool that loses the nodes it has, and why."""
        return {**self.rolled, **{name: ["the pool is removed"] for name in self.removed}}


def effect(before: Object | None, after: Object) -> Effect:
    """What becomes of the nodes that are there. before: None for a new shoot. A hibernated shoot has no nodes."""
    found = Effect({}, {}, [])
    if before is None or (before.get("status") or {}).get("hibernated"):
        return found
    mine = _pools(after)
    for name, pool in _pools(before).items():
        if name not in mine:
            found.removed.append(name)
            continue
        old, new = _triggers(before["spec"], pool), _triggers(after["spec"], mine[name])
        fields = [field for field, value in new.items() if old[field] != value]
        if mine[name].get("updateStrategy") in IN_PLACE:
            fields = [field for field in fields if field.startswith(_OF_IN_PLACE)]
        if _kept(before) and not _kept(after):
            fields.append(f"annotation {KEEP}")
        if fields:
            (found.updated if _stay(after, mine[name]) else found.rolled)[name] = fields
    return found


def _stay(shoot: Object, pool: Object) -> bool:
    """Whether its nodes are updated where they are, all of them: those that surge are new, and as many old ones go."""
    if _provider(shoot) == METAL:
        return False
    surge = str(pool.get("maxSurge") or 0).removesuffix("%")
    return pool.get("updateStrategy") == MANUAL or (pool.get("updateStrategy") == AUTO and surge == "0")


def _kept(shoot: Object) -> bool:
    return _provider(shoot) == METAL and KEEP in (shoot["metadata"].get("annotations") or {})


def _provider(shoot: Object) -> str:
    return str((shoot["spec"].get("provider") or {}).get("type", ""))


def _pools(shoot: Object) -> dict[str, Object]:
    return {one["name"]: one for one in (shoot["spec"].get("provider") or {}).get("workers") or []}


def _triggers(spec: Object, pool: Object) -> dict[str, t.Any]:
    """What the nodes of a pool hang on, by the name of its field."""
    kubernetes, own = spec.get("kubernetes") or {}, pool.get("kubernetes") or {}
    machine, volume = pool.get("machine") or {}, pool.get("volume") or {}
    minor = versions.minor(str(own.get("version") or kubernetes.get("version") or ""))
    kubelet: Object = next((one for one in (own.get("kubelet"), kubernetes.get("kubelet")) if one is not None), {})
    eviction = kubelet.get("evictionHard")
    return {
        "kubernetes.version": minor,
        "machine.type": machine.get("type"),
        "machine.image.name": (machine.get("image") or {}).get("name"),
        "machine.image.version": (machine.get("image") or {}).get("version"),
        "volume.type": volume.get("type"),
        "volume.size": volume.get("size"),
        "cri.name": (pool.get("cri") or {}).get("name"),
        # Which of it counts, only the provider's extension knows; the older hash has its text, with the order of keys.
        "providerConfig": json.dumps(pool.get("providerConfig")),
        "systemComponents.nodeLocalDNS.enabled or kubeProxy": _local_dns(spec, minor),
        "kubelet.kubeReserved or systemReserved": _reserved(kubelet),
        "kubelet.evictionHard": None if eviction is None else [eviction.get(key, "") for key in _EVICTION],
        "kubelet.cpuManagerPolicy": kubelet.get("cpuManagerPolicy"),
    }


def _local_dns(spec: Object, minor: tuple[int, ...]) -> bool:
    enabled = ((spec.get("systemComponents") or {}).get("nodeLocalDNS") or {}).get("enabled")
    proxy = (spec.get("kubernetes") or {}).get("kubeProxy") or {}
    ipvs = bool(proxy.get("enabled")) and proxy.get("mode") == "IPVS"
    return bool(enabled) and (minor < (1, 34) or ipvs)


def _reserved(kubelet: Object) -> dict[str, t.Any] | None:
    """Only the sum of both counts."""
    if kubelet.get("kubeReserved") is None and kubelet.get("systemReserved") is None:
        return None
    mine, system = kubelet.get("kubeReserved") or {}, kubelet.get("systemReserved") or {}
    return {key: _sum(mine.get(key), system.get(key)) for key in ("cpu", "memory", "pid", "ephemeralStorage")}


def _sum(one: object, other: object) -> tuple[Decimal, bool] | None:
    found = [_quantity(str(value)) for value in (one, other) if value is not None]
    # Its text is what is hashed, so that 1Gi and 1073741824 are two.
    return (sum((value for value, _binary in found), Decimal(0)), found[0][1]) if found else None


def _quantity(text: str) -> tuple[Decimal, bool]:
    """The value of a quantity of Kubernetes, and whether its suffix is binary."""
    number = text.rstrip("KMGTPEikmnu")
    suffix = text[len(number) :]
    if suffix in _BINARY:
        return Decimal(number) * 1024 ** _BINARY[suffix], True
    return Decimal(number).scaleb(_DECIMAL[suffix]), False
