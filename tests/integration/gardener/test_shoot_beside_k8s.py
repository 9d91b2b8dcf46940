"""What C(kubernetes.core.k8s) makes of the same shoot: why there is a module of its own."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from typing import Any

import landscape
import pytest
from ansible_collections.kubernetes.core.plugins.modules import k8s
from garden import Object
from gardenlet import Shoot
from landscape import Project
from shoots import Have, Run

K8s = Callable[..., dict[str, Any]]
HEALTHY = {"type": "EveryNodeReady", "status": "True"}


@pytest.fixture
def other(run: Run, project: Project) -> K8s:
    """Have kubernetes.core's module bring about the shoot."""

    def other(spec: Object, **options: Any) -> dict[str, Any]:
        definition = {**landscape.shoot(project, "shoot"), "spec": spec}
        return run(k8s, definition=definition, wait_timeout=20, wait_sleep=1, **options)

    return other


def test_it_takes_the_success_before_for_that_of_the_change(have: Have, other: K8s, ours: Shoot, spec: Object) -> None:
    told = other({**spec, "purpose": "evaluation"}, wait=True, wait_condition=HEALTHY)
    assert told["changed"] and not told.get("failed")
    assert ours.awaits(), "gardenlet has not even begun"
    mine = have({**spec, "purpose": "evaluation"}, force=True, timeout=0)
    assert mine["failed"] and "generation 2" in mine["msg"]


def test_it_tells_a_change_where_gardener_alone_has_written(have: Have, other: K8s, ours: Shoot, spec: Object) -> None:
    other(spec)
    have(wait=False)

    def changed(ask: Callable[[], dict[str, Any]]) -> bool:
        ours.condition("EveryNodeReady", "Unknown")
        health = threading.Timer(2, ours.condition, ("EveryNodeReady", "True"))
        health.start()
        told = ask()
        health.join()
        assert not told.get("failed"), told
        return bool(told["changed"])

    assert changed(lambda: other(spec, wait=True, wait_condition=HEALTHY))
    assert not changed(lambda: have(healthy=True))


def test_it_leaves_a_pool_that_is_not_described_any_more(have: Have, other: K8s, ours: Shoot, spec: Object) -> None:
    two = copy.deepcopy(spec)
    two["provider"]["workers"].append({**spec["provider"]["workers"][0], "name": "group-1"})
    with ours.playing():
        have(two)
    told = other(spec)
    assert not told.get("failed") and len(ours.read()["spec"]["provider"]["workers"]) == 2
    with ours.playing():
        assert have(allow_node_replacement=True)["removed_workers"] == ["group-1"]
    assert len(ours.read()["spec"]["provider"]["workers"]) == 1
