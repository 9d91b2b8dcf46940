"""Shoots that others had before: by client-side apply, by server-side apply, and by hand."""

from __future__ import annotations

import copy

import landscape
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import ownership
from garden import Garden, Object
from gardenlet import Shoot
from landscape import Project
from shoots import APPLIED, KUBECTL, MAINTENANCE, Have, client_side, differences, patched


def applied(garden: Garden, project: Project, shoot: Shoot, **more: object) -> Object:
    """A shoot that kubectl has applied, with a pool, a label and a field that gardener_shoot is not told of."""
    wanted = landscape.shoot(project, "shoot", **more)
    pool = wanted["spec"]["provider"]["workers"][0]
    wanted["spec"]["provider"]["workers"].append({**copy.deepcopy(pool), "name": "left"})
    wanted["spec"]["kubernetes"]["kubelet"] = {"maxPods": 200}
    wanted["metadata"]["labels"] = {"left": "over"}
    client_side(garden, wanted)
    shoot.start()
    shoot.succeed()
    return wanted


def test_what_was_applied_on_the_clients_side_is_taken_over_and_what_is_not_described_goes(
    garden: Garden, project: Project, have: Have, shoot: Shoot, spec: Object
) -> None:
    wanted = applied(garden, project, shoot)
    refused = have(check=True)
    assert refused["failed"] and "left (the pool is removed)" in refused["msg"]
    previewed = have(check=True, allow_node_replacement=True)
    gone = {
        "spec.provider.workers.left", "spec.kubernetes.kubelet.maxPods", "metadata.labels.left",
        f"metadata.annotations.{APPLIED}", "managed by",
    }  # fmt: skip
    assert differences(previewed["diff"]) == gone and previewed["adopted_from"] == [KUBECTL]
    assert shoot.read()["spec"]["kubernetes"]["kubelet"]["maxPods"] == 200
    with shoot.playing():
        told = have(allow_node_replacement=True)
    assert not told.get("failed") and told["diff"] == previewed["diff"]
    found = shoot.read()
    assert [one["name"] for one in found["spec"]["provider"]["workers"]] == ["group-0"]
    assert APPLIED not in found["metadata"]["annotations"] and "left" not in found["metadata"]["labels"]
    assert KUBECTL not in [one["manager"] for one in found["metadata"]["managedFields"]]
    assert not have()["changed"]
    # What is ours now goes when it is not described any more, and what was only defaulted stays.
    assert found["spec"]["schedulerName"] == "default-scheduler" and wanted["spec"]["region"] == "fra"
    del spec["purpose"]
    with shoot.playing():
        assert differences(have(spec)["diff"]) == {"spec.purpose"}


def test_a_take_over_that_changes_nothing_else_changes_who_manages_it_once(
    garden: Garden, project: Project, have: Have, shoot: Shoot, spec: Object
) -> None:
    wanted = landscape.shoot(project, "shoot")
    del wanted["spec"]["maintenance"]["timeWindow"], spec["maintenance"]["timeWindow"]
    client_side(garden, wanted)
    shoot.start()
    shoot.succeed()
    before = shoot.read()
    told = have(spec)
    assert told["changed"] and differences(told["diff"]) == {"managed by", f"metadata.annotations.{APPLIED}"}
    after = shoot.read()
    assert after["spec"] == before["spec"] and after["metadata"]["generation"] == before["metadata"]["generation"]
    assert not have(spec)["changed"]


def test_a_version_that_maintenance_has_raised_stays_in_a_take_over(
    garden: Garden, project: Project, have: Have, shoot: Shoot, spec: Object
) -> None:
    client_side(garden, landscape.shoot(project, "shoot"))
    for described in ("1.35", "1.35.3"):
        told = have({**spec, "kubernetes": {"version": described}}, check=True)
        assert not told.get("failed") and "spec.kubernetes.version" not in differences(told["diff"])
    patched(garden, shoot, {"spec": {"kubernetes": {"version": "1.35.4"}}}, MAINTENANCE)
    told = have({**spec, "kubernetes": {"version": "1.35"}}, wait=False)
    assert not told.get("failed") and shoot.read()["spec"]["kubernetes"]["version"] == "1.35.4"
    assert not have({**spec, "kubernetes": {"version": "1.35"}}, wait=False)["changed"]
    assert have(check=True)["kept_versions"] and not have(check=True)["changed"]


def test_a_take_over_that_was_cut_off_is_taken_up_again(
    garden: Garden, project: Project, have: Have, shoot: Shoot
) -> None:
    """Between the two writes what kubectl has applied is both's."""
    applied(garden, project, shoot)
    former = ownership.former(shoot.read())
    query = f"fieldManager={ownership.MANAGER}&force=true"
    garden.request(f"{shoot.path}?{query}", "PATCH", former, "application/apply-patch+yaml")
    with shoot.playing():
        told = have(allow_node_replacement=True)
    assert told["removed_workers"] == ["left"] and not told.get("failed") and not have()["changed"]


def test_values_that_were_changed_since_the_client_side_apply_are_taken_over_where_they_are_described(
    garden: Garden, project: Project, have: Have, shoot: Shoot, spec: Object
) -> None:
    applied(garden, project, shoot)
    patched(garden, shoot, {"spec": {"kubernetes": {"kubelet": {"maxPods": 250}}}}, "colleague")
    changed = {**spec, "purpose": "evaluation"}
    previewed = have(changed, check=True, allow_node_replacement=True)
    assert "spec.purpose" in differences(previewed["diff"])
    # What somebody else has set since is his.
    assert "spec.kubernetes.kubelet.maxPods" not in differences(previewed["diff"])
    told = have(changed, wait=False, allow_node_replacement=True)
    found = shoot.read()["spec"]
    assert told["diff"] == previewed["diff"] and found["kubernetes"]["kubelet"]["maxPods"] == 250


def test_a_shoot_that_others_have_applied_on_the_servers_side_is_shared_with_them(
    have: Have, project: Project, made: object, garden: Garden, spec: Object
) -> None:
    shoot = made()  # type: ignore[operator]
    told = have(wait=False)
    assert told["changed"] and differences(told["diff"]) == {"managed by"}
    assert not have(wait=False)["changed"]
    refused = have({**spec, "purpose": "evaluation"}, wait=False)
    assert refused["failed"] and ".spec.purpose by fixture" in refused["msg"]
    assert have({**spec, "purpose": "evaluation"}, wait=False, force=True)["changed"]
    assert shoot.read()["spec"]["purpose"] == "evaluation"
