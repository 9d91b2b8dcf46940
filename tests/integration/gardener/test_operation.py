"""Operations and rotations of shoots on the real API server, with the stand-in for gardenlet."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import landscape
import pytest
from adhoc import adhoc
from ansible_collections.metalstack.autonomous.plugins.modules import gardener_shoot_operation
from garden import Garden
from gardenlet import OPERATION, Shoot, failed, progressed

Run = Callable[..., dict[str, Any]]
Made = Callable[..., Shoot]
DEFERRED, FORCE = "maintenance.gardener.cloud/operation", "force-in-place-update"
BOTH = ("certificateAuthorities", "serviceAccountKey")


@pytest.fixture
def operate(run: Run) -> Callable[..., dict[str, Any]]:
    def operate(shoot: Shoot, *operations: str, check: bool = False, **options: Any) -> dict[str, Any]:
        given = {"namespace": shoot.namespace, "name": shoot.name, "operations": list(operations)}
        return run(gardener_shoot_operation, check, **given, **{"timeout": 60, **options})

    return operate


def untouched(shoot: Shoot, generation: int) -> bool:
    return shoot.read()["metadata"]["generation"] == generation and OPERATION not in shoot.annotations


def test_a_reconciliation_is_waited_for_with_its_own_success(operate: Run, made: Made) -> None:
    """The success of the one before is there all the time."""
    shoot = made()
    with shoot.playing(progressed(50, "Deploying")):
        early = operate(shoot, "reconcile", timeout=0)
    assert early["failed"] and "generation 2" in early["msg"]
    with shoot.playing(progressed(50, "Deploying"), Shoot.succeed):
        result = operate(shoot, "reconcile")
    assert (result["changed"], result["sent"], result["generation"]) == (True, ["reconcile"], 3)
    assert result["operation"]["state"] == "Succeeded" and not result["failures"]


def test_what_is_not_retried_ends_the_wait_with_its_reason(operate: Run, made: Made) -> None:
    shoot = made()
    with shoot.playing(failed("no machine is left", "ERR_INFRA_QUOTA_EXCEEDED")):
        result = operate(shoot, "reconcile", timeout=600)
    assert result["failed"] and result["over"]
    assert "no machine is left" in result["msg"] and "ERR_INFRA_QUOTA_EXCEEDED" in result["msg"]


def test_retry_is_for_what_has_failed_alone(operate: Run, made: Made) -> None:
    shoot = made()
    generation = shoot.read()["metadata"]["generation"]
    assert not operate(shoot, "retry")["changed"]
    assert untouched(shoot, generation)
    shoot.start()
    shoot.fail("no machine is left", "ERR_INFRA_QUOTA_EXCEEDED")
    refused = operate(shoot, "reconcile")
    assert refused["failed"] and "before it is retried" in refused["msg"]
    with shoot.playing():
        assert operate(shoot, "retry")["changed"]
    assert shoot.status["lastOperation"]["state"] == "Succeeded"


def test_a_rotation_is_prepared_and_completed_and_neither_twice(operate: Run, made: Made) -> None:
    shoot = made()
    begun = {"since": "2020-01-01T00:00:00Z"}
    with shoot.playing():
        prepared = operate(shoot, "rotate-credentials", phase="prepared", **begun)
        again = operate(shoot, "rotate-credentials", phase="prepared", **begun)
        predicted = operate(shoot, "rotate-credentials", phase="completed", check=True, **begun)
        completed = operate(shoot, "rotate-credentials", phase="completed", **begun)
        twice = [operate(shoot, "rotate-credentials", phase=one, **begun) for one in ("prepared", "completed")]
    assert prepared["sent"] == ["rotate-credentials-start"]
    assert prepared["phases"] == {**dict.fromkeys(BOTH, "Prepared"), "etcdEncryptionKey": "Completed"}
    assert (again["changed"], again["phases"]) == (False, prepared["phases"])
    assert completed["sent"] == ["rotate-credentials-complete"]
    assert set(completed["phases"].values()) == {"Completed"}
    assert predicted["diff"] == completed["diff"]
    assert [one["changed"] for one in twice] == [False, False]


def test_check_mode_asks_for_nothing(operate: Run, made: Made) -> None:
    shoot = made()
    generation = shoot.read()["metadata"]["generation"]
    for operations, options in ((["reconcile"], {}), (["rotate-ca"], {"phase": "prepared"}), (["maintain"], {})):
        assert operate(shoot, *operations, check=True, **options)["changed"]
    assert operate(shoot, "reconcile", check=True, deferred=True)["changed"]
    assert untouched(shoot, generation) and DEFERRED not in shoot.annotations


def test_maintenance_is_waited_for_with_the_reconciliation_that_it_brings(operate: Run, made: Made) -> None:
    """The annotation goes with the write that changes the spec, while the success of the one before is there."""
    shoot = made()
    first = operate(shoot, "maintain", timeout=0)
    assert "operation maintain is taken" in first["msg"]
    shoot.maintain("1.35.4")
    second = operate(shoot, "maintain", timeout=0, written=first["written"])
    assert second["failed"] and "generation 2" in second["msg"]
    with shoot.playing():
        last = operate(shoot, "maintain", written=first["written"])
    assert (last["sent"], last["generation"]) == (["maintain"], 2)


def test_maintenance_that_fails_is_no_success(operate: Run, made: Made) -> None:
    shoot = made()
    first = operate(shoot, "maintain", wait=False)
    shoot.maintain("1.35.4", failure="Updates to the Shoot failed to be applied: no such version")
    result = operate(shoot, "maintain", written=first["written"])
    assert result["failed"] and result["over"] and "no such version" in result["msg"]


def test_a_run_that_was_cut_off_goes_on_from_the_phase_that_it_finds(operate: Run, made: Made) -> None:
    shoot = made()
    assert operate(shoot, "rotate-ca", phase="prepared", wait=False)["sent"] == ["rotate-ca-start"]
    # Nobody has taken it yet, and another one would replace it.
    assert "rotate-ca-start is taken" in operate(shoot, "reconcile", wait=False)["msg"]
    with shoot.playing():
        resumed = operate(shoot, "rotate-ca", phase="prepared")
    assert (resumed["changed"], resumed["phases"]) == (False, {"certificateAuthorities": "Prepared"})
    assert operate(shoot, "rotate-ca", phase="completed", wait=False)["changed"]
    with shoot.playing():
        resumed = operate(shoot, "rotate-ca", phase="completed")
    assert (resumed["changed"], resumed["phases"]) == (False, {"certificateAuthorities": "Completed"})


def test_workers_may_be_rolled_apart(operate: Run, made: Made) -> None:
    shoot = made()
    with shoot.playing():
        waiting = operate(shoot, "rotate-ca", phase="prepared", roll_workers=False)
        refused = operate(shoot, "rotate-ca", phase="completed")
        rolled = operate(shoot, "rotate-ca", phase="prepared")
    assert (waiting["phases"], waiting["pools"]) == (
        {"certificateAuthorities": "WaitingForWorkersRollout"},
        ["group-0"],
    )
    assert refused["failed"] and "group-0" in refused["msg"]
    assert (rolled["sent"], rolled["phases"]) == (
        ["rotate-rollout-workers=group-0"],
        {"certificateAuthorities": "Prepared"},
    )


def test_what_is_rotated_in_one_go_is_not_begun_again_by_its_own_wait(operate: Run, made: Made) -> None:
    shoot = made()
    asked = ("rotate-etcd-encryption-key", "rotate-ssh-keypair", "rotate-observability-credentials")
    with shoot.playing():
        result = operate(shoot, *asked)
        again = operate(shoot, *asked, since="2020-01-01T00:00:00Z")
    assert (sorted(result["sent"]), result["phases"]) == (sorted(asked), {"etcdEncryptionKey": "Completed"})
    assert not again["changed"]


def test_the_key_of_etcd_is_completed_apart_before_kubernetes_1_34(operate: Run, made: Made) -> None:
    shoot = made(kubernetes={"version": "1.33.9"})
    with shoot.playing():
        prepared = operate(shoot, "rotate-credentials", phase="prepared")
        completed = operate(shoot, "rotate-credentials", phase="completed")
    assert set(prepared["phases"].values()) == {"Prepared"} and len(prepared["phases"]) == 3
    assert set(completed["phases"].values()) == {"Completed"}


@pytest.mark.parametrize(
    ("operations", "options", "expected"),
    [
        (["rotate-ca"], {"phase": "completed"}, "it was not begun"),
        (["rotate-ca"], {}, "phase is missing"),
        (["retry", "reconcile"], {}, "retry in a task of its own"),
        (["rotate-credentials", "rotate-ca"], {"phase": "prepared"}, "which they are a part of"),
        (["rollout-workers"], {"pools": ["nobody"]}, "it has no worker pool nobody; expected one of group-0"),
        (["rollout-workers"], {}, "expected names of worker pools"),
        (["reconcile"], {"since": "yesterday"}, "since has 'yesterday'"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_asked(
    operate: Run, made: Made, operations: list[str], options: dict[str, Any], expected: str
) -> None:
    shoot = made()
    generation = shoot.read()["metadata"]["generation"]
    result = operate(shoot, *operations, **options)
    assert result["failed"] and expected in result["msg"]
    assert untouched(shoot, generation)


def test_a_shoot_that_is_not_there_or_not_begun_is_refused(operate: Run, garden: Garden, made: Made) -> None:
    shoot = made(ready=False)
    shoot.pending("0/1 seed cluster candidate(s) are eligible for scheduling")
    assert "0/1 seed cluster candidate(s)" in operate(shoot, "reconcile")["msg"]
    assert "there is no shoot nobody" in operate(Shoot(garden, shoot.namespace, "nobody"), "reconcile")["msg"]


def test_what_nobody_would_do_is_refused(operate: Run, garden: Garden, made: Made) -> None:
    shoot = made()
    shoot.annotate({"shoot.gardener.cloud/ignore": "true"})
    assert "shoot.gardener.cloud/ignore" in operate(shoot, "reconcile")["msg"]
    shoot.annotate({"shoot.gardener.cloud/ignore": None, "confirmation.gardener.cloud/deletion": "true"})
    garden.request(shoot.path, "DELETE")
    assert "it is being deleted" in operate(shoot, "reconcile")["msg"]


def test_pools_that_are_updated_in_place_may_be_changed_by_force(operate: Run, made: Made, have: Run) -> None:
    spec = made("template", ready=False).read()["spec"]
    for pool in spec["provider"]["workers"]:
        pool |= {"updateStrategy": "AutoInPlaceUpdate", "maxSurge": 0, "maxUnavailable": 1}
    shoot = made(provider=spec["provider"])
    assert not operate(shoot, FORCE)["changed"], "no pool is being updated"
    shoot.write({"inPlaceUpdates": {"pendingWorkerUpdates": {"autoInPlaceUpdate": ["group-0"]}}})
    spec["provider"]["workers"][0]["machine"]["image"]["version"] = "12.0.20260301"
    given = {"name": "shoot", "force": True, "wait": False, "allow_node_replacement": True}
    refused = have({"provider": spec["provider"]}, check=True, **given)
    assert refused["failed"] and "currently undergoing an in-place update" in refused["msg"]
    generation = shoot.read()["metadata"]["generation"]
    assert operate(shoot, FORCE, check=True)["changed"] and untouched(shoot, generation)
    first, second = operate(shoot, FORCE), operate(shoot, FORCE)
    assert (first["changed"], first["sent"], second["changed"]) == (True, [FORCE], False)
    assert not first.get("failed") and shoot.read()["metadata"]["generation"] == generation
    blocked = operate(shoot, "reconcile", wait=False)
    assert blocked["failed"] and "all pools are updated in place (group-0)" in blocked["msg"]
    told = have({"provider": spec["provider"]}, **given)
    # metal-stack's extension rolls what others update in place.
    assert told["changed"] and told["rolled_workers"] == {"group-0": ["machine.image.version"]}


def test_a_hibernated_shoot_rotates_no_more_than_its_authority(operate: Run, made: Made) -> None:
    shoot = made(hibernation={"enabled": True})
    assert "wake it up first" in operate(shoot, "rotate-credentials", phase="prepared")["msg"]
    with shoot.playing():
        assert operate(shoot, "rotate-ca", phase="prepared")["changed"]


def test_the_server_has_the_last_word(operate: Run, made: Made) -> None:
    """A change of what is encrypted at rest is under way, which the shoot's owner has asked for."""
    encrypted = {"version": "1.35.3", "kubeAPIServer": {"encryptionConfig": {"resources": ["configmaps"]}}}
    shoot = made(kubernetes=encrypted)
    for check in (True, False):
        result = operate(shoot, "rotate-etcd-encryption-key", check=check)
        assert result["failed"] and "a previous encryption configuration change" in result["msg"]


def test_it_may_be_left_to_the_maintenance_window(operate: Run, made: Made) -> None:
    shoot = made()
    first = operate(shoot, "rotate-ca", phase="prepared", deferred=True)
    second = operate(shoot, "rotate-ca", phase="prepared", deferred=True)
    third = operate(shoot, "rotate-ssh-keypair", deferred=True)
    assert [one["changed"] for one in (first, second, third)] == [True, False, True]
    assert set(shoot.annotations[DEFERRED].split(";")) == {"rotate-ca-start", "rotate-ssh-keypair"}


def test_a_wait_survives_a_rollout_of_the_garden(operate: Run, garden: Garden, made: Made) -> None:
    shoot = made()
    begun = operate(shoot, "reconcile", wait=False)
    with garden.away():
        away = operate(shoot, "reconcile", written=begun["written"], timeout=1)
    assert away["failed"] and not away["over"] and "503" in away["msg"]
    with shoot.playing():
        result = operate(shoot, "reconcile", written=away["written"])
    assert result["operation"]["state"] == "Succeeded" and result["sent"] == ["reconcile"]
    assert shoot.read()["metadata"]["generation"] == begun["generation"]


def test_a_wait_in_slices_asks_once(operate: Run, made: Made) -> None:
    shoot = made()
    first = operate(shoot, "rotate-observability-credentials", timeout=0)
    assert first["failed"] and first["written"]["sent"] == ["rotate-observability-credentials"]
    with shoot.playing():
        last = operate(shoot, "rotate-observability-credentials", written=first["written"])
    assert last["sent"] == first["written"]["sent"]
    assert shoot.read()["metadata"]["generation"] == first["written"]["generation"]


def test_ansible_asks_once_and_shows_the_progress(made: Made) -> None:
    """What is rotated in one go would be begun again by each slice of the wait that found it done."""
    shoot = made()
    generation = shoot.read()["metadata"]["generation"]
    # Past the first slice.
    with shoot.playing(progressed(42, "Deploying"), lambda _: time.sleep(22), Shoot.succeed):
        done = adhoc("gardener_shoot_operation", shoot, operations=["rotate-observability-credentials"], timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Reconcile Processing 42 %: Deploying" in done.stdout
    assert "localhost | CHANGED" in done.stdout and "deprecated" not in done.stderr
    assert shoot.read()["metadata"]["generation"] == generation + 1


def test_a_seed_in_emergency_is_named(operate: Run, garden: Garden, made: Made) -> None:
    shoot = made(ready=False)
    shoot.bind()
    shoot.start()
    shoot.succeed()
    stop = {"metadata": {"annotations": {"shoot.gardener.cloud/emergency-stop-reconciliations": "true"}}}
    path = f"/apis/{landscape.CORE}/seeds/{landscape.SEED}"
    garden.request(path, "PATCH", stop, "application/merge-patch+json")
    try:
        assert f"seed {landscape.SEED}" in operate(shoot, "reconcile")["msg"]
    finally:
        stop["metadata"]["annotations"] = dict.fromkeys(stop["metadata"]["annotations"])
        garden.request(path, "PATCH", stop, "application/merge-patch+json")
