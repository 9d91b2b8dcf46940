"""Variables come from a vector by a mapping."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._release import mapping
from ansible_collections.metalstack.autonomous.plugins.module_utils._release.errors import ReleaseError

VECTOR = {"images": {"api": {"tag": "v1", "name": "ghcr.io/api"}}}
DEFAULTS = {"metal_stack_release": {"mapping": {"api_tag": "images.api.tag"}}}


def test_values_have_the_names_of_the_mapping_and_what_is_missing_is_listed():
    paths = {"api_tag": "images.api.tag", "gone_tag": "images.gone.tag", "deep": "images.api.tag.x"}
    assert mapping.variables(VECTOR, paths) == ({"api_tag": "v1"}, ["gone_tag", "deep"])


def test_a_mapping_is_found_in_defaults():
    assert mapping.find(DEFAULTS, "metal_stack_release.mapping", "the role") == {"api_tag": "images.api.tag"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("metal_stack_release.none", "the role has no mapping at metal_stack_release.none"),
        ("metal_stack_release.mapping.api_tag", "of the role is no mapping"),
        ("metal_stack_release", "of the role is no mapping"),
    ],
)
def test_what_is_no_mapping_is_told(path, expected):
    with pytest.raises(ReleaseError, match=expected):
        mapping.find(DEFAULTS, path, "the role")
