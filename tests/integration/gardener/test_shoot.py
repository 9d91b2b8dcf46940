"""A shoot that is created, changed and left alone, as the real gardener-apiserver has it."""

from __future__ import annotations

import copy
from typing import Any

import landscape
import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import references, view
from ansible_collections.metalstack.autonomous.plugins.modules import gardener_shoot, gardener_shoot_info
from garden import Garden, Object, collection
from gardenlet import Shoot, failed, progressed
from landscape import Project
from shoots import MAINTENANCE, Have, Run, differences, patched

LOWEST, LOWER, HIGHEST = "12.0.20260101", "12.0.20260201", "12.0.20260301"
UNCHANGED = {"before": {}, "after": {}}


def image(spec: Object, version: str) -> Object:
    """The same spec with another version of the image of its pool."""
    changed = copy.deepcopy(spec)
    changed["provider"]["workers"][0]["machine"]["image"]["version"] = version
    return changed


def test_a_shoot_is_created_and_waited_for_and_a_second_run_changes_nothing(have: Have, shoot: Shoot) -> None:
    with shoot.playing(progressed(42, "Deploying Shoot infrastructure"), Shoot.succeed):
        told = have()
    assert told["changed"] and not told.get("failed")
    assert told["diff"]["before"] == {} and told["diff"]["after"]["spec"]["schedulerName"] == "default-scheduler"
    assert (told["operation"]["type"], told["operation"]["state"]) == ("Create", "Succeeded")
    before = shoot.read()["metadata"]["resourceVersion"]
    again = have()
    assert (again["changed"], again["diff"]) == (False, UNCHANGED)
    assert shoot.read()["metadata"]["resourceVersion"] == before


def test_a_creation_is_previewed_with_the_gardens_defaults_and_without_what_it_chooses(
    have: Have, shoot: Shoot, spec: Object
) -> None:
    del spec["maintenance"]["timeWindow"]
    told = have(spec, check=True)
    assert told["changed"] and told["validated"] and not shoot.there()
    after = told["diff"]["after"]["spec"]
    assert after["maintenance"]["timeWindow"] == view.RANDOM and after["schedulerName"] == "default-scheduler"
    have(spec, wait=False)
    first = shoot.read()["spec"]["maintenance"]["timeWindow"]
    assert not have(spec, wait=False)["changed"] and shoot.read()["spec"]["maintenance"]["timeWindow"] == first


def test_a_creation_whose_project_is_not_there_yet_is_previewed_without_its_judgement(run: Run, spec: Object) -> None:
    given = {"namespace": "garden-nowhere", "name": "new", "spec": spec}
    told = run(gardener_shoot, True, **given)
    assert (told["changed"], told["validated"]) == (True, False)
    assert any("not validated by the garden" in one for one in told["warned"])


def test_a_shoot_whose_project_is_not_there_is_refused_after_a_moment(
    run: Run, spec: Object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(references, "REFERENCE_SECONDS", 2.0)
    told = run(gardener_shoot, namespace="garden-nowhere", name="new", spec=spec)
    assert told["failed"] and told["status"] == 404 and 'namespaces "garden-nowhere" not found' in told["msg"]


def test_the_success_of_the_operation_before_is_not_taken_for_that_of_the_change(
    have: Have, ours: Shoot, spec: Object
) -> None:
    changed = {**spec, "purpose": "evaluation"}
    early = have(changed, timeout=0)
    assert early["failed"] and early["changed"] and early["operation"]["state"] == "Succeeded"
    assert "generation 2" in early["msg"] and not early["over"]
    assert differences(early["diff"]) == {"spec.purpose"}
    with ours.playing(progressed(10, "Deploying"), Shoot.succeed):
        late = have(changed)
    assert not late["changed"] and not late.get("failed") and ours.status["observedGeneration"] == 2


def test_a_later_slice_waits_for_what_the_first_one_has_written(have: Have, ours: Shoot, spec: Object) -> None:
    written = have({**spec, "purpose": "evaluation"}, timeout=0)["written"]
    # What others have changed since is none of this wait's.
    patched(ours.garden, ours, {"spec": {"purpose": "testing"}}, "other")
    with ours.playing():
        told = have({**spec, "purpose": "evaluation"}, written=written)
    assert not told.get("failed") and not told["changed"] and ours.read()["spec"]["purpose"] == "testing"


def test_what_is_not_retried_ends_the_wait_with_its_reason_and_without_a_change_it_is_known_at_once(
    have: Have, ours: Shoot, spec: Object
) -> None:
    changed = {**spec, "purpose": "evaluation"}
    with ours.playing(failed("no machine is left", "ERR_INFRA_QUOTA_EXCEEDED")):
        told = have(changed, timeout=600)
    assert told["failed"] and told["over"] and told["changed"] and "retry" in told["msg"]
    assert "no machine is left [ERR_INFRA_QUOTA_EXCEEDED]" in told["msg"] and "raise the quota" in told["msg"]
    again = have(changed, timeout=600)
    assert again["failed"] and again["over"] and not again["changed"] and again["waited"] < 30


def test_an_error_that_is_retried_is_waited_out(have: Have, ours: Shoot, spec: Object) -> None:
    soon = failed("not yet", "ERR_RETRYABLE_INFRA_DEPENDENCIES")
    with ours.playing(soon, progressed(50, "Waiting"), Shoot.succeed):
        told = have({**spec, "purpose": "evaluation"})
    assert not told.get("failed") and told["operation"]["state"] == "Succeeded"


def test_health_is_waited_for_on_demand(have: Have, ours: Shoot, spec: Object) -> None:
    ours.condition("EveryNodeReady", "False", "1 of 3 nodes")
    assert not have().get("failed")
    told = have(healthy=True, timeout=0)
    assert told["failed"] and "EveryNodeReady: seen False: Test: 1 of 3 nodes" in told["msg"]
    ours.condition("EveryNodeReady", "True")
    assert not have(healthy=True, timeout=0).get("failed")


def test_a_shoot_that_no_seed_is_found_for_says_so_while_it_is_waited_for(have: Have, shoot: Shoot) -> None:
    have(wait=False)
    shoot.pending("0/1 seed cluster candidate(s) are eligible for scheduling")
    told = have(timeout=0)
    assert told["failed"] and "0/1 seed cluster candidate(s)" in told["msg"] and "gardener-scheduler" in told["msg"]


def test_a_shoot_that_was_deleted_and_made_anew_is_not_the_one_that_is_waited_for(have: Have, ours: Shoot) -> None:
    told = have(written={"uid": "another", "generation": 1})
    assert told["failed"] and told["over"] and "another one of its name" in told["msg"]


def test_a_pool_is_removed_with_its_nodes_only_where_that_is_allowed(have: Have, ours: Shoot, spec: Object) -> None:
    two = copy.deepcopy(spec)
    two["provider"]["workers"].append({**spec["provider"]["workers"][0], "name": "group-1"})
    with ours.playing():
        assert not have(two)["rolled_workers"]
    refused = have(check=True)
    assert refused["failed"] and "group-1 (the pool is removed) -> set 'allow_node_replacement: true'" in refused["msg"]
    assert have()["failed"] and len(ours.read()["spec"]["provider"]["workers"]) == 2
    with ours.playing():
        told = have(allow_node_replacement=True)
    assert told["changed"] and told["removed_workers"] == ["group-1"] and not told.get("failed")
    assert [one["name"] for one in ours.read()["spec"]["provider"]["workers"]] == ["group-0"]


def test_nodes_are_replaced_only_where_that_is_allowed(have: Have, ours: Shoot, spec: Object) -> None:
    refused = have(image(spec, HIGHEST))
    assert refused["failed"] and "group-0 (machine.image.version)" in refused["msg"] and not refused["changed"]
    assert refused["rolled_workers"] == {"group-0": ["machine.image.version"]} and refused["diff"]["after"]
    assert ours.read()["metadata"]["generation"] == 1
    previewed = have(image(spec, HIGHEST), check=True, allow_node_replacement=True)
    assert previewed["rolled_workers"] == {"group-0": ["machine.image.version"]}
    with ours.playing():
        assert have(image(spec, HIGHEST), allow_node_replacement=True)["changed"]


def test_what_maintenance_has_raised_stays_and_is_told(have: Have, ours: Shoot, spec: Object) -> None:
    pool = copy.deepcopy(ours.read()["spec"]["provider"]["workers"][0])
    pool["machine"]["image"]["version"] = HIGHEST
    raised = {"kubernetes": {"version": "1.35.4"}, "provider": {"workers": [pool]}}
    with ours.playing():
        patched(ours.garden, ours, {"spec": raised}, MAINTENANCE)
        told = have()
    assert not told["changed"] and not told.get("failed") and not told["rolled_workers"]
    assert [(one["wanted"], one["found"]) for one in told["kept_versions"]] == [("1.35.3", "1.35.4"), (LOWER, HIGHEST)]
    with ours.playing():
        told = have({**spec, "purpose": "evaluation"})
    found = ours.read()["spec"]
    assert told["changed"] and not told.get("failed") and found["kubernetes"]["version"] == "1.35.4"
    assert found["provider"]["workers"][0]["machine"]["image"]["version"] == HIGHEST


def test_a_lower_version_is_refused_by_the_garden_or_rolls_nodes_where_it_is_asked_for(
    have: Have, ours: Shoot, spec: Object
) -> None:
    patched(ours.garden, ours, {"spec": {"kubernetes": {"version": "1.35.4"}}}, MAINTENANCE)
    told = have(version_floor=False)
    assert told["failed"] and told["status"] == 422 and "spec.kubernetes.version" in told["msg"]
    again = {**image(spec, LOWEST), "kubernetes": {"version": "1.35.4"}}
    assert have(again, version_floor=False, check=True)["failed"]
    rolled = have(again, version_floor=False, allow_node_replacement=True, check=True)
    assert rolled["rolled_workers"] == {"group-0": ["machine.image.version"]} and not rolled["kept_versions"]


def test_a_version_above_that_of_maintenance_is_taken_over_from_it(have: Have, ours: Shoot, spec: Object) -> None:
    pool = copy.deepcopy(ours.read()["spec"]["provider"]["workers"][0])
    patched(ours.garden, ours, {"spec": {"provider": {"workers": [{**pool, "minimum": 2}]}}}, "colleague")
    patched(ours.garden, ours, {"spec": {"kubernetes": {"version": "1.35.4"}}}, MAINTENANCE)
    refused = have({**spec, "kubernetes": {"version": "1.35.4"}}, wait=False)
    assert refused["failed"] and ".minimum by colleague -> leave them out, or take them over" in refused["msg"]
    taken = have({**spec, "kubernetes": {"version": "1.35.4"}}, wait=False, force=True)
    assert {one["manager"] for one in taken["taken_over"]} == {"colleague"}
    assert taken["changed"] and ours.read()["spec"]["provider"]["workers"][0]["minimum"] == 1


def test_a_version_with_two_parts_is_the_newest_at_first_and_stays_then(have: Have, shoot: Shoot, spec: Object) -> None:
    short = {**spec, "kubernetes": {"version": "1.35"}}
    have(short, wait=False)
    assert shoot.read()["spec"]["kubernetes"]["version"] == "1.35.4"
    assert not have(short, wait=False)["changed"]
    patched(shoot.garden, shoot, {"metadata": {"labels": {"a": "b"}}}, "other")
    assert not have(short, wait=False)["changed"]


def test_nothing_is_told_as_changed_that_gardener_writes_for_itself(have: Have, ours: Shoot) -> None:
    ours.annotate({"shoot.gardener.cloud/tasks": "restartCoreAddons"})
    ours.start()
    ours.progress(10, "Waiting")
    told = have(wait=False)
    assert (told["changed"], told["diff"]) == (False, UNCHANGED)


def test_what_is_not_described_any_more_is_removed_and_what_others_have_set_stays(
    have: Have, ours: Shoot, spec: Object
) -> None:
    patched(ours.garden, ours, {"metadata": {"labels": {"theirs": "b"}}}, "other")
    with_labels = {"labels": {"team": "a"}, "annotations": {"note": "c"}}
    assert differences(have(**with_labels, wait=False)["diff"]) >= {"metadata.labels.team"}
    assert not have(**with_labels, wait=False)["changed"]
    told = have(wait=False)
    assert differences(told["diff"]) == {"metadata.labels.team", "metadata.annotations.note"}
    assert ours.read()["metadata"]["labels"]["theirs"] == "b"
    assert ours.annotations["gardener.cloud/created-by"] == "admin"


def test_a_maintenance_window_is_not_drawn_anew_when_nothing_is_said_of_maintenance_any_more(
    have: Have, shoot: Shoot, spec: Object
) -> None:
    del spec["maintenance"]["timeWindow"]
    have(spec, wait=False)
    window = shoot.read()["spec"]["maintenance"]["timeWindow"]
    del spec["maintenance"]
    for check in (True, False):
        told = have(spec, check=check, wait=False)
        assert not [one for one in differences(told["diff"]) if one.startswith("spec.maintenance.timeWindow")]
    assert shoot.read()["spec"]["maintenance"]["timeWindow"] == window
    assert not have(spec, wait=False)["changed"]


def test_what_the_garden_warns_of_is_passed_on_once(have: Have, spec: Object) -> None:
    spec["kubernetes"]["kubeProxy"] = {"mode": "IPVS"}
    told = have(spec, wait=False)
    assert [one for one in told["warned"] if "IPVS" in one][1:] == [] and any("IPVS" in one for one in told["warned"])


@pytest.mark.parametrize("where", ["shoot", "seed"])
def test_a_shoot_that_nobody_would_touch_is_refused_before_it_is_changed(
    have: Have, ours: Shoot, spec: Object, where: str, garden: Garden
) -> None:
    changed = {**spec, "purpose": "evaluation"}
    if where == "shoot":
        ours.annotate({"shoot.gardener.cloud/ignore": "true"})
        told = have(changed)
    else:
        ours.bind()
        note = "shoot.gardener.cloud/emergency-stop-reconciliations"
        path = f"/apis/{landscape.CORE}/seeds/{landscape.SEED}"
        stop: dict[str, Any] = {"metadata": {"annotations": {note: "true"}}}
        garden.request(path, "PATCH", stop, "application/merge-patch+json")
        told = have(changed)
        stop["metadata"]["annotations"][note] = None
        garden.request(path, "PATCH", stop, "application/merge-patch+json")
    assert told["failed"] and "Nothing was changed" in told["msg"] and "remove" in told["msg"]
    assert ours.read()["spec"]["purpose"] == "production"


def test_a_seed_is_chosen_at_creation_alone(have: Have, ours: Shoot, spec: Object) -> None:
    told = have({**spec, "seedName": landscape.SEED})
    assert told["failed"] and "the garden ignores it" in told["msg"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"region": "muc"}, "spec.region"),
        ({"kubernetes": {"version": "1.35.99"}}, "spec.kubernetes.version"),
        ({"kubernetes": {"version": "1.33.9"}}, None),
        ({"credentialsBindingName": "nobody"}, "credentials"),
        ({"networking": {"type": "cilium", "pods": "10.1.0.0/16"}}, "spec.networking"),
        ({"seedSelector": {"matchLabels": {"a": "b"}}, "schedulerName": "other"}, "spec.schedulerName"),
        ({"unknown": 1}, "unknown"),
    ],
    ids=str,
)
def test_the_garden_refuses_with_its_own_reason_and_nothing_is_changed(
    have: Have, ours: Shoot, spec: Object, change: Object, field: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(references, "REFERENCE_SECONDS", 2.0)
    before = ours.read()["metadata"]["generation"]
    for check in (True, False):
        told = have({**spec, **change}, check=check, allow_node_replacement=True, wait=False)
        if field is None:
            assert not told["changed"] and told["kept_versions"]
        else:
            assert told["failed"] and field in told["msg"] and not told.get("changed")
    assert ours.read()["metadata"]["generation"] == before


def test_whatever_is_immutable_is_refused_by_its_name_and_all_of_it_at_once(
    have: Have, shoot: Shoot, spec: Object
) -> None:
    spec["dns"] = {"domain": "shoot.example.test"}
    spec["controlPlane"] = {"highAvailability": {"failureTolerance": {"type": "node"}}}
    have(spec, wait=False)
    for step in (Shoot.bind, Shoot.start, Shoot.succeed):
        step(shoot)
    generation = shoot.read()["metadata"]["generation"]
    networking = {"type": "cilium", "pods": "10.9.0.0/16", "services": "10.8.0.0/16"}
    changes: list[tuple[str, Object]] = [
        ("spec.region", {"region": "muc"}),
        ("spec.provider.type", {"provider": {**spec["provider"], "type": "other"}}),
        *(
            (f"spec.networking.{key}", {"networking": {**spec["networking"], key: networking[key]}})
            for key in networking
        ),
        ("spec.dns.domain", {"dns": {"domain": "other.example.test"}}),
        ("spec.controlPlane", {"controlPlane": {"highAvailability": {"failureTolerance": {"type": "zone"}}}}),
        ("spec.schedulerName", {"schedulerName": "other"}),
        ("spec.provider.workers", {"provider": {**spec["provider"], "workers": []}}),
        ("cloud profile", {"cloudProfile": {"kind": "CloudProfile", "name": "other"}}),
    ]
    for field, change in changes:
        told = have({**spec, **change}, check=True, allow_node_replacement=True)
        assert told["failed"] and field.rpartition(".")[2] in told["msg"], (field, told)
    told = have({**spec, "region": "muc", "networking": {**spec["networking"], "pods": "10.9.0.0/16"}})
    assert "spec.region" in told["msg"] and "spec.networking.pods" in told["msg"]
    assert shoot.read()["metadata"]["generation"] == generation


def test_credentials_that_are_not_there_are_told_and_a_version_that_nobody_offers(
    have: Have, spec: Object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(references, "REFERENCE_SECONDS", 2.0)
    told = have({**spec, "credentialsBindingName": "nobody"}, wait=False)
    assert told["failed"] and told["msg"].endswith('credentialsbinding.security.gardener.cloud "nobody" not found')
    told = have({**spec, "credentialsBindingName": "nobody"}, check=True)
    assert told["changed"] and not told["validated"] and '"nobody" not found' in told["warned"][0]
    told = have({**spec, "kubernetes": {"version": "1.29"}}, check=True)
    assert told["failed"] and "couldn't find a suitable version for 1.29" in told["msg"]


def test_a_quota_is_told_by_what_it_lacks(garden: Garden, project: Project, have: Have, spec: Object) -> None:
    reference = {"name": "small", "namespace": project.namespace}
    kind = {"apiVersion": landscape.CORE, "kind": "Project"}
    quota = {
        "apiVersion": landscape.CORE, "kind": "Quota", "metadata": reference,
        "spec": {"scope": kind, "metrics": {"cpu": "1", "memory": "1Gi"}},
    }  # fmt: skip
    garden.apply(quota, "quotas")
    path = f"/apis/{landscape.SECURITY}/namespaces/{project.namespace}/credentialsbindings"
    binding = garden.request(f"{path}/{landscape.BINDING}")
    narrow = {
        **{key: binding[key] for key in ("apiVersion", "kind", "provider", "credentialsRef")},
        "metadata": reference, "quotas": [reference],
    }  # fmt: skip
    garden.until(lambda: landscape.accepted(garden, narrow, "credentialsbindings"), "the quota is known")
    garden.apply(narrow, "credentialsbindings")
    for check in (False, True):
        told = have({**spec, "credentialsBindingName": "small"}, check=check, wait=False)
        assert told["failed"] and "quota limits exceeded. Unable to allocate further" in told["msg"]
        assert "cpu" in told["msg"] and "memory" in told["msg"]


def test_what_the_provider_is_given_in_another_order_of_keys_rolls_no_pool(
    garden: Garden, project: Project, have: Have, shoot: Shoot
) -> None:
    """The older hash of a pool is of the text, of which the garden keeps the order that it has."""
    given = {"kind": "WorkerConfig", "apiVersion": "metal.provider.extensions.gardener.cloud/v1alpha1"}
    wanted = landscape.shoot(project, "shoot")
    pool = wanted["spec"]["provider"]["workers"][0]
    pool["providerConfig"] = given
    garden.request(collection(wanted, "shoots"), "POST", wanted)
    shoot.start()
    shoot.succeed()
    pool["providerConfig"] = dict(reversed(given.items()))
    told = have(wanted["spec"], wait=False)
    assert not told.get("failed") and told["rolled_workers"] == {}
    assert list(shoot.read()["spec"]["provider"]["workers"][0]["providerConfig"]) == list(given)


def test_a_name_that_is_too_long_and_mistakes_are_told(run: Run, project: Project, spec: Object) -> None:
    given = {"namespace": project.namespace, "name": "a-name-that-is-much-too-long", "spec": spec}
    told = run(gardener_shoot, **given)
    assert told["failed"] and "must not exceed 21 characters" in told["msg"]
    annotations = {"gardener.cloud/operation": "retry", "shoot.gardener.cloud/tasks": "x"}
    told = run(gardener_shoot, **given, annotations=annotations)
    assert told["msg"].count("annotation ") == 2


def test_an_emergency_stop_is_read(run: Run, ours: Shoot, garden: Garden) -> None:
    ours.bind()
    note = "shoot.gardener.cloud/emergency-stop-reconciliations"
    path = f"/apis/{landscape.CORE}/seeds/{landscape.SEED}"
    for value, count in (("true", 1), (None, 0)):
        change = {"metadata": {"annotations": {note: value}}}
        garden.request(path, "PATCH", change, "application/merge-patch+json")
        (found,) = run(gardener_shoot_info, namespace=ours.namespace)["shoots"]
        assert len(found["stopped"]) == count


def test_a_shoot_is_read(run: Run, have: Have, ours: Shoot) -> None:
    given = {"namespace": ours.namespace}
    (found,) = run(gardener_shoot_info, **given)["shoots"]
    assert (found["name"], found["operation"]["state"], found["ready"]) == ("shoot", "Succeeded", True)
    assert run(gardener_shoot_info, **given, name="other")["shoots"] == []
