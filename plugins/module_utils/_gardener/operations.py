# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a shoot may be asked for by its annotation, what keeps it from that, and what is asked for next. Pure.

Who strips the annotation and what the API server refuses is as Gardener v1.138 has it: mustIncreaseGeneration
(pkg/apiserver/registry/core/shoot/strategy.go) and validateShootOperation (pkg/api/core/validation/shoot.go).
"""

from __future__ import annotations

import datetime
import typing as t

from .._k3s.gate import Failure
from . import rotation, status

Object = dict[str, t.Any]

ANNOTATION, DEFERRED = "gardener.cloud/operation", "maintenance.gardener.cloud/operation"
SEPARATOR = ";"
RECONCILE, RETRY, MAINTAIN, ROLLOUT = "reconcile", "retry", "maintain", "rollout-workers"
# Allows changes of pools that are being updated in place, as long as its annotation is there (ValidateInPlaceUpdates);
# gardenlet takes that away once all of them are updated, so it is nothing to be waited for.
FORCE_IN_PLACE = "force-in-place-update"
OPERATIONS = (RECONCILE, RETRY, MAINTAIN, ROLLOUT, FORCE_IN_PLACE, *rotation.TWO_STEPS, *rotation.ONE_STEP)
# The API server takes each of these alone.
ALONE = (RETRY, MAINTAIN, FORCE_IN_PLACE)
# These need what a hibernated cluster does not run.
AWAKE = (ROLLOUT, rotation.CREDENTIALS, rotation.ACCOUNT_KEY, rotation.ETCD_KEY)
EVERY = "*"


class Wanted(t.NamedTuple):
    """operations: of OPERATIONS, none to wait for those of others. phase: how far those of two steps go, C(prepared) or
    C(completed). roll, since: as C(rotation.prepare) has them. pools: that C(rollout-workers) is about, one C(*) for
    all.
    """

    operations: tuple[str, ...]
    phase: str = ""
    roll: bool = True
    pools: tuple[str, ...] = ()
    since: datetime.datetime | None = None


class Plan(t.NamedTuple):
    """Nothing at all: all has been done.

    send: what to ask for, as soon as nothing is in the way. blocked: by what it is. awaits: what has to come by
    itself, that included. refused: why it is not done.
    """

    send: list[str]
    awaits: list[Failure]
    refused: list[str]
    blocked: bool = False


def contradictions(wanted: Wanted) -> list[str]:
    """What is wrong with what is wanted, whatever the shoot is like."""
    found, given = [], wanted.operations
    alone = [one for one in given if one in ALONE]
    if alone and len(given) > 1:
        found.append(f"operations has {', '.join(given)}; expected {' and '.join(alone)} in a task of its own")
    parts = [one for one in given if one in (rotation.CA, rotation.ACCOUNT_KEY, rotation.ETCD_KEY)]
    if rotation.CREDENTIALS in given and parts:
        found.append(f"operations has {', '.join(parts)} beside {rotation.CREDENTIALS}, which they are a part of")
    two_steps = [one for one in given if one in rotation.TWO_STEPS]
    if two_steps and not wanted.phase:
        found.append(f"phase is missing; expected prepared or completed for {', '.join(two_steps)}")
    if (ROLLOUT in given) != bool(wanted.pools):
        found.append(f"pools has {list(wanted.pools)}; expected names of worker pools, or '*', for {ROLLOUT} alone")
    return found


def refusals(shoot: Object, wanted: Wanted) -> list[str]:
    """Why a shoot as it is now would refuse, or never do, what is wanted."""
    found, given = [], wanted.operations
    metadata, state = shoot["metadata"], shoot.get("status") or {}
    last = state.get("lastOperation") or {}
    if "deletionTimestamp" in metadata:
        found.append("it is being deleted -> gardener_shoot with 'state: absent' tries again what has failed")
    if not last or (last["type"], last["state"]) == ("Create", "Pending"):
        found.append(f"its creation has not begun{_why(last)} -> wait for it with gardener_shoot")
    elif last["type"] in ("Migrate", "LiveMigrate"):
        found.append("it is being moved to another seed -> wait until it is restored there")
    elif last["state"] == status.FAILED and not set(given) <= set(ALONE):
        found.append(f"its last operation has failed, and nothing else is done before it is retried{_why(last)}")
    if (state.get("hibernated") or _hibernates(shoot)) and (asleep := [one for one in given if one in AWAKE]):
        found.append(f"it is hibernated or wakes up, in which {', '.join(asleep)} is not done -> wake it up first")
    if rotation.SSH in given and not _has_ssh(shoot):
        found.append(f"its workers take no SSH, so that there is no key for {rotation.SSH}")
    known = [one["name"] for one in shoot["spec"]["provider"].get("workers") or []]
    if unknown := [one for one in wanted.pools if one != EVERY and one not in known]:
        found.append(f"it has no worker pool {', '.join(unknown)}; expected one of {', '.join(known) or 'none'}")
    return found


def plan(shoot: Object, wanted: Wanted, sent: t.Collection[str] = ()) -> Plan:
    """What comes next. sent: of the wanted ones what was asked for in this task."""
    steps = {one: _step(shoot, wanted, one, one in sent) for one in wanted.operations}
    refused = [f"{name}: {step.refused}" for name, step in steps.items() if step.refused]
    awaits = [step.awaits for step in steps.values() if step.awaits]
    under_way = asked(shoot)
    # Two rotations may be served by one roll of the same workers.
    next_ones = list(dict.fromkeys(step.send for step in steps.values() if step.send))
    send = [one for one in next_ones if one not in under_way]
    # While an annotation is there, another one would replace it before gardenlet has seen it.
    waited = [one for one in under_way if one != FORCE_IN_PLACE]
    mine = [one for one in waited if one in next_ones or whose(one) in sent or not wanted.operations]
    waits_for = under_way if send else mine
    blocked = bool(waits_for) or any(step.send and step.awaits for step in steps.values())
    return Plan(send, [*awaits, *(_untaken(shoot, one) for one in waits_for)], refused, blocked)


def unmaintained(shoot: Object, wanted: Wanted) -> list[Failure]:
    """What maintenance that was wanted has failed with, the reconciliation after which may have succeeded."""
    last = (shoot.get("status") or {}).get("lastMaintenance") or {}
    if MAINTAIN not in wanted.operations or last.get("state") != status.FAILED:
        return []
    seen = " ".join(f"{last['state']}: {last.get('description', '')}: {last.get('failureReason', '')}".split())
    remedy = f"correct what it names, then send operation '{MAINTAIN}' again"
    return [Failure("maintenance has succeeded", seen, "Succeeded", remedy)]


def updated_in_place(shoot: Object) -> list[str]:
    """The worker pools that are being updated in place, or wait for that, which no change is made of meanwhile."""
    pending = ((shoot.get("status") or {}).get("inPlaceUpdates") or {}).get("pendingWorkerUpdates") or {}
    return [*(pending.get("autoInPlaceUpdate") or []), *(pending.get("manualInPlaceUpdate") or [])]


def asked(shoot: Object, annotation: str = ANNOTATION) -> list[str]:
    """What a shoot is asked for that nobody has taken yet."""
    text = (shoot["metadata"].get("annotations") or {}).get(annotation, "")
    return [one.strip() for one in text.split(SEPARATOR) if one.strip()]


def change(shoot: Object, send: t.Iterable[str], annotation: str = ANNOTATION) -> Object:
    """The merge patch that asks for it, of the object as it was read and no other one."""
    joined = SEPARATOR.join([*asked(shoot, annotation), *send])
    return {
        "metadata": {
            "resourceVersion": shoot["metadata"]["resourceVersion"],
            "annotations": {annotation: joined},
        }
    }


def whose(send: str) -> str:
    """The operation of OPERATIONS that something is asked for by, C(rotate-ca) for C(rotate-ca-start)."""
    return next((one for one in OPERATIONS if send.startswith(one)), send)


def _step(shoot: Object, wanted: Wanted, operation: str, sent: bool) -> rotation.Step:
    if operation in rotation.TWO_STEPS:
        if wanted.phase == "completed":
            return rotation.complete(shoot, operation, wanted.since)
        return rotation.prepare(shoot, operation, wanted.roll, wanted.since)
    if operation in rotation.ONE_STEP:
        return rotation.once(shoot, operation, sent, wanted.since)
    last = (shoot.get("status") or {}).get("lastOperation") or {}
    if sent or (operation == RETRY and last.get("state") != status.FAILED):
        return rotation.REACHED
    if operation == FORCE_IN_PLACE and (FORCE_IN_PLACE in asked(shoot) or not updated_in_place(shoot)):
        return rotation.REACHED
    return rotation.Step(send=operation if operation != ROLLOUT else f"{ROLLOUT}={','.join(wanted.pools)}")


def _untaken(shoot: Object, operation: str) -> Failure:
    seed = status.seed_of(shoot) or "none yet"
    whose = "gardener-controller-manager" if operation == MAINTAIN else f"gardenlet of its seed ({seed})"
    seen = f"still in annotation {ANNOTATION}"
    if operation == FORCE_IN_PLACE:
        pools = ", ".join(updated_in_place(shoot)) or "none"
        remedy = f"wait until all pools are updated in place ({pools}), or remove the annotation"
        return Failure(f"operation {operation} is taken", seen, "taken", remedy)
    return Failure(f"operation {operation} is taken", seen, "taken", f"see whether {whose} runs")


def _why(last: Object) -> str:
    said = " ".join(str(last.get("description", "")).split())
    return f" ({said})" if said else ""


def _hibernates(shoot: Object) -> bool:
    return bool((shoot["spec"].get("hibernation") or {}).get("enabled"))


def _has_ssh(shoot: Object) -> bool:
    provider = shoot["spec"]["provider"]
    access = (provider.get("workersSettings") or {}).get("sshAccess") or {}
    return bool(provider.get("workers")) and access.get("enabled", True)
