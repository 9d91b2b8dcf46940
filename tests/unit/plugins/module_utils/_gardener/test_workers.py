"""What a change does to the nodes that are there, after Gardener's own list of what rolls a pool."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import workers
from shoots import pool, shoot

IN_PLACE = {"updateStrategy": "AutoInPlaceUpdate", "maxSurge": 0}
KEPT = {"annotations": {workers.KEEP: "true"}}


def changed(of_spec: dict[str, Any], of_pool: dict[str, Any], **before: Any) -> workers.Effect:
    """The effect of these fields, given by paths, on a shoot of one pool."""
    old = shoot(**before)
    new = copy.deepcopy(old)
    for target, fields in ((new["spec"], of_spec), (new["spec"]["provider"]["workers"][0], of_pool)):
        for path, value in fields.items():
            *steps, last = path.split(".")
            holder = target
            for step in steps:
                holder = holder.setdefault(step, {})
            holder[last] = value
    return workers.effect(old, new)


@pytest.mark.parametrize(
    ("of_spec", "of_pool", "fields"),
    [
        ({}, {}, None),
        ({"kubernetes.version": "1.35.4"}, {}, None),
        ({"kubernetes.version": "1.36.0"}, {}, ["kubernetes.version"]),
        # A pool that has had a version of its own from the beginning does not follow; one that gets its own does.
        ({}, {"kubernetes.version": "1.35.9"}, None),
        ({}, {"kubernetes.version": "1.34.1"}, ["kubernetes.version"]),
        ({}, {"machine.type": "c1"}, ["machine.type"]),
        ({}, {"machine.image.name": "ubuntu"}, ["machine.image.name"]),
        ({}, {"machine.image.version": "13"}, ["machine.image.version"]),
        ({}, {"volume.size": "50Gi"}, ["volume.size"]),
        ({}, {"volume.type": "fast"}, ["volume.type"]),
        ({}, {"cri.name": "containerd"}, ["cri.name"]),
        ({}, {"providerConfig": {"a": 1}}, ["providerConfig"]),
        ({}, {"minimum": 2, "maximum": 5, "maxSurge": 1, "labels": {"a": "b"}, "taints": []}, None),
        ({"systemComponents.nodeLocalDNS.enabled": True}, {}, None),
        ({"kubernetes.kubelet.kubeReserved.cpu": "100m"}, {}, ["kubelet.kubeReserved or systemReserved"]),
        ({"kubernetes.kubelet.kubeReserved.memory": "1024Mi"}, {}, None),
        ({"kubernetes.kubelet.systemReserved.memory": "1Gi"}, {}, ["kubelet.kubeReserved or systemReserved"]),
        ({"kubernetes.kubelet.evictionHard.memoryAvailable": "200Mi"}, {}, ["kubelet.evictionHard"]),
        ({"kubernetes.kubelet.cpuManagerPolicy": "static"}, {}, ["kubelet.cpuManagerPolicy"]),
        ({"kubernetes.kubelet.maxPods": 200}, {}, None),
        ({}, {"kubernetes.kubelet": {}}, ["kubelet.kubeReserved or systemReserved"]),
        ({"hibernation.enabled": True}, {}, None),
    ],
    ids=str,
)
def test_fields_that_roll_a_pool(of_spec, of_pool, fields):
    found = changed(of_spec, of_pool)
    assert found.rolled == ({"group-0": fields} if fields else {})
    assert (found.updated, found.removed) == ({}, [])


def test_only_the_sum_of_what_is_reserved_counts():
    moved = {"kubernetes.kubelet.kubeReserved.memory": "512Mi", "kubernetes.kubelet.systemReserved.memory": "0.5Gi"}
    assert not changed(moved, {}).rolled


@pytest.mark.parametrize(
    ("before", "after", "rolls"),
    [
        (None, {}, True),
        ({}, {"memoryAvailable": ""}, False),
        ({"nodeFSAvailable": "5%"}, {"nodeFSAvailable": "5%", "other": "1"}, False),
    ],
)
def test_what_a_kubelet_evicts_at_counts_as_it_is_hashed(before, after, rolls):
    kubelet = {} if before is None else {"evictionHard": before}
    new = {"kubernetes.kubelet.evictionHard": after}
    assert bool(changed(new, {}, kubernetes={"version": "1.35.3", "kubelet": kubelet}).rolled) == rolls


def test_a_pool_with_a_kubelet_of_its_own_does_not_follow_that_of_the_shoot():
    own = {"type": "metal", "workers": [pool(kubernetes={"kubelet": {"cpuManagerPolicy": "none"}})]}
    assert not changed({"kubernetes.kubelet.cpuManagerPolicy": "static"}, {}, provider=own).rolled


@pytest.mark.parametrize(
    ("version", "proxy", "rolls"),
    [
        ("1.33.9", {"enabled": True, "mode": "IPTables"}, True),
        ("1.34.0", {"enabled": True, "mode": "IPTables"}, False),
        ("1.35.0", {"enabled": True, "mode": "IPVS"}, True),
        # Its mode stays there when another proxy has taken its place.
        ("1.35.0", {"enabled": False, "mode": "IPVS"}, False),
    ],
)
def test_local_dns_rolls_older_nodes_and_those_with_ipvs(version, proxy, rolls):
    kubernetes = {"version": version, "kubeProxy": proxy}
    found = changed({"systemComponents.nodeLocalDNS.enabled": True}, {}, kubernetes=kubernetes)
    assert bool(found.rolled) == rolls


@pytest.mark.parametrize(
    ("of_pool", "fields"),
    [
        ({"machine.image.version": "13"}, ["machine.image.version"]),
        ({"kubernetes.version": "1.36.0"}, ["kubernetes.version"]),
        ({"providerConfig": {"a": 1}}, ["providerConfig"]),
        ({"labels": {"a": "b"}}, None),
    ],
)
def test_pools_that_are_updated_in_place_keep_their_nodes(of_pool, fields):
    found = changed({}, of_pool, provider={"type": "other", "workers": [pool(**IN_PLACE)]})
    assert (found.rolled, found.updated) == ({}, {"group-0": fields} if fields else {})
    assert not found.lost


@pytest.mark.parametrize(
    ("provider", "of_pool", "stay"),
    [
        ("other", {"updateStrategy": "AutoInPlaceUpdate"}, True),
        ("other", {"updateStrategy": "AutoInPlaceUpdate", "maxSurge": "0%"}, True),
        ("other", {"updateStrategy": "AutoInPlaceUpdate", "maxSurge": 1}, False),
        ("other", {"updateStrategy": "AutoInPlaceUpdate", "maxSurge": "10%"}, False),
        ("other", {"updateStrategy": "ManualInPlaceUpdate"}, True),
        ("other", {"updateStrategy": "AutoRollingUpdate", "maxSurge": 0}, False),
        # Its extension knows no other way than to roll them.
        ("metal", {"updateStrategy": "ManualInPlaceUpdate"}, False),
    ],
)
def test_in_place_nodes_stay_unless_new_ones_surge_or_the_provider_rolls_them(provider, of_pool, stay):
    before = {"type": provider, "workers": [pool(**of_pool)]}
    found = changed({}, {"machine.image.version": "13"}, provider=before)
    fields = {"group-0": ["machine.image.version"]}
    assert (found.updated, found.rolled) == ((fields, {}) if stay else ({}, fields))


def test_the_order_of_keys_counts_in_what_the_provider_is_given():
    one, other = {"a": 1, "b": 2}, {"b": 2, "a": 1}
    found = changed({}, {"providerConfig": other}, provider={"type": "metal", "workers": [pool(providerConfig=one)]})
    assert found.rolled == {"group-0": ["providerConfig"]}


@pytest.mark.parametrize(
    ("before", "after", "rolls"), [(KEPT, {}, True), (KEPT, KEPT, False), ({}, KEPT, False), ({}, {}, False)]
)
def test_nodes_may_go_with_the_annotation_that_kept_them(before, after, rolls):
    found = workers.effect(shoot(metadata=before), shoot(metadata=after))
    assert found.rolled == ({"group-0": [f"annotation {workers.KEEP}"]} if rolls else {})


def test_pools_that_come_go_or_change_their_place():
    before = shoot(provider={"workers": [pool("a"), pool("b")]})
    after = shoot(provider={"workers": [pool("c"), pool("b")]})
    found = workers.effect(before, after)
    assert found == workers.Effect({}, {}, ["a"])
    assert found.lost == {"a": ["the pool is removed"]}
    assert not workers.effect(before, shoot(provider={"workers": [pool("b"), pool("a")]})).lost


def test_where_no_nodes_are_none_are_lost():
    after = shoot(provider={"workers": []})
    assert not workers.effect(None, after).lost
    assert not workers.effect(shoot(status={"hibernated": True}), after).lost
    assert workers.effect(shoot(), after).lost


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("1", "1000m", True), ("1Gi", "1024Mi", True), ("1e3", "1k", True), ("2G", "2000M", True), ("0", "0", True),
        ("1Gi", "1073741824", False), ("100m", "0.2", False), ("1Ei", "1E", False),
    ],
)  # fmt: skip
def test_quantities_are_told_as_gardener_tells_them(one, other, same):
    assert (workers._quantity(one) == workers._quantity(other)) == same
