"""Which version may follow which."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._garden import versions


@pytest.mark.parametrize(
    ("former", "wanted", "said"),
    [
        ("", "v1.138.3", ""),
        ("v1.138.3", "v1.138.3", ""),
        ("v1.137.4", "v1.138.3", ""),
        ("v1.138.3", "v1.138.4", ""),
        ("v1.138.3", "v1.138.2", "goes back to none"),
        ("v1.139.0", "v1.138.3", "goes back to none"),
        ("v1.135.2", "v1.138.3", "take v1.136, v1.137 first"),
    ],
)
def test_minor_versions_are_taken_one_after_the_other(former: str, wanted: str, said: str):
    found = versions.steps(former, wanted)
    assert [said in one for one in found] == ([True] if said else [])


@pytest.mark.parametrize(
    ("former", "wanted", "said"),
    [("", "1.35.6", ""), ("1.34.1", "1.35.6", ""), ("1.35.6", "1.35.5", "go back"), ("1.33.1", "1.35.6", "1.34 next")],
)
def test_so_are_those_of_the_virtual_garden(former: str, wanted: str, said: str):
    found = versions.kubernetes_steps(former, wanted)
    assert [said in one for one in found] == ([True] if said else [])


@pytest.mark.parametrize(
    ("version", "kubernetes", "runtime", "said"),
    [
        ("v1.138.3", "1.35.6", "v1.35.4+k3s1", []),
        ("v1.138.3", "1.35.6", "v1.30.1", []),
        ("v1.138.3", "1.35.6", "v1.36.0+k3s1", ["take a newer Gardener"]),
        ("v1.138.3", "1.35.6", "v1.29.1", ["upgrade the cluster first"]),
        ("v1.145.0", "1.31.1", "v1.31.4", ["upgrade the cluster first", "garden.kubernetes_version is 1.31.1"]),
        ("v1.200.0", "1.35.6", "v1.35.4", ["is not known here"]),
    ],
)
def test_kubernetes_has_to_be_one_that_it_supports(version: str, kubernetes: str, runtime: str, said: list[str]):
    found = versions.unsupported(version, kubernetes, runtime)
    assert len(found) == len(said) and all(one in text for one, text in zip(said, found, strict=True))


@pytest.mark.parametrize(("runtime", "warned"), [("v1.35.3+k3s1", True), ("v1.35.4+k3s1", False), ("v1.34.0", False)])
def test_a_seed_whose_statefulsets_stand_still_is_warned_of(runtime: str, warned: bool):
    assert bool(versions.deadlocked(runtime)) is warned


@pytest.mark.parametrize(
    ("version", "kubernetes", "wrong"),
    [("v1.138.3", "1.35.6", 0), ("1.138.3", "v1.35.6", 2), ("v1.138", "1.35", 2), ("v1.139.0-dev", "1.35.6", 0)],
)
def test_what_is_no_version_is_told(version: str, kubernetes: str, wrong: int):
    assert len(versions.malformed(version, kubernetes)) == wrong


@pytest.mark.parametrize("wanted", ["v2", "2", "", "v1.139"])
def test_what_is_no_version_is_compared_with_none(wanted: str):
    assert versions.steps("v1.138.3", wanted) == []
    assert versions.kubernetes_steps("1.35.6", wanted.replace("9", "5")) == []
