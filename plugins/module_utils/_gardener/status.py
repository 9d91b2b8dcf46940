# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a shoot's status says of the operation that a write has brought about. Pure."""

from __future__ import annotations

import typing as t

from .._k3s.gate import Failure

Object = dict[str, t.Any]

# What a shoot that is there ends with; Migrate is followed by Restore.
STANDING = ("Create", "Reconcile", "Restore")
DELETE = "Delete"
SUCCEEDED, FAILED, ERROR, PROCESSING = "Succeeded", "Failed", "Error", "Processing"
IGNORE = "shoot.gardener.cloud/ignore"
STOP = "shoot.gardener.cloud/emergency-stop-reconciliations"
RETRY_DELETION = "then have it deleted once more, which tries again"
RETRY = "then send operation 'retry' by gardener_shoot_operation, or change the spec"
# After these gardenlet does not try again (HasNonRetryableErrorCode of Gardener's pkg/api/core/v1beta1/helper), and
# what is to be done about each.
FINAL_CODES = {
    "ERR_INFRA_UNAUTHENTICATED": "renew the credentials of its CredentialsBinding",
    "ERR_INFRA_UNAUTHORIZED": "give the credentials of its CredentialsBinding the rights that are missing",
    "ERR_INFRA_DEPENDENCIES": "remove what of the infrastructure hangs on it",
    "ERR_INFRA_QUOTA_EXCEEDED": "raise the quota of its project at the infrastructure, or free something",
    "ERR_INFRA_RATE_LIMITS_EXCEEDED": "wait until the infrastructure answers again",
    "ERR_CONFIGURATION_PROBLEM": "correct what the error names",
    "ERR_PROBLEMATIC_WEBHOOK": "repair or remove the webhook in the shoot",
}

# With one of these a deletion may be forced, as pkg/api/core/validation/shoot.go of Gardener has them.
FORCE_CODES = (
    "ERR_CLEANUP_CLUSTER_RESOURCES",
    "ERR_CONFIGURATION_PROBLEM",
    "ERR_INFRA_DEPENDENCIES",
    "ERR_INFRA_UNAUTHENTICATED",
    "ERR_INFRA_UNAUTHORIZED",
)


def judge(
    shoot: Object,
    generation: int,
    kinds: t.Collection[str] = STANDING,
    healthy: bool = False,
    seed: Object | None = None,
) -> tuple[list[Failure], bool]:
    """What does not hold yet of a shoot, and whether waiting is of no use.

    generation: that of the object after the write, since the success of the operation before is still there.
    kinds: of the operation that has to succeed. healthy: its conditions have to be true, too. seed: its own, None where
    that is not known.
    """
    status = shoot.get("status") or {}
    operation = status.get("lastOperation") or {}
    observed, idle = status.get("observedGeneration", 0), stopped(shoot, seed)
    if observed < generation:
        return [_unseen(shoot, operation, observed, generation, idle)], bool(idle)
    if operation.get("state") != SUCCEEDED or operation.get("type") not in kinds:
        idle = idle if operation.get("state") != PROCESSING else []
        return [_unfinished(status, operation, kinds, idle)], bool(idle) or _over(status, operation, kinds)
    return (_unhealthy(status) if healthy else []), False


def errors(status: Object) -> list[str]:
    """The last errors, each with its task and its codes."""
    said = []
    for one in status.get("lastErrors") or []:
        task = f"task {one['taskID']}: " if one.get("taskID") else ""
        codes = f" [{', '.join(one['codes'])}]" if one.get("codes") else ""
        said.append(f"{task}{' '.join(str(one.get('description', '')).split())}{codes}")
    return said


def codes(status: Object) -> list[str]:
    """The codes of all of its last errors, each once."""
    return list(dict.fromkeys(code for one in status.get("lastErrors") or [] for code in one.get("codes") or []))


def operation(shoot: Object) -> Object:
    """The last operation as a result has it, empty before there is one."""
    status = shoot.get("status") or {}
    found = status.get("lastOperation")
    if not found:
        return {}
    kept = {key: found.get(key) for key in ("type", "state", "progress", "description", "lastUpdateTime")}
    return {**kept, "errors": errors(status), "codes": codes(status)}


def stopped(shoot: Object, seed: Object | None) -> list[str]:
    """Why nobody would do anything about a shoot, whatever is written. seed: its own, None where that is not known."""
    found = []
    if _true((shoot["metadata"].get("annotations") or {}).get(IGNORE)):
        found.append(f"it has the annotation {IGNORE}, so no gardenlet reconciles it -> remove the annotation")
    if seed and (seed["metadata"].get("annotations") or {}).get(STOP) == "true":
        name = seed["metadata"]["name"]
        found.append(f"seed {name} has the annotation {STOP}, so none of its shoots is reconciled -> remove it")
    return found


def unforceable(live: Object) -> list[str]:
    """Why the deletion of a shoot cannot be forced."""
    found, known = [], codes(live.get("status") or {})
    if "deletionTimestamp" not in live["metadata"]:
        found.append("force_deletion is only for a shoot whose deletion has begun -> delete it without first")
    if not set(known) & set(FORCE_CODES):
        found.append(
            f"force_deletion takes one of {', '.join(FORCE_CODES)} among its last errors, and there is"
            f" {', '.join(known) or 'none'} -> wait for the ordinary deletion"
        )
    return found


def seed_of(shoot: Object) -> str:
    """The name of the seed that is responsible, empty before it is scheduled."""
    return str((shoot.get("status") or {}).get("seedName") or shoot["spec"].get("seedName") or "")


def _unseen(shoot: Object, operation: Object, observed: int, generation: int, idle: list[str]) -> Failure:
    """idle: why nobody begins with it."""
    seen, seed = f"generation {observed} was seen last", seed_of(shoot)
    if operation.get("state") == "Pending":
        seen = f"{seen}; {told(operation)}"
    remedy = f"see whether gardenlet of seed {seed} runs" if seed else "see why gardener-scheduler finds no seed for it"
    if idle:
        seen, _arrow, remedy = idle[0].partition(" -> ")
    return Failure(f"gardenlet has begun with generation {generation}", seen, f"generation {generation}", remedy)


def _unfinished(status: Object, operation: Object, kinds: t.Collection[str], idle: list[str]) -> Failure:
    """idle: why nobody goes on with it."""
    kind = operation.get("type") if operation.get("type") in kinds else " or ".join(kinds)
    condition, seen = f"operation {kind} has succeeded", "; ".join([told(operation), *errors(status)])
    if idle:
        why, _arrow, remedy = idle[0].partition(" -> ")
        return Failure(condition, f"{seen}; {why}", SUCCEEDED, remedy)
    final = [code for code in codes(status) if code in FINAL_CODES]
    remedy = ", ".join(FINAL_CODES[code] for code in final) or "see what its last errors name"
    if operation.get("state") == FAILED:
        remedy = f"{remedy}, {RETRY_DELETION if operation.get('type') == DELETE else RETRY}"
    return Failure(condition, seen, SUCCEEDED, remedy)


def _over(status: Object, operation: Object, kinds: t.Collection[str]) -> bool:
    state, kind = operation.get("state"), operation.get("type")
    if kind == DELETE and DELETE not in kinds:
        return True
    # While an operation is under way, its last errors may be those of the try before.
    return state == FAILED or (state == ERROR and any(code in FINAL_CODES for code in codes(status)))


def _unhealthy(status: Object) -> list[Failure]:
    known = {one["type"]: one for one in status.get("conditions") or []}
    if "APIServerAvailable" not in known:
        return [Failure("APIServerAvailable", "unknown", "True", "see whether gardenlet looks after it")]
    return [
        Failure(
            name,
            " ".join(f"{one['status']}: {one.get('reason', '')}: {one.get('message', '')}".split()),
            "True",
            "see what the condition names",
        )
        for name, one in known.items()
        if one["status"] != "True"
    ]


def told(operation: Object) -> str:
    """A last operation in one line."""
    if not operation:
        return "no operation yet"
    head = f"{operation.get('type', '')} {operation.get('state', '')} {operation.get('progress', 0)} %"
    said = " ".join(str(operation.get("description", "")).split())
    return f"{head.strip()}: {said}" if said else head.strip()


def _true(value: object) -> bool:
    """As Go's strconv.ParseBool, which Gardener reads the annotation with."""
    return value in ("1", "t", "T", "TRUE", "true", "True")
