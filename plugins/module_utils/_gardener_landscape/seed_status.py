# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the status of a Gardenlet and of its Seed say of what was written. Pure."""

from __future__ import annotations

import typing as t

from .._gardener import status, view
from .._gardener.client import Object
from .._gardener.waiting import Verdict
from .._k3s.gate import Failure

RECONCILED, REGISTERED = "GardenletReconciled", "SeedRegistered"
# After these a seed is fit for shoots (docs/operations/upgrade-gardener.md of Gardener); there is no BackupBucketsReady
# without a backup.
CONDITIONS = ("GardenletReady", "ExtensionsReady", "SeedSystemComponentsHealthy")
BACKUP = "BackupBucketsReady"
_LOG = "see the log of gardenlet in the seed's cluster"


def deployed(found: Object | None, uid: str, generation: int) -> Verdict:
    """What does not hold yet of a Gardenlet: gardenlet has deployed itself as this generation has it."""
    if found is None or found["metadata"]["uid"] != uid:
        seen = "it is gone" if found is None else "another one of its name"
        return [Failure("the Gardenlet is there", seen, "the one that was written", "see who has deleted it")], True
    known = found.get("status") or {}
    observed, conditions = known.get("observedGeneration", 0), _conditions(known)
    if observed < generation:
        seen = f"generation {observed} was seen last"
        remedy = "see whether gardenlet of this seed runs, or gardener-operator where there is no seed yet"
        return [Failure(f"generation {generation} is deployed", seen, f"generation {generation}", remedy)], False
    name = RECONCILED if RECONCILED in conditions else REGISTERED
    one = conditions.get(name)
    if name == RECONCILED and one and one["status"] == "True":
        return _let_go(found), False
    # Before gardenlet says so itself, gardener-operator tells how far its first deployment is.
    return [Failure(RECONCILED, _said(name, one), "True", _LOG)], False


def _let_go(found: Object) -> list[Failure]:
    """gardener-operator removes the kubeconfig by which it has deployed gardenlet once the Seed is registered."""
    secret = (found["spec"].get("kubeconfigSecretRef") or {}).get("name")
    if not secret:
        return []
    return [
        Failure(
            "the kubeconfig of the seed's cluster is removed", f"Secret {secret}", "none", "see gardener-operator's log"
        )
    ]


def ready(found: Object | None, name: str, wanted: Object, version: str, healthy: bool) -> Verdict:
    """What does not hold yet of a Seed.

    wanted: the spec that its gardenlet registers it with. version: of Gardener, empty for any. healthy: the conditions
    have to be true, too; they are looked at anew after each operation.
    """
    if found is None:
        return [Failure(f"Seed {name} is registered", "there is none", "registered by gardenlet", _LOG)], False
    if deleted := found["metadata"].get("deletionTimestamp"):
        remedy = "wait until it is gone, and begin anew"
        return [Failure(f"Seed {name} stays", f"it is being deleted since {deleted}", "no deletion", remedy)], True
    if other := differing(wanted, found["spec"], "spec"):
        seen, remedy = f"{', '.join(other)} differ", f"see whether gardenlet has started anew, and {_LOG}"
        return [Failure(f"Seed {name} is as described", seen, "what the Gardenlet has", remedy)], False
    return _operated(found, version) or (_healthy(found) if healthy else []), False


def judge(seed: Object) -> list[Failure]:
    """What a Seed lacks, whatever its Gardenlet says."""
    return _operated(seed, "") or _healthy(seed)


def differing(wanted: t.Any, found: t.Any, place: str) -> list[str]:
    """The places at which something is wanted that is not found; what is there besides was defaulted."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return [
            other
            for key, value in wanted.items()
            if value not in (None, {}, [], "")
            for other in differing(value, found.get(key), f"{place}.{key}")
        ]
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        pairs = zip(wanted, found, strict=True)
        return [other for number, pair in enumerate(pairs) for other in differing(*pair, f"{place}[{number}]")]
    return [] if wanted == found else [place]


def carries(name: str, shoot: Object) -> bool:
    """Whether a seed is responsible for a shoot, or it is moved there."""
    return name in (status.seed_of(shoot), shoot["spec"].get("seedName"))


def told(seed: Object | None) -> Object:
    """What is asked of a Seed most often, and all of it as C(seed)."""
    found = seed or {}
    known = found.get("status") or {}
    return {
        "seed": view.told(seed),
        "operation": status.operation(found),
        "conditions": {name: one["status"] for name, one in _conditions(known).items()},
        "version": (known.get("gardener") or {}).get("version", ""),
    }


def _operated(found: Object, version: str) -> list[Failure]:
    known, generation = found.get("status") or {}, found["metadata"]["generation"]
    operation, observed = known.get("lastOperation") or {}, known.get("observedGeneration", 0)
    if observed < generation:
        seen = f"generation {observed} was seen last"
        return [Failure(f"gardenlet has begun with generation {generation}", seen, f"generation {generation}", _LOG)]
    if operation.get("state") != status.SUCCEEDED or operation.get("type") != "Reconcile":
        return [
            Failure("operation Reconcile of the seed has succeeded", status.told(operation), status.SUCCEEDED, _LOG)
        ]
    runs = (known.get("gardener") or {}).get("version", "")
    if version and runs.lstrip("v") != version.lstrip("v"):
        return [Failure(f"gardenlet runs {version}", runs or "no version yet", version, _LOG)]
    return []


def _healthy(found: Object) -> list[Failure]:
    conditions = _conditions(found.get("status") or {})
    wanted = [*CONDITIONS, *([BACKUP] if found["spec"].get("backup") else [])]
    return [
        Failure(name, _said(name, conditions.get(name)), "True", "see what the condition names")
        for name in wanted
        if (conditions.get(name) or {}).get("status") != "True"
    ]


def _conditions(known: Object) -> dict[str, Object]:
    return {one["type"]: one for one in known.get("conditions") or []}


def _said(name: str, one: Object | None) -> str:
    if one is None:
        return "unknown"
    return " ".join(f"{name} {one['status']}: {one.get('reason', '')}: {one.get('message', '')}".split())
