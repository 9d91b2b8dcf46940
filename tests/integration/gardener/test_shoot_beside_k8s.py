"""What C(kubernetes.core.k8s) makes of the same shoot: why there is a module of its own."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from typing import Any

import landscape
import pytest
from ansible_collections.kubernetes.core.plugins.modules import k8s
from garden import Garden, Object
from gardenlet import Shoot
from landscape import Project
from shoots import MAINTENANCE, Have, Run, patched

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


@pytest.mark.parametrize("apply", [False, True])
def test_it_removes_a_pool_and_its_nodes_without_a_word(
    have: Have, other: K8s, ours: Shoot, spec: Object, apply: bool
) -> None:
    """All pools are one value to it: Gardener takes no strategic merge of what has a provider's configuration."""
    two = copy.deepcopy(spec)
    two["provider"]["workers"].append({**spec["provider"]["workers"][0], "name": "group-1"})
    with ours.playing():
        have(two)
    refused = have()
    assert refused["failed"] and "group-1 (the pool is removed)" in refused["msg"]
    if apply:
        # As it would have applied both pools before.
        assert not other(two, apply=True).get("failed")
    told = other(spec, apply=apply)
    assert not told.get("failed") and not told["warned"]
    assert [one["name"] for one in ours.read()["spec"]["provider"]["workers"]] == ["group-0"]


def test_it_rolls_nodes_back_to_the_image_before_maintenance(
    have: Have, other: K8s, ours: Shoot, spec: Object, garden: Garden
) -> None:
    def image() -> str:
        return str(ours.read()["spec"]["provider"]["workers"][0]["machine"]["image"]["version"])

    raised = copy.deepcopy(ours.read()["spec"]["provider"]["workers"])
    raised[0]["machine"]["image"]["version"] = "12.0.20260301"
    with ours.playing():
        patched(garden, ours, {"spec": {"provider": {"workers": raised}}}, MAINTENANCE)
        assert not have()["changed"] and image() == "12.0.20260301"
    assert other(spec)["changed"] and image() == "12.0.20260201"
