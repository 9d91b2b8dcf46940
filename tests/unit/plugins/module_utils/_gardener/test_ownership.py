"""Which fields are ours, and what becomes of those of a client-side apply."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import ownership
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.errors import GardenError
from shoots import LAST_APPLIED, MANAGER, by_kubectl, managed, pool, shoot

KUBECTL = "kubectl-client-side-apply"


def applied(**more: Any) -> dict[str, Any]:
    return {
        "apiVersion": "core.gardener.cloud/v1beta1", "kind": "Shoot",
        "metadata": {"name": "fra", "namespace": "garden-a", "annotations": {}, "labels": {"team": "a"}},
        "spec": {"purpose": "testing", "kubernetes": {"version": "1.35.1"}, **more},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([], {}),
        ([managed(MANAGER, {"f:spec": {}})], {"f:spec": {}}),
        # What we patch is not what we apply.
        ([managed(MANAGER, {"f:spec": {}}, "Update")], {}),
        ([managed(MANAGER, {"f:status": {}}, subresource="status")], {}),
        ([managed("other", {"f:spec": {}})], {}),
    ],
)
def test_what_we_have_applied_is_ours(entries, expected):
    assert ownership.ours(shoot(metadata={"managedFields": entries})) == expected


def test_a_field_is_found_by_its_steps():
    fields = {"f:spec": {"f:workers": {'k:{"name":"a b"}': {"f:minimum": {}}}}}
    assert ownership.holds(fields, "f:spec", "f:workers", ownership.named("a b"), "f:minimum")
    assert not ownership.holds(fields, "f:spec", "f:workers", ownership.named("a"), "f:minimum")


@pytest.mark.parametrize(
    ("operation", "more", "expected"),
    [("Update", {}, [KUBECTL]), ("Apply", {}, []), ("Update", {"subresource": "status"}, [])],
)
def test_who_applied_on_the_clients_side_is_known_by_the_note_that_was_left(operation, more, expected):
    found = shoot()
    by_kubectl(applied(), found)
    found["metadata"]["managedFields"][0] |= {"operation": operation, **more}
    found["metadata"]["managedFields"].append(managed("dashboard", {"f:spec": {}}, "Update"))
    assert ownership.client_side(found) == expected


@pytest.mark.parametrize("note", ["", "{", "[]", "null", '{"spec": {}}', '{"metadata": {}, "spec": "x"}'])
def test_a_note_that_is_none_is_told_before_anything_is_taken(note):
    found = shoot()
    by_kubectl(applied(), found)
    found["metadata"]["annotations"][LAST_APPLIED] = note
    with pytest.raises(GardenError, match="does not have what was applied"):
        ownership.former(found)


def test_what_was_applied_before_is_taken_with_the_values_that_are_there_now():
    found = shoot(purpose="production", provider={"type": "metal", "workers": [pool("a"), pool("b", minimum=7)]})
    found["metadata"]["labels"] = {"team": "b", "other": "c"}
    more = {"gone": 1, "provider": {"workers": [{"name": "b", "minimum": 1}, {"name": "left", "minimum": 1}]}}
    by_kubectl(applied(**more), found)
    assert ownership.former(found) == {
        "apiVersion": "core.gardener.cloud/v1beta1", "kind": "Shoot",
        "metadata": {"name": "fra", "namespace": "garden-a", "labels": {"team": "b"}},
        "spec": {
            "purpose": "production", "kubernetes": {"version": "1.35.3"},
            "provider": {"workers": [{"name": "b", "minimum": 7}]},
        },
    }  # fmt: skip


def test_who_applied_on_the_clients_side_is_rid_of_all_others_stay():
    found, other = shoot(), managed("dashboard", {"f:spec": {}}, "Update")
    by_kubectl(applied(), found)
    found["metadata"]["managedFields"].append(other)
    found["metadata"]["annotations"]["a"] = "b"
    lock, entries, annotations = ownership.handed_over(found)
    assert (lock["path"], lock["value"], entries["value"], annotations["value"]) == (
        "/metadata/resourceVersion", "7", [other], {"a": "b"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("before", "wanted", "left"),
    [
        ({"purpose": "x"}, {}, {"other": 1}),
        ({"purpose": "x"}, {"purpose": "y"}, {"purpose": "x", "other": 1}),
        ({"deep": {"a": 1, "b": 2}}, {"deep": {"b": 2}}, {"deep": {"b": 2, "theirs": 3}, "other": 1}),
        ({"pools": [{"name": "a"}, {"name": "b", "x": 1}]}, {"pools": [{"name": "b"}]},
         {"pools": [{"name": "b", "y": 2}], "other": 1}),
        ({"plain": [1, 2]}, {"plain": [3]}, {"plain": [1, 2], "other": 1}),
        ({"gone": 1}, {}, {"other": 1}),
    ],
)  # fmt: skip
def test_a_preview_is_without_what_was_applied_before_and_is_not_wanted_now(before, wanted, left):
    there = {
        "purpose": "x", "deep": {"a": 1, "b": 2, "theirs": 3}, "plain": [1, 2],
        "pools": [{"name": "a"}, {"name": "b", "x": 1, "y": 2}],
    }  # fmt: skip
    found = {"metadata": {}, "spec": {**{key: there[key] for key in before if key in there}, "other": 1}}
    untouched = copy.deepcopy(found)
    assert ownership.without(found, {"spec": before}, {"spec": wanted})["spec"] == left
    assert found == untouched


def test_a_preview_is_without_the_note():
    found = shoot(metadata={"annotations": {LAST_APPLIED: "{}", "a": "b"}})
    assert ownership.without(found, {}, {})["metadata"]["annotations"] == {"a": "b"}


def test_what_others_manage_stays_in_a_preview():
    theirs = {"f:spec": {"f:deep": {"f:a": {}}, "f:pools": {ownership.named("b"): {"f:x": {}}}}}
    deep, pools = {"a": 1, "b": 2}, [{"name": "a", "x": 1}, {"name": "b", "x": 1, "y": 2}]
    spec = {"deep": deep, "pools": pools, "purpose": "x"}
    found = {"metadata": {"managedFields": [managed("colleague", theirs, "Update")]}, "spec": spec}
    left = {"deep": {"a": 1}, "pools": [{"name": "b", "x": 1}]}
    assert ownership.without(found, {"spec": spec}, {"spec": {}})["spec"] == left
    found["metadata"]["managedFields"] = [managed(MANAGER, theirs)]
    assert ownership.without(found, {"spec": spec}, {"spec": {}})["spec"] == {}


def test_items_without_a_name_are_kept_by_their_version_and_parts_beside_the_spec_are_ours_too():
    before = {"spec": {"versions": [{"version": "1.34.6"}, {"version": "1.35.4"}]}, "data": {"a": "1", "b": "2"}}
    found = {**copy.deepcopy(before), "metadata": {"name": "metal"}}
    kept = ownership.without(found, before, {"spec": {"versions": [{"version": "1.35.4"}]}, "data": {"b": "2"}})
    assert kept["spec"]["versions"] == [{"version": "1.35.4"}] and kept["data"] == {"b": "2"}
