# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Workloads that must not act on a restored state before it was verified: held, and let go again. Pure.

Objects are Kubernetes' own, as its API has them. A workload that is held remembers itself what it was, so that the
same holds whoever goes on, and for a set that was made meanwhile.
"""

from __future__ import annotations

import json
import typing as t

from .disruption import ENDED

Object = dict[str, t.Any]

# Set by whoever makes a workload, and so a part of every backup. What waits for its data is let go by whoever brings
# them back, and by nobody else.
LABEL, HELD, UNTIL_DATA = "metalstack.autonomous/recovery", "held", "held-until-data"
# On a workload: what its field was before. On the namespace kube-system: the names of all that are held.
ANNOTATION = "metalstack.autonomous/held"
# Without it the controller of Jobs takes a pod that is deleted for one that has failed.
TRACKING = "batch.kubernetes.io/job-tracking"


class Kind(t.NamedTuple):
    """A kind that can be held: the field of its spec that does it, and what Kubernetes takes where it is not set."""

    version: str
    field: str
    usual: int | bool
    still: int | bool


# In the order in which they are let go: what others may ask before they are made comes first.
KINDS = {
    "Deployment": Kind("apps/v1", "replicas", 1, 0),
    "StatefulSet": Kind("apps/v1", "replicas", 1, 0),
    "CronJob": Kind("batch/v1", "suspend", False, True),
    "Job": Kind("batch/v1", "suspend", False, True),
}
# Have no such field, or are scaled by what has made them.
UNHELD = {"DaemonSet": "apps/v1", "ReplicaSet": "apps/v1", "Pod": "v1"}


class Unreadable(Exception):
    """A workload does not say what it was before; the text says which, and what to do."""


def labelled(raw: Object) -> bool:
    return _label(raw) in (HELD, UNTIL_DATA)


def _label(raw: Object) -> str:
    return str((raw["metadata"].get("labels") or {}).get(LABEL, ""))


def annotated(raw: Object) -> bool:
    return ANNOTATION in (raw["metadata"].get("annotations") or {})


def owners(raw: Object) -> list[Object]:
    return list(raw["metadata"].get("ownerReferences") or [])


def acts(raw: Object) -> bool:
    """Whether a workload is to be held: every CronJob, what they have made and is not done, and what is labelled."""
    if raw["kind"] == "CronJob":
        return True
    if raw["kind"] == "Job":
        made = any(owner["kind"] == "CronJob" for owner in owners(raw))
        return (made or labelled(raw)) and not _ended(raw)
    return labelled(raw)


def writes(raw: Object, namespaces: t.Collection[str]) -> bool:
    """Whether a workload is to be held before its cluster is stopped for good: what acts, and what writes to databases.

    Those are the Deployments of the namespaces. What waits for its data after a restore has them yet, and goes on.
    """
    if _label(raw) == UNTIL_DATA:
        return False
    return acts(raw) or (raw["kind"] == "Deployment" and raw["metadata"]["namespace"] in namespaces)


def _ended(job: Object) -> bool:
    conditions = (job.get("status") or {}).get("conditions") or []
    return any(one["type"] in ("Complete", "Failed") and one["status"] == "True" for one in conditions)


def value(raw: Object) -> t.Any:
    """How many replicas a workload has, or whether it is suspended."""
    kind = KINDS[raw["kind"]]
    found = raw["spec"].get(kind.field)
    return kind.usual if found is None else found


def hold(raw: Object) -> Object:
    """The patch that holds a workload; empty where it stands still, whoever has seen to that."""
    kind = KINDS[raw["kind"]]
    if value(raw) == kind.still:
        return {}
    return {"metadata": {"annotations": {ANNOTATION: json.dumps(value(raw))}}, "spec": {kind.field: kind.still}}


def withhold(raw: Object) -> Object:
    """The patch that holds a workload until somebody brings back its data, whatever it was labelled before.

    Empty where it waits so already, and where somebody else has seen to it that it stands still.
    """
    patch = hold(raw)
    if not patch and (_label(raw) == UNTIL_DATA or not annotated(raw)):
        return {}
    return {**patch, "metadata": {**patch.get("metadata", {}), "labels": {LABEL: UNTIL_DATA}}}


def release(raw: Object) -> Object:
    """The patch that lets a workload go; empty where it was not held, or waits for its data yet.

    What somebody has set meanwhile stays.
    """
    if not annotated(raw):
        return {}
    kind, forget = KINDS[raw["kind"]], {"metadata": {"annotations": {ANNOTATION: None}}}
    if value(raw) != kind.still:
        return forget
    return {} if _label(raw) == UNTIL_DATA else {**forget, "spec": {kind.field: remembered(raw)}}


def remembered(raw: Object) -> t.Any:
    """What a workload that is held was before."""
    kind, metadata = KINDS[raw["kind"]], raw["metadata"]
    text = metadata["annotations"][ANNOTATION]
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if type(found) is not type(kind.usual) or found < 0:
        expected = "true or false" if kind.field == "suspend" else "a number of replicas"
        raise Unreadable(
            f"{raw['kind']} {metadata['namespace']}/{metadata['name']} has {text!r} in its annotation {ANNOTATION},"
            f" expected {expected} -> set its {kind.field} by hand and remove the annotation"
        )
    return found


def has_claim(stateful_set: Object, claim: str) -> bool:
    """Whether a claim (NAMESPACE/NAME) is one that a StatefulSet makes for a pod of its own."""
    metadata, templates = stateful_set["metadata"], stateful_set["spec"].get("volumeClaimTemplates") or []
    begins = [f"{metadata['namespace']}/{one['metadata']['name']}-{metadata['name']}-" for one in templates]
    return any(claim.startswith(one) and claim.removeprefix(one).isdecimal() for one in begins)


def replica_sets(acting: t.Iterable[Object], found: t.Iterable[Object]) -> list[Object]:
    """The ReplicaSets of workloads, which would make their pods anew before anybody has told them otherwise."""
    uids = {one["metadata"]["uid"] for one in acting}
    return [one for one in found if any(owner["uid"] in uids for owner in owners(one))]


def pods(makers: t.Iterable[Object], found: t.Iterable[Object]) -> list[Object]:
    """The pods of workloads and of ReplicaSets that have not ended; what has stays to be counted.

    Those that go already, too: of one that is there without replicas, a StatefulSet may let the volumes go with it.
    """
    uids = {one["metadata"]["uid"] for one in makers}
    return [
        pod
        for pod in found
        if any(owner["uid"] in uids for owner in owners(pod)) and (pod.get("status") or {}).get("phase") not in ENDED
    ]


def untracked(pod: Object) -> Object:
    """The patch without which the pod of a Job would count as failed; empty for others."""
    finalizers = pod["metadata"].get("finalizers") or []
    rest = [one for one in finalizers if one != TRACKING]
    return {"metadata": {"finalizers": rest}} if rest != finalizers else {}


def mark(names: t.Sequence[str]) -> Object:
    """The patch by which kube-system tells which workloads are held; without any it tells nothing."""
    return {"metadata": {"annotations": {ANNOTATION: json.dumps(list(names)) if names else None}}}


def marked(namespace: Object) -> list[str]:
    """Which workloads are held, as kube-system tells it."""
    text = (namespace["metadata"].get("annotations") or {}).get(ANNOTATION)
    if text is None:
        return []
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    # Whatever somebody has made of it, something is held.
    return [str(one) for one in found] if isinstance(found, list) else [str(text)]
