"""Versions as metal-stack's releases have them."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._release import versions


@pytest.mark.parametrize(
    ("version", "number"),
    [
        ("v0.45.0", (0, 45, 0)),
        ("16.14-alpine", (16, 14)),
        ("2.4.4-bookworm-slim", (2, 4, 4)),
        ("v1.131-image-defaulting", (1, 131)),
        ("0.39.0", (0, 39, 0)),
        ("9.1-alpine", (9, 1)),
        ("latest", ()),
        ("", ()),
    ],
)
def test_the_leading_number_of_a_version_is_read(version, number):
    assert versions.number(version) == number


@pytest.mark.parametrize(
    ("version", "other", "lower"),
    [
        ("v0.9.0", "v0.10.0", True),
        ("v0.10.0", "v0.9.0", False),
        ("15.18-alpine", "16.14-alpine", True),
        ("v1.131-image-defaulting", "v1.131.5", False),
        ("v1.131.5", "v1.131-image-defaulting", False),
        ("v1.131-image-defaulting", "v1.132.0", True),
        ("latest", "v1.0.0", False),
        ("v1.0.0", "latest", False),
        ("v1.0.0", "v1.0.0", False),
    ],
)
def test_a_version_is_lower_only_where_that_is_certain(version, other, lower):
    assert versions.is_lower(version, other) is lower


@pytest.mark.parametrize(
    ("former", "wanted", "way"),
    [
        ("v0.22.17", "v0.22.19", ["v0.22.18", "v0.22.19"]),
        ("v0.22.18", "v0.22.19", ["v0.22.19"]),
        ("v0.22.9", "v0.22.10", ["v0.22.10"]),
        ("v0.22.19", "v0.23.0", ["v0.23.0"]),
        ("v0.22.19", "v0.22.18", []),
        ("v0.22.19", "v0.22.19", []),
    ],
)
def test_the_way_is_over_every_final_release(former, wanted, way):
    known = ["v0.22.9", "v0.22.19", "v0.22.18", "v0.22.18-rc.1", "latest", "v0.22.17", "develop"]
    assert versions.walk(known, former, wanted) == way
