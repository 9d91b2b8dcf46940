"""That the rig is what it says: the real API server refuses and defaults, and the stand-in plays gardenlet."""

from __future__ import annotations

import json
import urllib.error
from collections.abc import Callable

import landscape
import pytest
from garden import CertificateAuthority, Garden, Object
from gardenlet import OPERATION, Shoot, failed, progressed
from landscape import Project

Made = Callable[..., Shoot]


def refusal(garden: Garden, path: str, method: str, body: Object | None = None) -> str:
    with pytest.raises(urllib.error.HTTPError) as refused:
        garden.request(path, method, body)
    return str(json.loads(refused.value.read())["message"])


def test_a_shoot_is_defaulted_by_the_admission_plugins(made: Made) -> None:
    """C(ShootMutator) notes who made it, which nothing else does."""
    found = made(ready=False).read()
    assert found["metadata"]["annotations"]["gardener.cloud/created-by"] == "admin"
    assert found["spec"]["schedulerName"] == "default-scheduler"
    assert found["metadata"]["generation"] == 1


def test_a_version_that_the_cloud_profile_lacks_is_refused(garden: Garden, project: Project) -> None:
    wanted = landscape.shoot(project, "new", kubernetes={"version": "1.35.99"})
    path = f"/apis/{landscape.CORE}/namespaces/{project.namespace}/shoots"
    assert "spec.kubernetes.version" in refusal(garden, path, "POST", wanted)


def test_deletion_without_confirmation_is_refused(garden: Garden, made: Made) -> None:
    assert "confirmation.gardener.cloud/deletion" in refusal(garden, made().path, "DELETE")


def test_a_confirmed_deletion_ends_when_gardenlet_has_done_its_part(garden: Garden, made: Made) -> None:
    shoot = made()
    shoot.annotate({"confirmation.gardener.cloud/deletion": "true"})
    garden.request(shoot.path, "DELETE")
    assert shoot.start() == "Delete"
    with pytest.raises(urllib.error.HTTPError):
        shoot.remove()
    shoot.succeed()
    shoot.remove()
    assert not shoot.there()


def test_the_stand_in_creates_and_then_reconciles(made: Made) -> None:
    shoot = made(ready=False)
    assert shoot.start() == "Create"
    shoot.progress(42, "Deploying Shoot infrastructure")
    assert shoot.status["lastOperation"]["progress"] == 42
    shoot.succeed()
    assert not shoot.awaits()
    shoot.annotate({OPERATION: "reconcile"})
    assert OPERATION not in shoot.annotations and shoot.awaits()
    assert shoot.start() == "Reconcile"


@pytest.mark.parametrize(
    ("code", "state"), [("ERR_INFRA_QUOTA_EXCEEDED", "Failed"), ("ERR_RETRYABLE_CONFIGURATION_PROBLEM", "Error")]
)
def test_a_code_decides_whether_it_is_retried(made: Made, code: str, state: str) -> None:
    shoot = made(ready=False)
    shoot.start()
    shoot.fail("no more machines", code)
    status = shoot.status
    assert status["lastOperation"]["state"] == state
    assert status["lastErrors"][0]["codes"] == [code]


def test_steps_are_taken_beside_the_test_once_something_is_asked_for(garden: Garden, made: Made) -> None:
    shoot = made()
    with shoot.playing(progressed(7, "Waiting"), failed("no more machines")):
        shoot.annotate({OPERATION: "reconcile"})
        garden.until(lambda: shoot.status["lastOperation"]["state"] == "Error", "it has failed")
    assert shoot.status["lastOperation"]["progress"] == 7


def test_a_rotation_goes_through_its_phases(made: Made) -> None:
    shoot = made()

    def phases() -> list[str]:
        rotation = shoot.status["credentials"]["rotation"]
        return [rotation[one]["phase"] for one in ("certificateAuthorities", "serviceAccountKey", "etcdEncryptionKey")]

    shoot.annotate({OPERATION: "rotate-credentials-start"})
    shoot.start()
    assert phases() == ["Preparing"] * 3 and OPERATION not in shoot.annotations
    shoot.succeed()
    # The API server itself has the key of etcd go on.
    assert phases() == ["Prepared"] * 3 and shoot.awaits()
    shoot.start()
    shoot.succeed()
    assert phases() == ["Prepared", "Prepared", "Completed"]
    shoot.annotate({OPERATION: "rotate-credentials-complete"})
    shoot.start()
    shoot.succeed()
    assert phases() == ["Completed"] * 3


def test_a_shoot_is_bound_to_the_seed(made: Made) -> None:
    shoot = made(ready=False)
    shoot.pending("0/1 seed cluster candidate(s) are eligible for scheduling")
    assert shoot.status["lastOperation"]["state"] == "Pending"
    shoot.bind()
    assert shoot.read()["spec"]["seedName"] == landscape.SEED
    assert "lastOperation" not in shoot.status


def test_kubeconfigs_are_issued_once_all_is_there_that_they_are_made_of(garden: Garden, made: Made) -> None:
    shoot = made()
    asked = {"apiVersion": "authentication.gardener.cloud/v1alpha1", "kind": "AdminKubeconfigRequest", "spec": {}}
    assert "advertisedAddresses" in refusal(garden, f"{shoot.path}/adminkubeconfig", "POST", asked)
    shoot.expose(CertificateAuthority("shoot"))
    garden.until(lambda: garden.request(f"{shoot.path}/adminkubeconfig", "POST", asked)["status"], "it is issued")


def test_gardener_goes_away_and_comes_back(garden: Garden, made: Made) -> None:
    shoot = made()
    with garden.away():
        garden.until(lambda: unavailable(shoot), "no answer")
    assert shoot.there()


def unavailable(shoot: Shoot) -> bool:
    try:
        shoot.read()
    except urllib.error.HTTPError as error:
        return error.code == 503
    return False
