# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a Garden may be asked for by its annotation, and what comes next in a rotation of its credentials. Pure.

The phases and their order are those of a shoot (C(_gardener.rotation)); what belongs together, and what there is
besides, is as Gardener v1.138 has it: validateOperationContext (pkg/api/operator/v1alpha1/validation/garden.go) and
updateStatusOperationStart (pkg/operator/controller/garden/garden/reconciler.go).
"""

from __future__ import annotations

import datetime
import typing as t

from .._gardener import rotation
from .._gardener.rotation import ACCOUNT_KEY, ACCOUNTS, AUTHORITIES, CA, CREDENTIALS, ETCD_KEY, OBSERVABILITY, Step
from .._k3s.gate import Failure
from . import status

Object = dict[str, t.Any]

RECONCILE, WORKLOAD_KEY = "reconcile", "rotate-workload-identity-key"
WORKLOADS = "workloadIdentityKey"
TWO_STEPS: rotation.Table = {
    CREDENTIALS: (AUTHORITIES, ACCOUNTS, WORKLOADS),
    CA: (AUTHORITIES,),
    ACCOUNT_KEY: (ACCOUNTS,),
    WORKLOAD_KEY: (WORKLOADS,),
}
ONE_STEP = (ETCD_KEY, OBSERVABILITY)
OPERATIONS = (RECONCILE, *TWO_STEPS, *ONE_STEP)
PREPARED, COMPLETED = "prepared", "completed"
SEPARATOR = ";"


class Wanted(t.NamedTuple):
    """operation: of OPERATIONS. phase: how far one of two steps goes. since: what was completed after that is done."""

    operation: str
    phase: str
    since: datetime.datetime | None


def contradictions(wanted: Wanted) -> list[str]:
    """What is wrong with what is wanted, whatever the Garden is like."""
    if (wanted.operation in TWO_STEPS) == bool(wanted.phase):
        return []
    if wanted.phase:
        return [f"phase is {wanted.phase}, and {wanted.operation} goes in one step -> leave it out"]
    return [f"phase is missing; expected {PREPARED} or {COMPLETED} for {wanted.operation}"]


def following(garden: Object, wanted: Wanted, sent: bool) -> Step:
    """What comes next; nothing at all where it has got there. sent: it was asked for just now."""
    if wanted.operation == RECONCILE:
        return rotation.REACHED if sent else Step(send=RECONCILE)
    seen = _as_shoot(garden)
    if wanted.operation in ONE_STEP:
        return rotation.once(seen, wanted.operation, sent, wanted.since)
    if wanted.phase == PREPARED:
        return rotation.prepare(seen, wanted.operation, True, wanted.since, TWO_STEPS)
    return rotation.complete(seen, wanted.operation, wanted.since, TWO_STEPS)


def encrypting(garden: Object, wanted: Wanted) -> Failure | None:
    """A change of what is encrypted that is being rolled out, before whose end no key of etcd is rotated."""
    if wanted.operation not in (CREDENTIALS, ETCD_KEY) or wanted.phase == COMPLETED:
        return None
    virtual, state = garden["spec"]["virtualCluster"], garden.get("status") or {}
    servers = (
        (virtual.get("kubernetes") or {}).get("kubeAPIServer"),
        (virtual.get("gardener") or {}).get("gardenerAPIServer"),
    )
    asked = {one for server in servers for one in ((server or {}).get("encryptionConfig") or {}).get("resources") or []}
    at_rest = (state.get("credentials") or {}).get("encryptionAtRest") or {}
    there = set(at_rest.get("resources") or state.get("encryptedResources") or [])
    if asked == there:
        return None
    return Failure(
        "what is encrypted is as the Garden says", ", ".join(sorted(there)) or "nothing more than always",
        ", ".join(sorted(asked)) or "nothing more than always", "wait until that is rolled out",
    )  # fmt: skip


def phases(garden: Object) -> dict[str, str]:
    """The phase of everything that is, or ever was, rotated in steps, by its field in the status."""
    return rotation.phases(_as_shoot(garden))


def change(garden: Object, send: str) -> Object:
    """The annotation that asks for an operation; refused with status 409 where the Garden has changed since."""
    metadata = garden["metadata"]
    return {
        "metadata": {"resourceVersion": metadata["resourceVersion"], "annotations": {status.OPERATION: send}},
    }


def _as_shoot(garden: Object) -> Object:
    """A Garden in the form in which a shoot tells of its credentials; it has no workers."""
    version = garden["spec"]["virtualCluster"]["kubernetes"]["version"]
    return {
        "spec": {"kubernetes": {"version": version}, "provider": {}},
        "status": garden.get("status") or {},
    }
