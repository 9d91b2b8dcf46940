# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Holding the workloads of a cluster and letting them go, through the API of a server.

That some are held is told before any is, and no more once none is: interrupted anywhere, the same call goes on.
"""

from __future__ import annotations

import time
import typing as t
import urllib.parse

from . import client, objects, workloads
from .workloads import Object

MARKED = "/api/v1/namespaces/kube-system"
MERGE = "application/merge-patch+json"
POLL_SECONDS = 1.0
REQUEST_SECONDS = 10.0
# What a controller takes to see that there is something new, one among them that has just become the leader.
SEEN_SECONDS = 60.0
LABELLED = urllib.parse.urlencode({"labelSelector": f"{workloads.LABEL} in ({workloads.HELD}, {workloads.UNTIL_DATA})"})


class Refused(Exception):
    """What was not done, and why."""


class Outcome(t.NamedTuple):
    """What was done, or would be: replicas or suspension of each workload that was changed, by its name."""

    before: dict[str, t.Any]
    after: dict[str, t.Any]
    # The names of all that were, and now are, told to be held.
    told: list[str]
    held: list[str]
    # Pods (NAMESPACE/NAME) that were deleted.
    pods: list[str]

    @property
    def changed(self) -> bool:
        return bool(self.before or self.pods or self.told != self.held)


def reached(seconds: float, margin: float) -> client.Client:
    """The API of this host once it is ready, for as many seconds more and the margin."""
    end = time.monotonic() + seconds
    while True:
        try:
            # Its certificates may be made anew in the meantime.
            client.api(client.Deadline(REQUEST_SECONDS)).text("/readyz")
            return client.api(client.Deadline(seconds + margin), per_request=REQUEST_SECONDS)
        except client.Unreachable:
            if time.monotonic() >= end:
                raise
            time.sleep(POLL_SECONDS)


def _list(server: client.Client, kind: str, version: str, query: str = "") -> list[Object]:
    """All objects of a kind. In a list they do not say themselves of which they are."""
    api = "apis" if "/" in version else "api"
    found = server.json(f"/{api}/{version}/{kind.lower()}s{f'?{query}' if query else ''}")
    return [{**one, "kind": kind, "apiVersion": version} for one in found.get("items") or []]


def _all(server: client.Client) -> list[Object]:
    return [one for name, kind in workloads.KINDS.items() for one in _list(server, name, kind.version)]


def names(server: client.Client) -> list[str]:
    """The workloads that would be held, as C(KIND/NAMESPACE/NAME)."""
    return sorted(objects.name(one) for one in _all(server) if workloads.acts(one))


def unheld(server: client.Client) -> list[str]:
    """What somebody has labelled to be held, and cannot be."""
    found = [one for kind, version in workloads.UNHELD.items() for one in _list(server, kind, version, LABELLED)]
    return sorted(objects.name(one) for one in found if not workloads.owners(one))


def _patch(server: client.Client, one: Object, patch: Object) -> None:
    server.json(f"{objects.path(one)}?fieldManager={objects.MANAGER}", "PATCH", patch, content=MERGE)


def _mark(server: client.Client, held: list[str]) -> None:
    server.json(f"{MARKED}?fieldManager={objects.MANAGER}", "PATCH", workloads.mark(held), content=MERGE)


class _Plan(t.NamedTuple):
    """What it takes to have workloads stand still, by what they have made so far."""

    patches: list[tuple[Object, Object]]
    # ReplicaSets, and the pods of them and of the workloads.
    makers: list[Object]
    pods: list[Object]
    outcome: Outcome


def _plan(server: client.Client, acts: t.Callable[[Object], bool]) -> _Plan:
    known = _all(server)
    acting = [one for one in known if acts(one)]
    patches = [(one, patch) for one in acting if (patch := workloads.hold(one))]
    makers = workloads.replica_sets(acting, _list(server, "ReplicaSet", "apps/v1"))
    pods = workloads.pods([*acting, *makers], _list(server, "Pod", "v1"))
    changed = {objects.name(one): one for one, _patched in patches}
    outcome = Outcome(
        {name: workloads.value(one) for name, one in changed.items()},
        {name: workloads.KINDS[one["kind"]].still for name, one in changed.items()},
        workloads.marked(server.json(MARKED)),
        sorted({*changed, *(objects.name(one) for one in known if workloads.annotated(one))}),
        _names(pods),
    )
    return _Plan(patches, makers, pods, outcome)


def _names(pods: t.Iterable[Object]) -> list[str]:
    return [f"{pod['metadata']['namespace']}/{pod['metadata']['name']}" for pod in pods]


def _still(server: client.Client, plan: _Plan) -> None:
    if plan.outcome.told != plan.outcome.held:
        _mark(server, plan.outcome.held)
    for one, patch in plan.patches:
        _patch(server, one, patch)


def hold(server: client.Client, dry: bool) -> Outcome:
    """Hold what acts by itself. For an API that nobody else acts on: no controller makes a pod anew meanwhile."""
    plan = _plan(server, workloads.acts)
    if not dry:
        _still(server, plan)
        for one in plan.makers:
            if one["spec"].get("replicas") != 0:
                _patch(server, one, {"spec": {"replicas": 0}})
        for pod in plan.pods:
            _drop(server, pod)
    return plan.outcome


def quiesce(server: client.Client, namespaces: t.Collection[str], seconds: float, dry: bool) -> Outcome:
    """Hold what writes on a cluster that runs, and wait until its controllers and kubelets have ended the pods."""

    def writes(one: Object) -> bool:
        return workloads.writes(one, namespaces)

    plan = _plan(server, writes)
    if dry:
        return plan.outcome
    _still(server, plan)
    end = time.monotonic() + seconds
    while left := _plan(server, writes).pods:
        if time.monotonic() >= end:
            raise Refused(f"{', '.join(_names(left))}: held {seconds:g} s ago, and not ended yet")
        time.sleep(POLL_SECONDS)
    return plan.outcome


def withhold(
    server: client.Client, names: t.Collection[str], claims: t.Collection[str], node: str, dry: bool
) -> Outcome:
    """Hold those StatefulSets (NAMESPACE/NAME) that one of the claims is of, before its volume goes.

    Else their controllers would have them begin at once with an empty one. For a node that is gone: pods that were
    left there are deleted without anybody who would say that they have ended, like those that wait for it.
    """
    owning = [
        one
        for one in (_list(server, "StatefulSet", "apps/v1") if names else [])
        if objects.name(one).partition("/")[2] in names and any(workloads.has_claim(one, claim) for claim in claims)
    ]
    if not owning:
        return Outcome({}, {}, [], [], [])
    patches = [(one, patch) for one in owning if (patch := workloads.withhold(one))]
    changed = {objects.name(one): one for one, _patched in patches}
    told = workloads.marked(server.json(MARKED))
    held = sorted({*told, *changed, *(objects.name(one) for one in owning if workloads.annotated(one))})
    if not dry:
        if told != held:
            _mark(server, held)
        for one, patch in patches:
            _patch(server, one, patch)
        for one in owning:
            _await_seen(server, one)
    # Once nobody makes any.
    pods = workloads.pods(owning, _list(server, "Pod", "v1"))
    doomed = [pod for pod in pods if pod["spec"].get("nodeName", "") in ("", node)]
    for pod in doomed if not dry else []:
        _drop(server, pod)
    return Outcome(
        {name: workloads.value(one) for name, one in changed.items()},
        {name: workloads.KINDS[one["kind"]].still for name, one in changed.items()},
        told,
        held,
        [f"{pod['metadata']['namespace']}/{pod['metadata']['name']}" for pod in doomed],
    )


def _await_seen(server: client.Client, one: Object) -> None:
    """Wait until its controller knows how many replicas it has."""
    end = time.monotonic() + SEEN_SECONDS
    while found := server.find(objects.path(one)):
        if (found.get("status") or {}).get("observedGeneration", 0) >= found["metadata"].get("generation", 0):
            return
        if time.monotonic() >= end:
            raise Refused(
                f"{objects.name(one)}: its controller has not seen within {SEEN_SECONDS:g} s that it is held, and may"
                " have it begin with an empty volume. That volume is there yet -> run this again once there is a leader"
                " (kubectl -n kube-system get lease kube-controller-manager)"
            )
        time.sleep(POLL_SECONDS)


def _drop(server: client.Client, pod: Object) -> None:
    """Delete a pod at once: no kubelet has it that could end it first."""
    if patch := workloads.untracked(pod):
        _patch(server, pod, patch)
    server.delete(objects.path(pod), {"gracePeriodSeconds": 0})


def release(server: client.Client, seconds: float, dry: bool) -> Outcome:
    """Let go what is held, but for what waits for its data.

    What is refused is tried again: a webhook may run in a pod that was held itself.
    """
    annotated = [one for one in _all(server) if workloads.annotated(one)]
    pending = [(one, patch) for one in annotated if (patch := workloads.release(one))]
    held = sorted(objects.name(one) for one in annotated if not workloads.release(one))
    before = {objects.name(one): workloads.value(one) for one, _patched in pending}
    after = {
        objects.name(one): workloads.value({**one, "spec": {**one["spec"], **patch.get("spec", {})}})
        for one, patch in pending
    }
    outcome = Outcome(before, after, workloads.marked(server.json(MARKED)), held, [])
    if dry or not outcome.changed:
        return outcome
    end = time.monotonic() + seconds
    while errors := _released(server, pending):
        if time.monotonic() >= end:
            raise Refused(f"{', '.join(errors)}: still held after {seconds:g} s: {next(iter(errors.values()))}")
        time.sleep(POLL_SECONDS)
        pending = [(one, patch) for one, patch in pending if objects.name(one) in errors]
    _mark(server, held)
    return outcome


def _released(server: client.Client, pending: list[tuple[Object, Object]]) -> dict[str, str]:
    """Try each; why it was not done, by name. One that somebody has deleted meanwhile is let go."""
    errors = {}
    for one, patch in pending:
        try:
            _patch(server, one, patch)
        except client.Unreachable as error:
            if error.status != 404:
                errors[objects.name(one)] = str(error)
    return errors
