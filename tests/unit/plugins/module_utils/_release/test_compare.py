"""Which changes a release makes, and which are refused."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._release import compare

GARDENER = "docker-images.third-party.gardener"
METAL = "docker-images.metal-stack.control-plane"
OTHERS = "docker-images.third-party.control-plane"


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("v1.0.0", "v1.0.1", "upgrade"),
        ("v1.0.1", "v1.0.0", "downgrade"),
        ("v1", "branch", "change"),
        ("", "v1", "added"),
        ("v1", "", "removed"),
    ],
)
def test_a_change_is_of_a_kind(before, after, kind):
    changed = compare.changes({"a": before} if before else {}, {"a": after} if after else {})
    assert [change.shown() for change in changed] == [{"component": "a", "from": before, "to": after, "kind": kind}]


def test_what_is_the_same_is_no_change():
    assert compare.changes({"a": "v1", "b": "v1"}, {"a": "v1", "b": "v1"}) == []


@pytest.mark.parametrize(
    ("component", "before", "after", "expected"),
    [
        (f"{GARDENER}.operator", "v1.137.7", "v1.138.3", ""),
        (f"{GARDENER}.operator", "v1.137.7", "v1.137.8", ""),
        (f"{GARDENER}.operator", "v1.136.7", "v1.138.3", "take a release with v1.137 first"),
        (f"{GARDENER}.operator", "v1.136.7", "v2.0.0", "skips a minor"),
        (f"{GARDENER}.api-server", "v1.134.5", "v1.135-image-defaulting", ""),
        (f"{GARDENER}.api-server", "v1.134-image-defaulting", "v1.136.7", "skips a minor"),
        (f"{GARDENER}.operator", "v1.138.3", "v1.137.7", "it would go back with operator"),
        (f"{GARDENER}.operator", "v1.138.3", "v1.138.2", "it would go back with operator"),
        (f"{GARDENER}.virtual-garden-apiserver", "v1.34.9", "v1.35.6", ""),
        (f"{GARDENER}.virtual-garden-apiserver", "v1.33.7", "v1.35.6", "Kubernetes of the virtual garden v1.33.7 to"),
        (f"{GARDENER}.networking-calico", "v1.54.0", "v1.56.0", ""),
        (f"{METAL}.metal-api", "v0.45.0", "v0.44.0", "it would go back with metal-api"),
        (f"{METAL}.metalctl", "v0.17.4", "v0.17.1", ""),
        (f"{OTHERS}.metal-db", "2.4.4-bookworm-slim", "2.4.3", "it would go back with metal-db"),
        (f"{OTHERS}.zitadel-db", "17.10-alpine", "16.1-alpine", "it would go back with zitadel-db"),
        ("helm-charts.oidc.zitadel", "10.0.4", "9.9.9", "it would go back with zitadel"),
        ("ansible-roles.metal-roles", "v0.14.3", "v0.14.2", ""),
        ("binaries.metal-stack.kernel", "6.6.60-50", "6.6.58-47", ""),
    ],
)
def test_steps_that_cannot_be_made_are_refused(component, before, after, expected):
    found = compare.refusals({component: before}, {component: after})
    assert len(found) == bool(expected)
    assert all(expected in problem for problem in found)


def test_parts_of_gardener_are_told_once():
    names = [f"{GARDENER}.{name}" for name in ("operator", "api-server", "gardenlet")]
    found = compare.refusals(dict.fromkeys(names, "v1.136.7"), dict.fromkeys(names, "v1.138.3"))
    assert found == ["Gardener v1.136.7 to v1.138.3 skips a minor; take a release with v1.137 first"]


def test_after_a_restore_it_may_go_back_but_nothing_may_be_skipped():
    before, after = {f"{METAL}.metal-api": "v0.45.0"}, {f"{METAL}.metal-api": "v0.44.0"}
    assert compare.refusals(before, after, allow_downgrade=True) == []
    skipped = {f"{GARDENER}.operator": "v1.136.7"}, {f"{GARDENER}.operator": "v1.138.3"}
    assert compare.refusals(*skipped, allow_downgrade=True) != []


KNOWN = ["v0.22.17", "v0.22.18", "v0.22.18-rc.1", "v0.22.19"]


@pytest.mark.parametrize(
    ("former", "wanted", "expected"),
    [
        ("v0.22.18", "v0.22.19", []),
        ("v0.22.17", "v0.22.19", ["release v0.22.19 skips v0.22.18 after v0.22.17"]),
        ("v0.22.19", "v0.22.18", ["release v0.22.18 is older than v0.22.19"]),
        ("develop", "v0.22.19", []),
        ("v0.22.17", "develop", []),
        ("", "v0.22.19", []),
    ],
)
def test_a_release_follows_the_one_before_it(former, wanted, expected):
    found = compare.skipped_releases(former, wanted, KNOWN)
    assert len(found) == len(expected)
    assert all(text in problem for text, problem in zip(expected, found, strict=True))
