"""Versions of images, as both servers' semver library sees them."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import versions


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("*", True),
        (" * ", True),
        ("12", True),
        ("v12.1", True),
        ("24.04.20261101", True),
        (">= 12", True),
        ("=> 12.1.2", True),
        ("~> 12.1", True),
        ("12-rc.1", True),
        ("", False),
        (">=12", False),
        (">=  12", False),
        ("== 12", False),
        ("12.x", False),
        ("12.1.2.3", False),
        (">= *", False),
        (">= 12, < 13", False),
    ],
)
def test_a_constraint_is_a_version_with_an_operator_or_without(text, good):
    assert versions.is_constraint(text) is good


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("12", (12, 0, 0), (13, 0, 0)),
        ("= 12.1", (12, 1, 0), (12, 2, 0)),
        ("12.1.3", (12, 1, 3), (12, 1, 4)),
        ("> 12", (13, 0, 0), versions.ENDLESS),
        ("> 12.1", (12, 2, 0), versions.ENDLESS),
        ("> 12.1.3", (12, 1, 4), versions.ENDLESS),
        (">= 12.1", (12, 1, 0), versions.ENDLESS),
        ("< 12", (0, 0, 0), (12, 0, 0)),
        ("<= 12", (0, 0, 0), (13, 0, 0)),
        ("=< 12.1.3", (0, 0, 0), (12, 1, 4)),
        ("~ 12", (12, 0, 0), (13, 0, 0)),
        ("~ 12.1", (12, 1, 0), (12, 2, 0)),
        ("~> 12.1.3", (12, 1, 3), (12, 2, 0)),
        ("~ 0.0.0", (0, 0, 0), versions.ENDLESS),
        ("^ 12.1.3", (12, 1, 3), (13, 0, 0)),
        ("^ 0", (0, 0, 0), (1, 0, 0)),
        ("^ 0.0", (0, 0, 0), (0, 1, 0)),
        ("^ 0.2.3", (0, 2, 3), (0, 3, 0)),
        ("^ 0.0.3", (0, 0, 3), (0, 0, 4)),
        ("*", (0, 0, 0), versions.ENDLESS),
        ("24.04", (24, 4, 0), (24, 5, 0)),
    ],
)
def test_what_a_constraint_takes(text, low, high):
    assert versions.ranges(text) == [(low, high)]


def test_what_one_of_not_equal_takes():
    assert versions.ranges("!= 12.1") == [((0, 0, 0), (12, 1, 0)), ((12, 2, 0), versions.ENDLESS)]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        # as in metal-api's own tests
        (">= 10", "<= 9.9", False),
        (">= 10", "< 10", False),
        (">= 9.8", "<= 9.9", True),
        ("*", "<= 9.9", True),
        ("12", "13", False),
        ("12", "!= 12", False),
        ("12", "!= 13", True),
        # Nothing is in both, and both servers refuse it all the same.
        ("> 11", "< 12", True),
        # Both servers take it, and a machine could get either.
        (">= 12", ">= 13", True),
        ("12", "12", True),
    ],
)
def test_two_constraints_clash_either_way(one, other, expected):
    assert versions.clash(one, other) is expected
    assert versions.clash(other, one) is expected
