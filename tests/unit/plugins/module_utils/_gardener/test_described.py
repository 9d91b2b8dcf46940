"""A shoot as it is described, and as it is applied."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import confinement
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.described import Described
from shoots import MANAGER, by_kubectl, managed, pool, shoot

OURS = [managed(MANAGER, {"f:spec": {"f:hibernation": {"f:enabled": {}}}})]


def described(spec=None, hibernated=None, annotations=None):
    return Described("garden-a", "fra", spec or {}, {"team": "a"}, annotations or {}, hibernated)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (described(), []),
        (described(annotations={"a": "b"}), []),
        (described(annotations={"gardener.cloud/operation": "retry"}), ["gardener.cloud/operation: send it by"]),
        (described(annotations={"confirmation.gardener.cloud/deletion": "true", "shoot.gardener.cloud/tasks": "x"}),
         ["tasks: Gardener itself keeps it", "deletion: delete the shoot with 'state: absent'"]),
        (described({"hibernation": {"enabled": True}}, False), ["leave one of them out"]),
        (described({"hibernation": {"enabled": True}}, True), []),
        (described({"provider": {"workers": [pool("a"), pool("b"), pool("a")]}}), ["workers: a is there twice"]),
        (described({"kubernetes": {"version": 1.4},
                    "provider": {"workers": [pool(machine={"image": {"name": "debian", "version": 12}})]}}),
         ["spec.kubernetes.version has 1.4, which is no text -> quote it",
          "spec.provider.workers[group-0].machine.image.version has 12"]),
        (described({"kubernetes": "1.35", "provider": {"workers": ["a", {"machine": {"image": "debian"}}]}}),
         ["spec.kubernetes has '1.35'; expected a mapping", "workers[0] has 'a'; expected a mapping",
          "workers[1].name has None", "workers[1].machine.image has 'debian'"]),
        (described({"provider": {"workers": {"name": "a"}}, "hibernation": True, "maintenance": []}),
         ["spec.hibernation has True", "spec.maintenance has []", "expected a list of pools"]),
        (described({"provider": "metal"}), ["spec.provider has 'metal'"]),
        (described(annotations={"a": True}), ["annotations[a] has True, which is no text -> quote it"]),
        (described(annotations={confinement.ANNOTATION: "1"}), ["it is noted with a change"]),
    ],
)  # fmt: skip
def test_all_mistakes_are_told_at_once(given, said):
    found = given.mistakes()
    assert len(found) == len(said) and all(text in one for text, one in zip(said, found, strict=True))


@pytest.mark.parametrize(
    ("spec", "hibernated", "entries", "expected"),
    [
        ({}, True, [], {"enabled": True}),
        ({}, False, [], {"enabled": False}),
        ({"hibernation": {"schedules": []}}, True, [], {"schedules": [], "enabled": True}),
        # It stays as it is: what is ours is not let go, and what is others' is not touched.
        ({}, None, OURS, {"enabled": True}),
        ({}, None, [], None),
        ({"hibernation": {"schedules": []}}, None, [], {"schedules": []}),
        ({"hibernation": {"enabled": False}}, None, OURS, {"enabled": False}),
    ],
)
def test_hibernation_stays_as_it_is_unless_it_is_described(spec, hibernated, entries, expected):
    live = shoot(hibernation={"enabled": True}, metadata={"managedFields": entries})
    assert described(spec, hibernated).manifest(live)["spec"].get("hibernation") == expected


def test_only_what_is_described_is_applied():
    found = described({"region": "fra"}).manifest(None)
    assert found["metadata"] == {"namespace": "garden-a", "name": "fra", "labels": {"team": "a"}}
    assert (found["kind"], found["spec"]) == ("Shoot", {"region": "fra"})


WINDOW, CREATOR = {"begin": "220000+0100", "end": "230000+0100"}, {"gardener.cloud/created-by": "admin"}
MAINTENANCE = {"f:spec": {"f:maintenance": {"f:autoUpdate": {}}}}


@pytest.mark.parametrize(
    ("entries", "by_others", "given", "expected"),
    [
        ([managed(MANAGER, MAINTENANCE)], False, {}, {"timeWindow": WINDOW}),
        ([managed(MANAGER, MAINTENANCE)], False, {"autoUpdate": {}}, {"timeWindow": WINDOW, "autoUpdate": {}}),
        ([managed(MANAGER, MAINTENANCE)], False, {"timeWindow": {}}, {"timeWindow": {}}),
        ([], True, {}, {"timeWindow": WINDOW}),
        # What nobody of ours has described nothing of ours removes.
        ([], False, {}, None),
    ],
)
def test_a_window_that_was_drawn_is_not_drawn_anew(entries, by_others, given, expected):
    live = shoot(maintenance={"timeWindow": WINDOW}, metadata={"managedFields": entries})
    if by_others:
        by_kubectl({"metadata": {}, "spec": {}}, live)
    spec = {"maintenance": given} if given else {}
    assert described(spec).manifest(live)["spec"].get("maintenance") == expected


NOTED = {**CREATOR, confinement.ANNOTATION: "2"}


@pytest.mark.parametrize(("fields", "expected"), [({"f:metadata": {"f:annotations": {}}}, NOTED), ({}, None)])
def test_what_is_noted_of_it_is_kept_where_our_annotations_go(fields, expected):
    live = shoot(metadata={"annotations": {**NOTED, "other": "x"}, "managedFields": [managed(MANAGER, fields)]})
    assert described().manifest(live)["metadata"].get("annotations") == expected
