"""Which releases are taken, and which ways are refused."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import walk
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack.standing import Standing

OPERATOR = "docker-images.third-party.gardener.operator"
KUBERNETES = "docker-images.third-party.gardener.virtual-garden-apiserver"
METAL_API = "docker-images.metal-stack.control-plane.metal-api"


def release(name, gardener="v1.137.7", **more):
    return walk.Offered(name, {OPERATOR: gardener, **more})


AT = Standing("v0.22.18", {OPERATOR: "v1.137.7"}, seen="v0.22.18")
THREE = [release("v0.22.18"), release("v0.22.19"), release("v0.22.20", "v1.138.3")]
ALL = ["v0.22.17", "v0.22.18", "v0.22.19", "v0.22.20"]


def taken(standing, offered=THREE, published=ALL, withdrawn=()):
    steps, refused = walk.steps(standing, offered, published, withdrawn)
    assert refused == []
    return [(one.name, one.resumes) for one in steps]


def refused(standing, offered=THREE, published=ALL, withdrawn=()):
    return walk.steps(standing, offered, published, withdrawn)[1]


@pytest.mark.parametrize(
    ("standing", "expected"),
    [
        (AT, [("v0.22.19", False), ("v0.22.20", False)]),
        (AT._replace(release="v0.22.19"), [("v0.22.20", False)]),
        (AT._replace(release="v0.22.20", components={OPERATOR: "v1.138.3"}), []),
        # A step that was begun is gone on with, and what it needs was saved then.
        (AT._replace(begun="v0.22.19", unfinished=("metal",)), [("v0.22.19", True), ("v0.22.20", False)]),
        # A run of the role that did not come to its end has saved nothing.
        (AT._replace(seen="v0.22.19", unfinished=("metal",)), [("v0.22.19", False), ("v0.22.20", False)]),
        # Without a mark the present release's own vectors tell what it has.
        (AT._replace(components={}), [("v0.22.19", False), ("v0.22.20", False)]),
        # What the role repairs when it is run for the same release is no matter of an upgrade.
        (AT._replace(release="v0.22.20", unfinished=("metal",)), []),
    ],
)
def test_the_steps_go_from_where_the_control_plane_is(standing, expected):
    assert taken(standing) == expected


def test_a_step_tells_what_it_changes_of_what_is_watched():
    steps, _none = walk.steps(AT, [*THREE[:2], release("v0.22.20", "v1.138.3", other="v1")], ALL)
    assert steps[1].shown()["changes"] == [
        {"component": OPERATOR, "from": "v1.137.7", "to": "v1.138.3", "kind": "upgrade"}
    ]
    assert steps[0].shown() == {"name": "v0.22.19", "resumes": False, "changes": []}


@pytest.mark.parametrize(
    ("standing", "offered", "published", "expected"),
    [
        (Standing(), THREE, ALL, "the cluster has no record of a release"),
        (AT, [release("v0.22.20")], ALL, "v0.22.20 after v0.22.18 skips v0.22.19 -> give them in releases"),
        (AT, [release("v0.22.20")], [], "v0.22.20 after v0.22.18 skips v0.22.19 -> give them in releases"),
        (AT, [release("v0.22.21")], [], "skips v0.22.19, v0.22.20"),
        (AT, [release("v0.24.0")], [], "skips v0.23.0"),
        (AT, [release("v0.22.17")], ALL, "v0.22.18 is deployed and newer than v0.22.17"),
        (AT, [release("v0.22.19", "v1.139.0")], ALL, "v0.22.19 after v0.22.18: Gardener v1.137.7 to v1.139.0 skips a"),
        (
            AT,
            [release("v0.22.19", "v1.138.3"), release("v0.22.20", "v1.140.1")],
            ALL,
            "v0.22.20 after v0.22.19: Gardener v1.138.3 to v1.140.1 skips a minor; take a release with v1.139 first",
        ),
        (
            AT._replace(components={OPERATOR: "v1.137.7", KUBERNETES: "v1.33.1"}),
            [release("v0.22.19", **{KUBERNETES: "v1.35.1"})],
            ALL,
            "Kubernetes of the virtual garden v1.33.1 to v1.35.1 skips a minor",
        ),
        (
            AT._replace(components={METAL_API: "v0.45.0"}),
            [release("v0.22.19", **{METAL_API: "v0.44.0"})],
            ALL,
            "v0.22.19 after v0.22.18: it would go back with metal-api",
        ),
        (
            AT._replace(mixed=("", "v0.22.17", "v0.22.18")),
            THREE,
            ALL,
            "of several releases (one without a name, v0.22.17, v0.22.18), and none is marked",
        ),
        (AT._replace(components={}), THREE[1:], ALL, "nobody knows which versions v0.22.18 has"),
        (AT._replace(begun="v0.22.19"), [THREE[2]], ALL, "v0.22.19 was begun and has not come to its end, and is not"),
        (AT._replace(seen="v0.22.19"), [THREE[2]], ALL, "v0.22.19 was begun and has not come to its end, and is not"),
        (
            AT._replace(begun="v0.22.20"),
            [release("v0.22.20"), release("v0.22.19")],
            ALL,
            "v0.22.20 was begun and is newer than v0.22.19",
        ),
        (AT._replace(unfinished=("metal", "nsq")), THREE, ALL, "metal, nsq of v0.22.18 did not come to the end"),
    ],
)
def test_a_way_that_cannot_be_taken_is_told(standing, offered, published, expected):
    (found,) = refused(standing, offered, published)
    assert expected in found


def test_all_that_speaks_against_a_way_is_told_at_once():
    found = refused(AT, [release("v0.22.20", "v1.139.0"), release("v0.22.21", "v1.141.0")], [])
    assert len(found) == 3


def test_a_withdrawn_release_is_no_skipped_one():
    assert taken(AT, [THREE[2]], ALL, ["v0.22.19"]) == [("v0.22.20", False)]
    assert taken(AT, [THREE[2]], [], ["v0.22.19"]) == [("v0.22.20", False)]


def test_a_minor_that_follows_is_no_skipped_one_where_nobody_lists_releases():
    assert taken(AT, [release("v0.23.0"), release("v0.23.1")], []) == [("v0.23.0", False), ("v0.23.1", False)]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["v0.22.18", "v0.22.19", "v0.23.0"], []),
        (["v0.22.9", "v0.22.10"], []),
        (["main"], ["'main' is no release"]),
        (["v0.22.19-rc1"], ["'v0.22.19-rc1' is no release"]),
        (["v0.22.19", "v0.22.19"], ["v0.22.19 is there twice"]),
        (["v0.22.19", "v0.22.18"], ["v0.22.19, v0.22.18 are out of order"]),
        (["v0.22.19", "x", "v0.22.18", "x"], ["'x' is no", "'x' is no", "x is there twice", "out of order"]),
    ],
)
def test_names_of_releases_are_looked_at(names, expected):
    found = walk.misnamed(names)
    assert len(found) == len(expected)
    assert all(part in one for part, one in zip(expected, found, strict=True))
