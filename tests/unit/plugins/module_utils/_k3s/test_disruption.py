"""Which pods leave a node, and what keeps them."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import disruption, drain, nodes


def pod(name: str = "web", owner: str = "ReplicaSet", ready: bool = True, phase: str = "Running", **metadata) -> dict:
    owners = [{"kind": owner, "controller": True}] if owner else []
    metadata = {"labels": {"app": "web"}, "ownerReferences": owners, **metadata}
    return {
        "metadata": {"namespace": "default", "name": name, **metadata},
        "status": {"phase": phase, "conditions": [{"type": "Ready", "status": str(ready)}]},
    }


def budget(
    allowed: int = 0, selector: dict | None = None, namespace: str = "default", healthy: int = 1, **spec
) -> dict:
    return {
        "metadata": {"namespace": namespace, "name": "keep"},
        "spec": {"selector": {"matchLabels": {"app": "web"}} if selector is None else selector, **spec},
        "status": {"disruptionsAllowed": allowed, "currentHealthy": healthy, "desiredHealthy": 1},
    }


@pytest.mark.parametrize(
    ("found", "leaves"),
    [
        (pod(), True),
        (pod(owner=""), True),
        (pod(owner="StatefulSet"), True),
        (pod(owner="DaemonSet"), False),
        (pod(annotations={disruption.MIRROR: "x"}), False),
        (pod(phase="Succeeded"), True),
        (pod(phase="Failed"), True),
        (pod(phase="Pending"), True),
    ],
)
def test_who_leaves(found: dict, leaves: bool) -> None:
    assert bool(disruption.leaving([found])) == leaves


KEPT = "default/web may not go: PodDisruptionBudget keep allows no disruption, with 1 of 1 wanted pods healthy"
BLOCKERS = {
    "no budget": (pod(), [], ""),
    "a budget that allows one": (pod(), [budget(allowed=1)], ""),
    "a budget that allows none": (pod(), [budget()], KEPT),
    "two budgets, as Kubernetes evicts nothing that both cover": (
        pod(),
        [budget(allowed=1), budget(allowed=1)],
        "keep and keep both cover it",
    ),
    "a budget of others": (pod(), [budget(selector={"matchLabels": {"app": "db"}})], ""),
    "a budget in another namespace": (pod(), [budget(namespace="other")], ""),
    "a budget for all pods": (pod(), [budget(selector={})], KEPT),
    "a budget by expression": (
        pod(),
        [budget(selector={"matchExpressions": [{"key": "app", "operator": "In", "values": ["web", "db"]}]})],
        KEPT,
    ),
    "a budget by an expression that does not hold": (
        pod(),
        [budget(selector={"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]})],
        "",
    ),
    "a budget for pods that have a label": (
        pod(),
        [budget(selector={"matchExpressions": [{"key": "app", "operator": "Exists"}]})],
        KEPT,
    ),
    "a budget for pods that lack a label": (
        pod(),
        [budget(selector={"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]})],
        "",
    ),
    "a sick pod while enough are well": (pod(ready=False), [budget()], ""),
    "a sick pod while too few are well": (pod(ready=False), [budget(healthy=0)], "with 0 of 1 wanted pods healthy"),
    "a sick pod that may always go": (
        pod(ready=False),
        [budget(healthy=0, unhealthyPodEvictionPolicy="AlwaysAllow")],
        "",
    ),
    "a pod that never ran": (pod(ready=False, phase="Pending"), [budget(healthy=0)], ""),
    "a pod that is going already": (pod(deletionTimestamp="2026-01-01T00:00:00Z"), [budget()], ""),
    "a pod that has ended": (pod(owner="", phase="Succeeded"), [budget()], ""),
    "a pod that nobody would make anew": (pod(owner=""), [], "pod default/web belongs to no controller"),
}


@pytest.mark.parametrize("situation", BLOCKERS)
def test_what_keeps_a_pod(situation: str) -> None:
    found, budgets, expected = BLOCKERS[situation]
    blockers = disruption.blockers([found], budgets)
    assert bool(blockers) == bool(expected)
    assert not expected or expected in blockers[0]


def test_a_node_that_somebody_else_closed_stays_closed() -> None:
    closed = {"metadata": {}, "spec": {"unschedulable": True}}
    assert (drain.close(closed), drain.reopen(closed)) == ({}, {})


def test_what_was_emptied_is_opened_again() -> None:
    open_node = {"metadata": {}, "spec": {}}
    change = drain.close(open_node)
    assert change["spec"] == {"unschedulable": True}
    emptied = {**change, "metadata": {"annotations": change["metadata"]["annotations"]}}
    assert nodes.parse(emptied)["drained"]
    assert drain.close(emptied) == {}
    assert drain.reopen(emptied) == {
        "metadata": {"annotations": {nodes.DRAINED: None}},
        "spec": {"unschedulable": None},
    }
