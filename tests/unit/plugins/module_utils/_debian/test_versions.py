"""Debian's order of versions, on the cases that its policy names and on versions of kernels."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._debian import versions


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("1.0~rc1", "1.0"),
        ("1.0", "1.0+b1"),
        ("1.0-1", "1.0-1+deb13u1"),
        ("1.0-1~bpo13+1", "1.0-1"),
        ("9", "10"),
        ("1.2", "1.10"),
        ("1.0a", "1.0+"),
        ("2.0", "1:1.0"),
        ("1.0-9", "1.0-10"),
        ("6.1.106-3", "6.1.112-1"),
        ("6.12.48-1", "6.12.57-1"),
        ("1.0", "1.0-1"),
    ],
)
def test_the_newer_one_is_the_newer_one_from_both_sides(older: str, newer: str) -> None:
    assert versions.compare(older, newer) < 0 < versions.compare(newer, older)


@pytest.mark.parametrize(("one", "other"), [("1.0", "1.0"), ("0:1.0-0", "1.0"), ("1.00", "1.0"), ("1.0-01", "1.0-1")])
def test_two_ways_to_write_one_version(one: str, other: str) -> None:
    assert versions.compare(one, other) == 0


def test_the_newest_is_found_among_many() -> None:
    assert max(["1.9", "1.10~rc1", "1.10", "1.2"], key=versions.order) == "1.10"
