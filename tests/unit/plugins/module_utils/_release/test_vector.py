"""A vector is read, checked and changed by dotted paths."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._release import vector
from ansible_collections.metalstack.autonomous.plugins.module_utils._release.errors import ReleaseError

VECTOR = {
    "ansible-roles": {"metal-roles": {"oci": "ghcr.io/metal-stack/metal-roles", "version": "v0.28.1"}},
    "binaries": {"metalctl": {"linux": {"url": "https://example.org/metalctl"}, "version": "v0.19.0"}},
    "docker-images": {"a": {"name": "ghcr.io/a", "tag": "v1"}, "b": {"name": "ghcr.io/b", "tag": "v2"}},
    "helm-charts": {"chart": {"repository": "https://ghcr.io/charts", "tag": "v0.8.8", "version": "0.8.8"}},
    "repositories": {"gardener": {"ref": "v1.138.3", "url": "https://example.org/gardener.git"}},
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: [", "release.yaml is no YAML"),
        ("- a", "release.yaml holds no mapping"),
        ("{}", "release.yaml is empty"),
        ("a: {tag: 1.10}", "has 1.1 for a.tag; expected a text, in quotes"),
        ("a: {version: null}", "has None for a.version"),
        ("a: {1: x}", "has the key 1; expected texts without a dot"),
        ("a: {x.y: x}", "has the key 'x.y'"),
        ("!!python/object/apply:os.system [ls]", "is no YAML"),
        ("a: 2026-13-45", "is no YAML"),
        ("a: &a {b: *a}", "has an alias of what is around it"),
    ],
)
def test_what_is_no_vector_is_told(text, expected):
    with pytest.raises(ReleaseError, match=expected.replace("[", r"\[")):
        vector.parse(text, "release.yaml")


def test_all_values_of_a_wrong_kind_are_told_at_once():
    with pytest.raises(ReleaseError, match=r"for a\.tag.*for b\.version"):
        vector.parse("{a: {tag: 1}, b: {version: 2}}", "release.yaml")


def test_components_are_found_wherever_they_are_and_a_chart_goes_by_what_helm_asks_for():
    assert vector.components(VECTOR) == {
        "ansible-roles.metal-roles": "v0.28.1",
        "binaries.metalctl": "v0.19.0",
        "docker-images.a": "v1",
        "docker-images.b": "v2",
        "helm-charts.chart": "0.8.8",
        "repositories.gardener": "v1.138.3",
    }


def test_the_first_of_several_vectors_decides():
    assert vector.merged([{"a": {"tag": "v2"}}, {"a": {"tag": "v1"}, "b": {"tag": "v3"}}]) == {"a": "v2", "b": "v3"}


@pytest.mark.parametrize("path", ["docker-images.c", "docker-images.a.tag.x", "tag", ""])
def test_a_path_that_leads_nowhere_is_told(path):
    with pytest.raises(vector.NoSuchPath, match=f"it has no {path}"):
        vector.at(VECTOR, path)


def test_single_values_are_replaced_and_the_vector_stays_as_it_was():
    changed = vector.replaced([{"other": {"tag": "v0"}}, VECTOR], {"docker-images.a.tag": "v1.1", "other.tag": "v9"})
    assert (changed[0]["other"]["tag"], changed[1]["docker-images"]["a"]["tag"]) == ("v9", "v1.1")
    assert VECTOR["docker-images"]["a"]["tag"] == "v1"


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("docker-images.a.tga", "v1", "did you mean docker-images.a.name or docker-images.a.tag"),
        ("docker-images.a", "v1", "which is no value of the release"),
        ("nothing.tag", "v1", "expected the path of a value"),
        ("docker-images.a.tag", 1.10, "has 1.1 for docker-images.a.tag; expected a text"),
        ("docker-images.a.tag", "", "has '' for docker-images.a.tag"),
    ],
)
def test_a_replacement_that_replaces_nothing_is_told(path, value, expected):
    with pytest.raises(ReleaseError, match=expected):
        vector.replaced([VECTOR], {path: value})


def test_all_mistakes_of_replacements_are_told_at_once():
    with pytest.raises(ReleaseError, match=r"has a\.x, .*; replacements has b\.x, "):
        vector.replaced([VECTOR], {"a.x": "v1", "b.x": "v1"})


def test_parts_of_values_are_exchanged_wherever_the_key_is_and_nowhere_else():
    changed = vector.substituted(VECTOR, [{"key": "name", "old": "ghcr.io", "new": "registry.example.org"}])
    assert changed["docker-images"]["b"]["name"] == "registry.example.org/b"
    assert changed["ansible-roles"]["metal-roles"]["oci"] == "ghcr.io/metal-stack/metal-roles"
    assert VECTOR["docker-images"]["b"]["name"] == "ghcr.io/b"


def gardener(**versions):
    core = dict.fromkeys(vector.GARDENER_CORE, "v1.138.3") | {
        name.replace("_", "-"): version for name, version in versions.items()
    }
    return {f"{vector.GARDENER}.{name}": version for name, version in core.items()}


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        ({}, []),
        ({"api_server": "v1.138-image-defaulting"}, []),
        ({"gardenlet": "v1.136.0"}, []),
        ({"gardenlet": "v1.135.0"}, ["gardenlet v1.135.0 does not go with api-server v1.138.3"]),
        ({"gardenlet": "v1.139.0"}, ["gardenlet v1.139.0 does not go with api-server v1.138.3"]),
        ({"operator": "v1.139.0"}, ["parts of one Gardener have different minors"]),
    ],
)
def test_parts_of_gardener_that_do_not_go_together_are_told(versions, expected):
    found = vector.skew(gardener(**versions))
    assert len(found) == len(expected)
    assert all(text in problem for text, problem in zip(expected, found, strict=True))


def test_a_vector_without_gardener_has_no_skew():
    assert vector.skew({"docker-images.a": "v1"}) == []
