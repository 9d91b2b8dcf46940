# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which pods leave a node that is drained, and which can't. Pure.

Pods and budgets are Kubernetes' own objects, as its API lists them.
"""

from __future__ import annotations

import typing as t

Object = dict[str, t.Any]

MIRROR = "kubernetes.io/config.mirror"
ENDED = ("Succeeded", "Failed")


def name(pod: Object) -> str:
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"


def leaving(pods: t.Iterable[Object]) -> list[Object]:
    """The pods that have to go: neither the node's own, nor a DaemonSet's. What has ended is deleted, too."""
    return [
        pod
        for pod in pods
        if MIRROR not in pod["metadata"].get("annotations", {}) and (_controller(pod) or {}).get("kind") != "DaemonSet"
    ]


def blockers(pods: t.Iterable[Object], budgets: t.Iterable[Object]) -> list[str]:
    """Why pods would not go: nobody would make them anew, or a budget allows no disruption."""
    budgets = list(budgets)
    found = []
    for pod in pods:
        if pod["metadata"].get("deletionTimestamp") or pod.get("status", {}).get("phase") in ENDED:
            continue
        if _controller(pod) is None:
            found.append(
                f"pod {name(pod)} belongs to no controller, which would make it anew elsewhere -> delete it, or have"
                " it made by a Deployment"
            )
            continue
        covering = [budget for budget in budgets if _covers(budget, pod)]
        if len(covering) > 1:
            found.append(
                f"pod {name(pod)} may not go: {' and '.join(budget['metadata']['name'] for budget in covering)} both"
                " cover it, and Kubernetes evicts nothing that two PodDisruptionBudgets cover -> have one of them"
            )
        elif covering and not _allows(covering[0], pod):
            status = covering[0].get("status", {})
            found.append(
                f"pod {name(pod)} may not go: PodDisruptionBudget {covering[0]['metadata']['name']} allows no"
                f" disruption, with {status.get('currentHealthy', 0)} of {status.get('desiredHealthy', 0)} wanted pods"
                " healthy -> mend or add replicas, or relax the budget"
            )
    return found


def _controller(pod: Object) -> Object | None:
    return next((owner for owner in pod["metadata"].get("ownerReferences", []) if owner.get("controller")), None)


def ready(pod: Object) -> bool:
    conditions = pod.get("status", {}).get("conditions", [])
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def _allows(budget: Object, pod: Object) -> bool:
    """Whether the budget lets the pod go now; by the rules of Kubernetes' own eviction."""
    status, spec = budget.get("status", {}), budget.get("spec", {})
    if status.get("disruptionsAllowed", 0) > 0:
        return True
    if ready(pod):
        return False
    enough = status.get("currentHealthy", 0) >= status.get("desiredHealthy", 0) > 0
    always = spec.get("unhealthyPodEvictionPolicy") == "AlwaysAllow"
    return bool(always or enough or pod["status"].get("phase") == "Pending")


def _covers(budget: Object, pod: Object) -> bool:
    if budget["metadata"]["namespace"] != pod["metadata"]["namespace"]:
        return False
    selector = budget.get("spec", {}).get("selector")
    # None selects nothing, an empty one everything.
    return selector is not None and _selects(selector, pod["metadata"].get("labels", {}))


def _selects(selector: Object, labels: dict[str, str]) -> bool:
    wanted = selector.get("matchLabels") or {}
    rules = selector.get("matchExpressions") or []
    return wanted.items() <= labels.items() and all(_holds(rule, labels) for rule in rules)


def _holds(rule: Object, labels: dict[str, str]) -> bool:
    key, operator, values = rule["key"], rule["operator"], rule.get("values") or []
    if operator in ("In", "NotIn"):
        return bool((labels.get(key) in values) == (operator == "In"))
    return bool((key in labels) == (operator == "Exists"))
