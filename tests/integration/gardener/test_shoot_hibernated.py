"""Shoots that hibernate, wake up, and may not."""

from __future__ import annotations

import pytest
from garden import Object
from gardenlet import Shoot
from shoots import MAINTENANCE, Have, differences, patched


def enabled(shoot: Shoot) -> object:
    return (shoot.read()["spec"].get("hibernation") or {}).get("enabled")


def test_a_shoot_hibernates_and_wakes_up_and_its_nodes_are_none_meanwhile(
    have: Have, ours: Shoot, spec: Object
) -> None:
    with ours.playing():
        told = have(hibernated=True)
    assert differences(told["diff"]) == {"spec.hibernation"} and not told.get("failed")
    assert ours.status["hibernated"] is True and not have(hibernated=True)["changed"]
    pool = {**spec["provider"]["workers"][0], "machine": {**spec["provider"]["workers"][0]["machine"]}}
    pool["machine"]["type"] = "c1-xlarge-x86"
    asleep = {**spec, "provider": {**spec["provider"], "workers": [pool]}}
    assert not have(asleep, check=True, hibernated=True).get("failed")
    # Not said, it stays as it is.
    assert not have()["changed"] and enabled(ours) is True
    with ours.playing():
        assert have(hibernated=False)["changed"]
    assert ours.status["hibernated"] is False


def test_what_a_schedule_does_is_no_difference_unless_it_is_described(have: Have, ours: Shoot, spec: Object) -> None:
    scheduled = {**spec, "hibernation": {"schedules": [{"start": "00 20 * * *", "location": "Europe/Berlin"}]}}
    with ours.playing():
        have(scheduled)
        patched(ours.garden, ours, {"spec": {"hibernation": {"enabled": True}}}, MAINTENANCE)
        assert not have(scheduled)["changed"]
        told = have(scheduled, hibernated=False)
    assert told["changed"] and not told.get("failed") and enabled(ours) is False
    assert told["taken_over"] == [{"field": ".spec.hibernation.enabled", "manager": MAINTENANCE}]
    # And what is ours since is taken by the schedule again.
    patched(ours.garden, ours, {"spec": {"hibernation": {"enabled": True}}}, MAINTENANCE)
    assert not have(scheduled, check=True)["changed"] and enabled(ours) is True


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("why", ["webhook", "rotation"])
def test_hibernation_is_refused_with_the_gardens_reason(have: Have, ours: Shoot, check: bool, why: str) -> None:
    if why == "webhook":
        ours.condition("HibernationPossible", "False", "ValidatingWebhookConfiguration x blocks it")
        said = "'HibernationPossible' constraint is 'False': ValidatingWebhookConfiguration x blocks it"
    else:
        ours.write({"credentials": {"rotation": {"serviceAccountKey": {"phase": "Preparing"}}}})
        said = 'shoot cannot be hibernated when .status.credentials.rotation.serviceAccountKey.phase is "Preparing"'
    told = have(hibernated=True, check=check)
    assert told["failed"] and said in told["msg"] and enabled(ours) in (None, False)
