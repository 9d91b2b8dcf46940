"""Whether a partition is of the release of its control plane, and wants it as that has it."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import agreement
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack.standing import Standing

AT = Standing(release="v0.22.19")


@pytest.mark.parametrize(
    ("deployed", "at", "name", "expected"),
    [
        (True, AT, "v0.22.19", []),
        # Nobody tells which one it is.
        (True, AT, "", []),
        (True, Standing(), "v0.22.19", []),
        (False, Standing(), "v0.22.19", ["the control plane of namespace metal has no secrets yet -> deploy it first"]),
        (True, AT, "v0.22.20", ["is at v0.22.19, and the partition would be at v0.22.20"]),
        (True, AT._replace(begun="v0.22.20"), "v0.22.20", ["is on its way to v0.22.20"]),
    ],
)
def test_another_release_than_that_of_the_control_plane_is_told(deployed, at, name, expected):
    found = agreement.complaints("metal", deployed, at, name)
    assert len(found) == len(expected)
    assert all(part in one for part, one in zip(expected, found, strict=True))


WANTED = {"name": "v0.22.19", "replacements": {}, "roles": []}
INSTALLED = {"name": "v0.22.19", "vectors": [{"url": "oci://r:v0.22.19"}], "replacements": {}, "roles": {}}
NOTHING = {"name": "", "vectors": [], "replacements": {}, "roles": {}}
ROLES = {"metal-roles": {"repository": "local"}, "common": {"repository": "ghcr.io/common"}}


@pytest.mark.parametrize(
    ("installed", "wanted", "expected"),
    [
        ({}, {}, []),
        ({"replacements": {"a.tag": "v2"}}, {"replacements": {"a.tag": "v2"}}, []),
        ({"replacements": {"a.tag": "v2"}}, {}, ["replacements: none, and the stage has {'a.tag': 'v2'}"]),
        # Files have no name; the same path may be another release, which has its replacements too.
        ({"name": "", "replacements": {"a.tag": "v2"}}, {}, ["replacements: none"]),
        ({"roles": ROLES}, {"roles": ["metal-roles"]}, []),
        ({"roles": ROLES}, {}, ["roles: none, and the stage has ['metal-roles']"]),
        # The control plane was brought to this one from elsewhere.
        ({"name": "v0.22.18", "replacements": {"a.tag": "v2"}}, {}, []),
        (NOTHING, {"replacements": {"a.tag": "v2"}}, []),
    ],
)
def test_what_would_change_the_stage_back_and_forth_is_told(installed, wanted, expected):
    found = agreement.differences({**INSTALLED, **installed}, {**WANTED, **wanted})
    assert len(found) == len(expected)
    assert all(part in one for part, one in zip(expected, found, strict=True))
