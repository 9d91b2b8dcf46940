"""The Gardenlet as it is described, and what of it is refused or not known."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener_landscape import gardenlet

CHART = "registry.test:5000/charts/gardenlet"


def given(**more):
    marks = {key: {} for key in ("labels", "annotations", "seed_labels", "seed_annotations")}
    deployment = {"helm": {"ociRepository": {"ref": f"{CHART}:v1.138.3"}}}
    seed = {"provider": {"type": "metal", "region": "fra"}}
    return {
        "name": "a",
        "version": "",
        "deployment": deployment,
        "config": {},
        "seed": seed,
        "secrets": [],
        **marks,
        **more,
    }


def test_a_gardenlet_has_its_seed_in_its_configuration():
    made = gardenlet.manifest(given(config={"logLevel": "info"}, seed_labels={"role": "a"}, labels={"b": "c"}))
    assert made["metadata"] == {"name": "a", "namespace": "garden", "labels": {"b": "c"}}
    config = made["spec"]["config"]
    assert (config["kind"], config["logLevel"]) == ("GardenletConfiguration", "info")
    assert config["seedConfig"]["metadata"] == {"labels": {"role": "a"}}
    assert config["seedConfig"]["spec"] == given()["seed"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, ""),
        ({"config": {"controllers": {"shootState": {"concurrentSyncs": 1}}}}, ""),
        ({"config": {"controllers": {"shootState": {"concurrentSyncs": 0}}}}, "no state of a shoot would be saved"),
        ({"config": {"controllers": None}}, ""),
        ({"config": {"seedConfig": {}}}, "leave it out"),
        ({"annotations": {"gardener.cloud/operation": "reconcile"}}, "taken away once it is done"),
        ({"secrets": [{"name": "a"}, {"name": "b"}, {"name": "a"}]}, "secrets: a is there twice"),
        ({"seed": {"provider": {"zones": [1]}}}, "seed.provider.zones[0] has 1, which is no text"),
        ({"seed": {"provider": {"region": 1.1}}}, "seed.provider.region has 1.1"),
    ],
)
def test_what_gardener_would_take_and_nobody_wants_is_refused(more, said):
    found = gardenlet.mistakes(given(**more))
    assert said in "".join(found) and bool(found) == bool(said)


@pytest.mark.parametrize(
    ("version", "repository", "expected"),
    [
        ("", {"ref": f"{CHART}:v1.138.3"}, "v1.138.3"),
        ("v1.139.0", {"ref": f"{CHART}:v1.138.3"}, "v1.139.0"),
        ("", {"ref": f"{CHART}:v1.138.3@sha256:abc"}, "v1.138.3"),
        ("", {"ref": f"{CHART}@sha256:abc"}, ""),
        ("", {"ref": CHART}, ""),
        ("", {"repository": CHART, "tag": "1.138.3"}, "1.138.3"),
        ("", {"repository": CHART, "tag": "latest"}, ""),
        ("", {"repository": CHART}, ""),
        ("", None, ""),
    ],
)
def test_the_version_is_that_of_the_chart_unless_it_is_given(version, repository, expected):
    assert gardenlet.version(given(version=version, deployment={"helm": {"ociRepository": repository}})) == expected


@pytest.mark.parametrize(
    ("described", "made", "expected"),
    [
        ({"a": {"b": "1h"}}, {"a": {"b": "1h0m0s", "c": 1}}, []),
        ({"a": {"x": 1}}, {"a": {}}, ["spec.a.x"]),
        ({"a": {"x": 1}}, {}, ["spec.a"]),
        # What is empty is left out by whoever writes it.
        ({"a": {}, "b": False, "c": None, "d": ""}, {}, []),
        ({"a": [{"b": 1}, {"x": 1}]}, {"a": [{"b": 1}, {"c": 1}]}, ["spec.a[1].x"]),
    ],
)
def test_a_field_that_is_not_made_is_not_known(described, made, expected):
    assert gardenlet.lost(described, made, "spec") == expected
