"""CloudProfiles on the real API server of a garden."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import landscape
import pytest
from ansible_collections.metalstack.autonomous.plugins.modules import gardener_cloud_profile
from garden import Garden, Object
from landscape import Project
from landscapers import CORE, Kept, playing
from shoots import APPLIED, KUBECTL, Run, differences

Have = Callable[..., dict[str, Any]]
CONFIRMED = {"state": "absent", "confirm_deletion": True}


@pytest.fixture
def name(names: Iterator[str]) -> str:
    return f"profile-{next(names)}"


@pytest.fixture
def profile(garden: Garden, name: str) -> Kept:
    return Kept(garden, f"{CORE}/cloudprofiles/{name}")


@pytest.fixture
def spec() -> Object:
    return landscape.profile()


@pytest.fixture
def have(run: Run, name: str, spec: Object) -> Have:
    def have(given: Object | None = None, check: bool = False, **options: Any) -> dict[str, Any]:
        if options.get("state") != "absent":
            options["spec"] = given or spec
        return run(gardener_cloud_profile, check, **{"name": name, "timeout": 20, **options})

    return have


def versions(profile: Kept) -> set[str]:
    return {one["version"] for one in profile.read()["spec"]["kubernetes"]["versions"]}


def without(spec: Object, version: str) -> Object:
    changed = copy.deepcopy(spec)
    kept = [one for one in spec["kubernetes"]["versions"] if one["version"] != version]
    changed["kubernetes"]["versions"] = kept
    return changed


def test_a_profile_is_made_once_and_only_what_differs_is_changed(have: Have, profile: Kept, spec: Object) -> None:
    previewed = have(check=True)
    assert previewed["changed"] and not profile.there()
    made = have()
    assert made["changed"] and made["diff"]["before"] == {} and profile.there()
    # What the garden has defaulted is no difference.
    assert profile.read()["spec"] != spec and not have()["changed"]
    changed = without(spec, "1.34.5")
    previewed = have(changed, check=True)
    assert previewed["changed"] and "1.34.5" in versions(profile)
    told = have(changed)
    assert told["changed"] and "1.34.5" not in versions(profile)
    assert told["diff"] == previewed["diff"] and not have(changed)["changed"]


def test_a_version_that_a_shoot_has_stays_with_the_gardens_reason(
    garden: Garden, have: Have, name: str, profile: Kept, project: Project, spec: Object
) -> None:
    have()
    wanted = landscape.shoot(project, "user", cloudProfile={"kind": "CloudProfile", "name": name})
    garden.until(lambda: landscape.accepted(garden, wanted, "shoots"), "the profile is known")
    garden.apply(wanted, "shoots")

    def refused() -> bool:
        told = have(without(spec, "1.35.3"), check=True)
        return "failed" in told and "version is still in use by shoot" in told["msg"]

    garden.until(refused, "the shoot is known")
    told = have(without(spec, "1.35.3"))
    assert told["failed"] and f"'{project.namespace}/user'" in told["msg"] and "Nothing was changed" in told["msg"]
    assert "1.35.3" in versions(profile)
    told = have(**CONFIRMED)
    assert told["failed"] and f"it is used by Shoot {project.namespace}/user" in told["msg"] and profile.there()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kubernetes": {"versions": [{"version": 1.35}]}}, "spec.kubernetes.versions has 1.35, which is no text"),
        ({"type": "metal", "kubernets": {}}, "kubernets"),
        ({"kubernetes": {"versions": [{"version": "1.35"}]}}, "spec.kubernetes.versions[0]"),
        ({"type": ""}, "spec.type: Required value"),
    ],
)
def test_bad_input_is_refused_with_its_place(
    have: Have, profile: Kept, spec: Object, change: Object, said: str
) -> None:
    have()
    before = profile.read()
    for check in (True, False):
        told = have({**spec, **change}, check=check)
        assert told["failed"] and said in told["msg"], told["msg"]
    assert profile.read() == before


def test_what_others_manage_is_taken_by_force_alone(have: Have, profile: Kept, spec: Object) -> None:
    have()
    profile.change({"spec": {"providerConfig": {"apiVersion": "a/v1", "kind": "B", "x": 1}}}, "others")
    assert not have()["changed"], "what is not described stays"
    mine = {**spec, "providerConfig": {"apiVersion": "a/v1", "kind": "B", "x": 2}}
    told = have(mine)
    assert told["failed"] and ".spec.providerConfig" in told["msg"] and "by others" in told["msg"]
    told = have(mine, force=True)
    assert told["changed"] and profile.read()["spec"]["providerConfig"]["x"] == 2 and not have(mine)["changed"]


def test_one_that_was_applied_on_the_clients_side_is_taken_over(
    garden: Garden, have: Have, name: str, profile: Kept, spec: Object
) -> None:
    wanted = {"apiVersion": landscape.CORE, "kind": "CloudProfile", "metadata": {"name": name}, "spec": spec}
    metadata = {"name": name, "annotations": {APPLIED: json.dumps(wanted)}}
    garden.request(f"{CORE}/cloudprofiles?fieldManager={KUBECTL}", "POST", {**wanted, "metadata": metadata})
    mine = without(spec, "1.33.9")
    previewed = have(mine, check=True)
    assert previewed["changed"] and "1.33.9" in versions(profile) and previewed["adopted_from"] == [KUBECTL]
    told = have(mine)
    assert told["diff"] == previewed["diff"] and "1.33.9" not in versions(profile)
    assert not have(mine)["changed"] and APPLIED not in profile.read()["metadata"].get("annotations", {})


def test_a_profile_is_deleted_once_that_is_confirmed_and_waited_for(have: Have, profile: Kept) -> None:
    have()
    profile.hold()
    told = have(state="absent")
    assert told["failed"] and "set 'confirm_deletion: true'" in told["msg"]
    previewed = have(**CONFIRMED, check=True)
    assert previewed["changed"] and "deletionTimestamp" not in profile.read()["metadata"]
    told = have(**CONFIRMED, timeout=0)
    assert told["failed"] and told["changed"] and "finalizers gardener" in told["msg"] and not told["over"]
    assert have(timeout=0)["failed"], "one that goes cannot be described"

    def release() -> None:
        if "deletionTimestamp" in profile.read()["metadata"]:
            profile.remove()

    with playing(release):
        told = have(state="absent")
    assert not told.get("failed") and not told["changed"] and not profile.there()
    assert not have(state="absent")["changed"]


def test_the_diff_names_what_changes(have: Have, spec: Object) -> None:
    have()
    changed = copy.deepcopy(spec)
    changed["machineTypes"][0]["memory"] = "16Gi"
    told = have(changed, check=True)
    assert {one.split(".", 1)[1].split(".", 1)[1] for one in differences(told["diff"])} == {
        f"machineTypes.{landscape.MACHINES[0]}.memory"
    }
