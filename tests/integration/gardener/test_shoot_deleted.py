"""Shoots that are deleted: confirmed, waited for, and by force only where Gardener allows it."""

from __future__ import annotations

from typing import Any

import landscape
import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import removal
from garden import Garden
from gardenlet import Shoot, failed, progressed
from landscape import Project
from shoots import Have, impersonated

CONFIRMED = {"state": "absent", "confirm_deletion": True}
CONFIRMATION = "confirmation.gardener.cloud/deletion"
FORCE = "confirmation.gardener.cloud/force-deletion"


def gone(shoot: Shoot) -> None:
    """The last step of a deletion."""
    shoot.succeed()
    shoot.remove()


def untouched(shoot: Shoot) -> bool:
    metadata = shoot.read()["metadata"]
    return "deletionTimestamp" not in metadata and CONFIRMATION not in metadata["annotations"]


def test_a_shoot_is_deleted_once_that_is_confirmed_and_waited_for(have: Have, ours: Shoot) -> None:
    refused = have(state="absent")
    assert refused["failed"] and "confirm_deletion" in refused["msg"] and untouched(ours)
    previewed = have(**CONFIRMED, check=True)
    assert previewed["changed"] and previewed["diff"]["after"] == {} and untouched(ours)
    with ours.playing(progressed(30, "Destroying"), gone):
        told = have(**CONFIRMED)
    assert told["changed"] and not told.get("failed") and told["shoot"] == {} and not ours.there()
    assert told["diff"]["before"]["spec"]["region"] == "fra"
    again = have(state="absent")
    assert not again["changed"] and not again.get("failed")


def test_a_deletion_that_goes_on_is_waited_for_by_the_next_run(have: Have, ours: Shoot) -> None:
    early = have(**CONFIRMED, timeout=0)
    assert early["failed"] and early["changed"] and not early["over"] and ours.there()
    with ours.playing(gone):
        told = have(state="absent")
    assert not told["changed"] and not told.get("failed")


def test_a_shoot_that_is_being_deleted_cannot_be_described(have: Have, ours: Shoot) -> None:
    have(**CONFIRMED, wait=False)
    told = have()
    assert told["failed"] and "it is being deleted since" in told["msg"]


def test_a_deletion_that_somebody_has_confirmed_is_only_tried_in_check_mode(have: Have, ours: Shoot) -> None:
    ours.annotate({CONFIRMATION: "true"})
    previewed = have(**CONFIRMED, check=True)
    assert previewed["changed"] and "deletionTimestamp" not in ours.read()["metadata"]


@pytest.mark.parametrize(
    ("kind", "state", "refused"),
    [("Migrate", "Processing", True), ("Restore", "Error", True), ("Restore", "Succeeded", False)],
)
def test_a_shoot_whose_control_plane_moves_stays(have: Have, ours: Shoot, kind: str, state: str, refused: bool) -> None:
    operation = {**ours.status["lastOperation"], "type": kind, "state": state}
    ours.write({"lastOperation": operation})
    told = have(**CONFIRMED, check=True)
    assert bool(told.get("failed")) == refused and untouched(ours)
    if refused:
        assert f"operation {kind} is {state}" in told["msg"]


def test_force_is_refused_before_a_deletion_has_failed_and_taken_then(have: Have, ours: Shoot) -> None:
    told = have(**CONFIRMED, force_deletion=True)
    assert told["failed"] and "only for a shoot whose deletion has begun" in told["msg"] and untouched(ours)
    with ours.playing(failed("no access", "ERR_INFRA_UNAUTHORIZED")):
        told = have(**CONFIRMED)
    assert told["failed"] and told["over"] and "no access [ERR_INFRA_UNAUTHORIZED]" in told["msg"]
    previewed = have(**CONFIRMED, force_deletion=True, check=True)
    assert previewed["changed"] and FORCE not in ours.annotations
    with ours.playing(gone):
        told = have(**CONFIRMED, force_deletion=True)
    assert told["changed"] and not told.get("failed") and not ours.there()


def test_a_deletion_that_was_given_up_is_tried_again_by_the_next_run(have: Have, ours: Shoot) -> None:
    with ours.playing(failed("no access", "ERR_INFRA_UNAUTHORIZED")):
        told = have(**CONFIRMED)
    assert told["failed"] and "have it deleted once more" in told["msg"]
    with ours.playing(gone):
        told = have(**CONFIRMED)
    assert told["changed"] and not told.get("failed") and not ours.there()


def test_force_is_refused_after_an_error_that_gardener_does_not_allow_it_for(have: Have, ours: Shoot) -> None:
    with ours.playing(failed("no machine", "ERR_INFRA_QUOTA_EXCEEDED")):
        have(**CONFIRMED)
    told = have(**CONFIRMED, force_deletion=True)
    assert told["failed"] and "there is ERR_INFRA_QUOTA_EXCEEDED" in told["msg"] and FORCE not in ours.annotations


def test_what_others_set_on_the_shoot_is_told_while_it_does_not_go(have: Have, ours: Shoot) -> None:
    have(**CONFIRMED, wait=False)
    ours.start()
    ours.succeed()
    told = have(state="absent", timeout=0)
    assert told["failed"] and "finalizers gardener" in told["msg"]


def test_a_shoot_that_nobody_would_delete_is_refused(have: Have, ours: Shoot) -> None:
    ours.annotate({"shoot.gardener.cloud/ignore": "true"})
    told = have(**CONFIRMED)
    assert told["failed"] and "shoot.gardener.cloud/ignore" in told["msg"] and untouched(ours)


@pytest.fixture
def dual(garden: Garden, project: Project) -> None:
    """A project where one confirms a deletion and another one deletes."""
    approval: dict[str, Any] = {"dualApprovalForDeletion": [{"resource": "shoots", "selector": {}}]}
    path = f"/apis/{landscape.CORE}/projects/{project.name}"
    garden.request(path, "PATCH", {"spec": approval}, "application/merge-patch+json")


def test_where_two_have_to_approve_the_first_confirms_and_the_second_deletes(
    garden: Garden, dual: None, have: Have, ours: Shoot
) -> None:
    # The caches of gardener-apiserver have the project as it is now a moment later.
    def asked() -> bool:
        told = have(**CONFIRMED, wait=False)
        assert told.get("failed"), "it was deleted by one alone"
        return "have somebody else run the same" in told["msg"]

    garden.until(asked, "a second approval is asked for")
    assert ours.annotations[CONFIRMATION] == "true" and "deletionTimestamp" not in ours.read()["metadata"]
    ours.annotate({CONFIRMATION: None})
    confirmed = {"metadata": {"annotations": {CONFIRMATION: "true"}}}
    impersonated(garden, "second", ours.path, "PATCH", confirmed)
    with ours.playing(gone):
        told = have(**CONFIRMED)
    assert told["changed"] and not told.get("failed") and not ours.there()


@pytest.fixture
def seeding(garden: Garden, have: Have, spec: dict[str, Any]) -> Shoot:
    """A shoot of the namespace garden that a ManagedSeed makes a seed of."""
    made = landscape.project(garden, "garden", "garden")
    spec |= {
        "dns": {"domain": "seed.example.test"},
        "kubernetes": {**spec["kubernetes"], "verticalPodAutoscaler": {"enabled": True}},
    }
    told = have(spec, namespace=made.namespace, wait=False)
    assert told["changed"] and not told.get("failed"), told
    shoot = Shoot(garden, made.namespace, "shoot")
    shoot.start()
    shoot.succeed()
    network = shoot.read()["spec"]["networking"]
    seed = {
        **landscape.seed()["spec"],
        "ingress": {"domain": "ingress.seed.example.test", "controller": {"kind": "nginx"}},
        "networks": {key: network[key] for key in ("nodes", "pods", "services")},
        # It has that of the shoot.
        "settings": {"verticalPodAutoscaler": {"enabled": False}},
    }
    config = {
        "apiVersion": "gardenlet.config.gardener.cloud/v1alpha1", "kind": "GardenletConfiguration",
        "seedConfig": {"metadata": {"labels": {"a": "b"}}, "spec": seed},
    }  # fmt: skip
    garden.apply(
        {
            "apiVersion": "seedmanagement.gardener.cloud/v1alpha1", "kind": "ManagedSeed",
            "metadata": {"name": "of-shoot", "namespace": "garden"},
            "spec": {"shoot": {"name": "shoot"}, "gardenlet": {"config": config}},
        },
        "managedseeds",
    )  # fmt: skip
    return shoot


def test_a_shoot_that_is_a_seed_stays(garden: Garden, have: Have, seeding: Shoot, monkeypatch: Any) -> None:
    for check in (True, False):
        told = have(**CONFIRMED, namespace="garden", check=check)
        assert told["failed"] and "ManagedSeed garden/of-shoot makes a seed of it -> delete that first" in told["msg"]
        assert untouched(seeding)
    # Who may not read ManagedSeeds hears it from the garden, and leaves nothing confirmed.
    monkeypatch.setattr(removal, "_seeds", lambda *_: [])
    told = have(**CONFIRMED, namespace="garden")
    assert told["failed"] and "it is still referenced by a managed seed" in told["msg"] and untouched(seeding)
