"""Whether a cluster has what a garden needs."""

from __future__ import annotations

from typing import Any

import gardens
import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._garden import manifests, surroundings

ONE = [gardens.node("node-1", "192.0.2.1", "198.18.1.0/24")]
LABEL = {"svccontroller.k3s.cattle.io/svcname": "a"}
CORDONED = [{**one, "spec": {**one["spec"], "unschedulable": True}} for one in gardens.facts().nodes[:1]]


def complaints(given: dict[str, Any], **more: Any) -> list[str]:
    facts = gardens.facts(**more)
    spec = manifests.spec(given, surroundings.garden_of(given, facts))
    return surroundings.complaints(given, spec, [], facts)


def test_a_cluster_that_has_it_all_is_taken():
    assert complaints(gardens.given()) == []
    assert complaints(gardens.given(), gardens=[gardens.live()]) == []


@pytest.mark.parametrize(
    ("given", "facts", "said"),
    [
        ({}, {"version": "v1.36.0"}, "the runtime cluster has Kubernetes v1.36.0"),
        ({}, {"secrets": ["dns"]}, "there is no Secret garden/backup"),
        ({}, {"classes": []}, "the cluster has no default StorageClass"),
        ({"storage": {"class_name": "fast"}}, {}, "the cluster has no StorageClass fast"),
        ({"zones": ["a"]}, {}, "the nodes have no zone at all"),
        ({"high_availability": True}, {"nodes": ONE}, "and there are 1 nodes that take pods"),
        ({"high_availability": True}, {"nodes": [*CORDONED, *gardens.facts().nodes[1:]]}, "there are 2 nodes"),
        ({"load_balancers": 2}, {}, "garden.load_balancers is 2, of which 0 are taken, and the garden needs 3"),
        ({}, {"services": [gardens.service("a", "b", "192.0.2.9")]}, "of which 1 are taken"),
        ({"load_balancers": 0}, {}, "cannot be told, and the garden needs 3"),
        ({"load_balancers": 0}, {"pool": {"data": {"range-global": "192.0.2.8-192.0.2.9"}}}, "has 2 free addresses"),
        ({"load_balancers": 0}, {"pool": {"data": {"range-global": "nowhere"}}}, "kubevip is no pool of addresses"),
        ({"version": "v2"}, {"gardens": [gardens.live()]}, "versions of Kubernetes Gardener v2 runs on is not known"),
        ({}, {"daemon_sets": [{"metadata": {"name": "svclb", "labels": LABEL}}]}, "(servicelb)"),
        ({"nodes": ["203.0.113.0/24"]}, {}, "node node-1 has 192.0.2.1"),
        ({"pods": ["203.0.113.0/24"]}, {}, "pods of node node-2 have 198.18.2.0/24"),
        ({"services": ["203.0.113.0/24"]}, {}, "Service default/kubernetes has 198.19.0.1"),
        ({}, {"pending": ["sh.helm.release.v1.gardener-operator.v1"]}, "is locked by Secret sh.helm.release.v1"),
        ({}, {"space": {"kind": "Namespace", "metadata": {"name": "garden", "deletionTimestamp": "now"}}}, "deleted"),
        ({"name": "b"}, {"gardens": [gardens.live()]}, "Garden garden is there, and garden.name is b"),
        ({"version": "v1.140.1"}, {"gardens": [gardens.live()]}, "take v1.139 first"),
    ],
)
def test_what_it_lacks_is_told(given: dict[str, Any], facts: dict[str, Any], said: str):
    found = complaints(gardens.given(**given), **facts)
    assert any(said in one for one in found), found


def test_addresses_that_the_gateways_have_already_count_for_them():
    spaces = ("virtual-garden-istio-ingress", "istio-ingress", "garden")
    held = [gardens.service(one, "istio", f"192.0.2.{number}") for number, one in enumerate(spaces, 200)]
    assert complaints(gardens.given(), services=held) == []


def test_without_a_seed_one_gateway_less_is_needed():
    assert complaints(gardens.given(seed=False, load_balancers=2)) == []


def test_one_node_with_the_usual_limit_has_no_room():
    small = {**ONE[0], "status": {**ONE[0]["status"], "allocatable": {"pods": "110"}}}
    assert any("raise max-pods" in one for one in complaints(gardens.given(), nodes=[small]))


SICK = [{"type": "RuntimeComponentsHealthy", "status": "False", "reason": "Down", "message": "etcd is down"}]
LOOKED_AT = [{"type": "RuntimeComponentsHealthy", "status": "Progressing"}]


def operation(state: str) -> dict[str, Any]:
    return {"lastOperation": {"type": "Reconcile", "state": state, "description": "etcd is not ready"}}


@pytest.mark.parametrize(
    ("status", "told", "settles"),
    [
        (operation("Error"), "(Error: etcd is not ready)", False),
        (operation("Failed"), "(Failed: etcd is not ready)", False),
        (operation("Aborted"), "(Aborted: etcd is not ready)", False),
        ({"conditions": SICK}, "False: Down: etcd is down", False),
        ({"conditions": LOOKED_AT}, "", False),
        # It is reconciled every hour.
        ({**operation("Processing"), "conditions": SICK}, "", True),
        (operation("Pending"), "", True),
        ({}, "", False),
    ],
)
def test_a_new_minor_version_waits_for_the_one_before(status: dict[str, Any], told: str, settles: bool):
    live = gardens.live(**status)
    given = gardens.given(version="v1.139.1")
    found = complaints(given, gardens=[live])
    assert [told in one and "have it healthy first" in one for one in found] == ([True] if told else [])
    assert bool(surroundings.settling(given, live)) is settles
    assert complaints(gardens.given(version="v1.138.4"), gardens=[live]) == []
    assert surroundings.settling(gardens.given(version="v1.138.4"), live) == []
