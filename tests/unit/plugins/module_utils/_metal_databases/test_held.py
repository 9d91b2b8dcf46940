from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases.held import (
    Held,
    encrypted,
    held,
    shrunk,
    told,
)
from listed import version


def test_backups_are_told_newest_first_and_apart_from_what_only_begins_alike():
    other, note = version(1, key="p-initial/db.tar.gz"), version(0, key="p/notes.txt")
    found = held("p", [version(9), other, version(3), note])
    assert [one.id for one in found.own] == ["v3", "v9"]
    assert found.strange == [note, other]
    assert found.taken == note


def test_what_was_deleted_is_restored_all_the_same():
    found = held("p", [version(0, marker=True, latest=True), version(3)])
    assert found.own == [version(3)] and found.taken == version(3)


def test_nothing_is_nothing():
    assert held("p", []) == Held([], [], None, 0)


@pytest.mark.parametrize(("markers", "seen"), [(0, True), (1, False)])
def test_the_sidecar_sees_a_thousand_versions_and_markers(markers, seen):
    """In the order of keys, newest first within one."""
    plain = [version(number + 10) for number in range(999)]
    hiding = [version(5, marker=True)] * markers
    found = held("p", [version(1, key="p/db.tar.gz.aes"), *plain, *hiding])
    assert found.own[0].key == "p/db.tar.gz.aes"
    assert found.taken == (found.own[0] if seen else plain[0])
    assert found.hidden == (0 if seen else 1)


@pytest.mark.parametrize(
    ("sizes", "suspect"),
    [
        ([1000], False),
        ([500, 1000], False),
        ([499, 1000], True),
        ([499, 1000, 1000, 400], True),
        ([499, 400, 400, 1000], False),
        ([499, *[1000] * 7, *[100] * 100], True),
    ],
    ids=["the first", "half", "less", "one of three was small", "one of three was large", "of the last seven"],
)
def test_a_backup_less_than_half_as_large_is_suspect(sizes, suspect):
    assert bool(shrunk([version(number, size) for number, size in enumerate(sizes)])) is suspect


def test_a_backup_is_told():
    assert told(version(60, key="p/db.tar.gz.aes")) == {
        "key": "p/db.tar.gz.aes", "version": "v60", "bytes": 1000, "made": "2026-11-29T11:00:00+00:00",
        "encrypted": True,
    }  # fmt: skip
    assert told(None) is None and not encrypted(version(1))
