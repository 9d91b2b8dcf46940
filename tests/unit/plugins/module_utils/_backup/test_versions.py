"""Which versions of hidden objects go for good: never one that can be read without asking for it."""

from __future__ import annotations

import datetime

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import versions
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.versions import Version

NOW = datetime.datetime(2026, 11, 27, 12, tzinfo=datetime.UTC)


def made(days, name, latest=False, marker=False, key="k"):
    return Version(key, name, NOW - datetime.timedelta(days=days), latest, marker)


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ([made(400, "a", latest=True)], []),
        # hidden since the next newer was made, however old it is itself
        ([made(400, "a"), made(13, "b", latest=True)], []),
        ([made(400, "a"), made(14, "b", latest=True)], []),
        ([made(400, "a"), made(15, "b", latest=True)], ["a"]),
        ([made(400, "a"), made(300, "b"), made(1, "c", latest=True)], ["a"]),
        # behind a marker: the marker goes last, and not before everything
        ([made(400, "a"), made(15, "m", latest=True, marker=True)], ["a", "m"]),
        ([made(400, "a"), made(399, "b"), made(15, "m", latest=True, marker=True)], ["a", "b", "m"]),
        ([made(400, "a"), made(13, "m", latest=True, marker=True)], []),
        ([made(400, "a"), made(20, "m", marker=True), made(13, "n", latest=True, marker=True)], ["a"]),
        # written again
        ([made(400, "a"), made(20, "m", marker=True), made(19, "b", latest=True)], ["a", "m"]),
        # a marker that hides nothing any more
        ([made(15, "m", latest=True, marker=True)], ["m"]),
        ([made(14, "m", latest=True, marker=True)], []),
        # a clock that went back: neither is hidden for longer than it exists
        ([made(3, "a"), made(20, "b", latest=True)], []),
        ([made(3, "a"), made(20, "m", latest=True, marker=True)], []),
        # written while it was listed
        ([made(400, "a"), made(300, "b")], []),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_what_is_hidden_for_long_goes(known, expected, turned):
    found = versions.removable(known[::-1] if turned else known, NOW, 14)
    assert [one.id for one in found] == expected


def test_objects_do_not_hide_each_other():
    known = [made(400, "a", latest=True, key="k"), made(15, "b", latest=True, key="k.json")]
    assert versions.removable(known, NOW, 14) == []


def test_longer_keeps_more():
    known = [made(400, "a"), made(20, "b", latest=True)]
    assert versions.removable(known, NOW, 14) and not versions.removable(known, NOW, 21)


def test_what_can_be_read_without_asking_for_it():
    known = [
        made(3, "a", key="k1"), made(2, "b", latest=True, key="k1"), made(1, "m", latest=True, marker=True, key="k2"),
    ]  # fmt: skip
    assert versions.current(known) == ["k1"]
