"""A Garden is brought to a cluster on which nobody acts, and that has none."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import garden_fit, garden_state
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._backup.garden_cases import (
    garden,
    managed,
    operator,
    others,
    secrets,
)

FACTS = {
    "operator": "v1.138.3",
    "gardens": {"local": {"gardener": "v1.138.2", "rotation": {}}},
    "state": garden_state.state(secrets()),
}
HALF = garden(status={})
HALF["metadata"]["managedFields"] = [{"manager": garden_fit.MANAGER}]
TAKEN_OVER = {**HALF, "status": {"lastOperation": {"type": "Create", "state": "Processing"}}}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, []),
        ({"operator": None}, []),
        ({"operator": operator(0, "example.org/operator:v1.138.9@sha256:00")}, []),
        ({"operator": operator(0, "example.org/operator@sha256:00")}, []),
        ({"gardens": [HALF], "secrets": secrets()}, []),
        ({"secrets": others()}, []),
        ({"gardens": None, "operator": None}, ["knows no Gardens", "install gardener-operator v1.138.3, without"]),
        ({"gardens": [garden()]}, ["Garden local lives here"]),
        ({"gardens": [{**HALF, "metadata": garden()["metadata"]}]}, ["Garden local lives here"]),
        ({"gardens": [TAKEN_OVER]}, ["Garden local lives here"]),
        ({"operator": operator()}, ["runs here with 1 replicas", "scale deployment gardener-operator --replicas=0"]),
        ({"operator": {**operator(0), "status": {"replicas": 2}}}, ["runs here with 2 replicas"]),
        ({"operator": operator(0, "example.org:5000/operator:v1.139.0")},
         ["the set is of gardener-operator v1.138.3, here is v1.139.0 -> install v1.138.3"]),
        ({"hooks": ["validatingwebhookconfiguration"]},
         ["kubectl delete validatingwebhookconfiguration gardener-operator"]),
        ({"secrets": [managed("ca", value="another")]}, ["Secrets of another Garden", "ca-1f2e3d4c -> delete"]),
        ({"secrets": [managed("ca", "-of-others")]}, ["Secrets of another Garden"]),
        ({"gardens": [garden()], "operator": operator(), "hooks": [*garden_fit.HOOKS]},
         ["lives here", "runs here", "delete mutatingwebhookconfiguration,validatingwebhookconfiguration"]),
    ],
)  # fmt: skip
def test_what_is_in_the_way_is_named_all_at_once_with_what_to_do(changed, words):
    here = {"gardens": [], "operator": operator(0), "hooks": [], "secrets": [], **changed}
    found = list(garden_fit.refusals(garden_fit.Here(**here), FACTS))
    assert bool(found) == bool(words) and all(word in "; ".join(found) for word in words), found
    assert all(" -> " in one for one in found)


def test_once_it_was_confirmed_a_restore_has_nothing_of_an_object_and_somebody_still_has():
    others = {"manager": "kubectl", "fieldsV1": {"f:data": {}}}
    own = {"manager": garden_fit.MANAGER, "operation": "Apply", "fieldsV1": {"f:spec": {}}}
    left = garden_fit.let_go([own, {**own, "subresource": "status"}, others])
    assert left == [others, {**own, "fieldsV1": garden_fit.LET_GO}]
    assert garden_fit.let_go([own]) == garden_fit.let_go(garden_fit.let_go([own])) != []
    assert [garden_fit.ours({"metadata": {"managedFields": found}}) for found in ([own], left, None)] == [1, 0, 0]


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("example.org/gardener/operator:v1.138.3", "v1.138.3"),
        ("example.org:5000/gardener/operator:1.138.3", "v1.138.3"),
        ("example.org/gardener/operator:v1.138.3@sha256:1.2.3", "v1.138.3"),
        ("example.org/gardener/operator:latest", ""),
        ("example.org:5000/gardener/operator", ""),
    ],
)
def test_the_version_of_the_operator_is_that_of_its_image(image, version):
    assert garden_fit.version(operator(image=image)) == version
    assert garden_fit.version(None) == ""


def test_without_the_version_of_the_operator_that_of_the_status_is_named():
    here = garden_fit.Here(None, None, [], [])
    assert "install gardener-operator v1.138.2" in next(garden_fit.refusals(here, {**FACTS, "operator": ""}))
