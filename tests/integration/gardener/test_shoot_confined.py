"""Changes that the real API server leaves for the maintenance window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import confinement
from ansible_collections.metalstack.autonomous.plugins.modules import gardener_shoot_info, gardener_shoot_operation
from garden import Object
from gardenlet import Shoot, failed
from shoots import Have, Run, differences, patched

Info = Callable[[], dict[str, Any]]
NOTE = f"metadata.annotations.{confinement.ANNOTATION}"


@pytest.fixture
def confined(have: Have, shoot: Shoot, spec: Object) -> Object:
    """The spec of a shoot that has been created with it, and waits with its changes."""
    spec["maintenance"]["confineSpecUpdateRollout"] = True
    with shoot.playing():
        assert not have(spec)["pending"]
    return spec


@pytest.fixture
def info(run: Run, shoot: Shoot) -> Info:
    return lambda: dict(run(gardener_shoot_info, namespace=shoot.namespace, name=shoot.name)["shoots"][0])


def test_a_change_is_pending_until_a_reconciliation_has_begun_with_it(
    run: Run, have: Have, shoot: Shoot, confined: Object, info: Info
) -> None:
    changed = {**confined, "purpose": "evaluation"}
    previewed = have(changed, check=True)
    told = have(changed)
    assert previewed["diff"] == told["diff"] and differences(told["diff"]) == {"spec.purpose", NOTE}
    for one in (previewed, told):
        assert one["changed"] and one["confined"] and one["pending"] and not one.get("failed")
    assert "from 220000+0100 to 230000+0100" in told["warned"][-1]
    again = have(changed)
    assert (again["changed"], again["confined"], again["pending"]) == (False, False, True)
    assert any("maintenance window" in one for one in again["warned"]) and not again.get("failed")
    found = info()
    assert (found["ready"], found["pending"], found["over"]) == (False, True, False)
    place = {"namespace": shoot.namespace, "name": shoot.name}
    assert run(gardener_shoot_operation, operations=["reconcile"], wait=False, **place)["changed"]
    assert info()["pending"], "nobody has begun"
    shoot.start()
    assert (info()["pending"], info()["ready"]) == (False, False)
    shoot.succeed()
    assert (info()["pending"], info()["ready"]) == (False, True)
    last = have(changed)
    assert not last["changed"] and not last["pending"] and not last["warned"]


def test_hibernation_takes_what_was_pending_with_it(have: Have, shoot: Shoot, confined: Object) -> None:
    changed = {**confined, "purpose": "evaluation"}
    assert have(changed)["pending"]
    with shoot.playing():
        told = have(changed, hibernated=True)
    assert told["changed"] and not told["confined"] and not told["pending"] and not told.get("failed")


def test_what_is_under_way_ends_without_the_change(have: Have, shoot: Shoot, confined: Object, info: Info) -> None:
    shoot.start()
    assert have({**confined, "purpose": "evaluation"}, wait=False)["pending"]
    shoot.succeed()
    assert (info()["ready"], info()["pending"]) == (False, True)


def test_what_has_failed_is_tried_again_with_the_change(
    have: Have, shoot: Shoot, confined: Object, info: Info, garden: Any
) -> None:
    shoot.start()
    shoot.fail("not yet", "ERR_RETRYABLE_INFRA_DEPENDENCIES")
    told = have({**confined, "purpose": "evaluation"}, timeout=0)
    assert told["failed"] and told["pending"] and "not yet" in told["msg"]
    # Of the times of a status the garden keeps whole seconds.
    ended = shoot.status["lastOperation"]["lastUpdateTime"]
    garden.until(lambda: shoot.start() and shoot.status["lastOperation"]["lastUpdateTime"] != ended, "a second")
    shoot.succeed()
    assert (info()["ready"], info()["pending"]) == (True, False)


def test_what_is_created_or_not_begun_yet_waits_for_no_window(have: Have, shoot: Shoot, spec: Object) -> None:
    spec["maintenance"]["confineSpecUpdateRollout"] = True
    have(spec, wait=False)
    told = have({**spec, "purpose": "evaluation"}, wait=False)
    assert told["changed"] and not told["confined"] and not told["pending"]


def test_what_is_only_a_label_waits_for_no_window_and_leaves_what_is_pending(
    have: Have, shoot: Shoot, confined: Object
) -> None:
    told = have(confined, labels={"a": "b"})
    assert told["changed"] and not told["confined"] and not told["pending"]
    changed = {**confined, "purpose": "evaluation"}
    assert have(changed, labels={"a": "b"})["pending"]
    told = have(changed, labels={"a": "c"})
    assert differences(told["diff"]) == {"metadata.labels.a"} and told["pending"]


def test_a_wait_ends_with_the_failure_that_comes_before_the_window(have: Have, shoot: Shoot, confined: Object) -> None:
    patched(shoot.garden, shoot, {"metadata": {"annotations": {"gardener.cloud/operation": "reconcile"}}}, "other")
    with shoot.playing(failed("no machine", "ERR_INFRA_QUOTA_EXCEEDED")):
        told = have({**confined, "purpose": "evaluation"})
    assert told["failed"] and "no machine" in told["msg"]
