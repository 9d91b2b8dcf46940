# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What workloads lack until they run as they were deployed last. Pure.

Sources: C(kubectl rollout status) of Kubernetes, C(polymorphichelpers/rollout_status.go), and the conditions of a Job.
"""

from __future__ import annotations

import typing as t

from .._kube.kinds import DAEMON_SET, DEPLOYMENT, JOB, SECRET, STATEFUL_SET
from .components import Workload

Object = t.Mapping[str, t.Any]


class Lack(t.NamedTuple):
    """What is not yet as it should be; final: and will not become so by itself."""

    what: str
    final: bool = False


def lack(workload: Workload, found: Object | None) -> Lack | None:
    """What a workload lacks, None when nothing."""
    if found is None:
        # A Job is removed after it has ended, and what it was for is looked at beside it.
        return None if workload.kind == JOB else Lack(f"{workload.shown}: not there")
    text, final = _RULES[workload.kind](found)
    return Lack(f"{workload.shown}: {text}", final) if text else None


def _replicas(found: Object) -> int:
    return int((found.get("spec") or {}).get("replicas", 1))


def _unseen(found: Object) -> str:
    status = found.get("status") or {}
    old = status.get("observedGeneration", 0) < found["metadata"].get("generation", 0)
    return "its controller has not seen it yet" if old else ""


def _stateful_set(found: Object) -> tuple[str, bool]:
    status, wanted = found.get("status") or {}, _replicas(found)
    updated, ready = status.get("updatedReplicas", 0), status.get("readyReplicas", 0)
    if text := _unseen(found):
        return text, False
    if not wanted:
        # Those of metal-stack always have one: it was held in a restore, or scaled down and forgotten.
        return "is scaled to no replicas", False
    if status.get("currentRevision") == status.get("updateRevision"):
        # Without a roll-out under way, those that are current are up to date.
        updated = max(updated, status.get("currentReplicas", 0))
    return _counted(wanted, updated, ready), False


def _deployment(found: Object) -> tuple[str, bool]:
    status, wanted = found.get("status") or {}, _replicas(found)
    if text := _unseen(found):
        return text, False
    stuck = [
        one.get("message", "")
        for one in status.get("conditions") or []
        if one.get("type") == "Progressing" and one.get("reason") == "ProgressDeadlineExceeded"
    ]
    text = _counted(wanted, status.get("updatedReplicas", 0), status.get("readyReplicas", 0))
    if not text and status.get("replicas", 0) > wanted:
        text = f"{status['replicas'] - wanted} of its former pods are still there"
    return (f"{text} ({stuck[0]})" if text and stuck else text), False


def _daemon_set(found: Object) -> tuple[str, bool]:
    status = found.get("status") or {}
    if text := _unseen(found):
        return text, False
    wanted = status.get("desiredNumberScheduled", 0)
    return _counted(wanted, status.get("updatedNumberScheduled", 0), status.get("numberAvailable", 0)), False


def _counted(wanted: int, updated: int, ready: int) -> str:
    if updated < wanted:
        return f"{updated} of {wanted} pods are as deployed"
    return f"{ready} of {wanted} pods are ready" if ready < wanted else ""


def _job(found: Object) -> tuple[str, bool]:
    conditions = (found.get("status") or {}).get("conditions") or []
    held = {one["type"]: one for one in conditions if one.get("status") == "True"}
    if "Failed" in held:
        return f"failed: {held['Failed'].get('message') or held['Failed'].get('reason', '')}", True
    return ("" if "Complete" in held else "has not ended"), False


def _secret(found: Object) -> tuple[str, bool]:
    return ("" if found.get("data") else "is empty"), False


_RULES: dict[str, t.Callable[[Object], tuple[str, bool]]] = {
    STATEFUL_SET: _stateful_set,
    DEPLOYMENT: _deployment,
    JOB: _job,
    SECRET: _secret,
    DAEMON_SET: _daemon_set,
}
