from __future__ import annotations

import datetime
import json

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import sentinels
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases.sentinels import Counted
from listed import NOON, version

BEFORE = sentinels.manifest(
    "p", version(60), Counted({"machine": 10, "image": 1, "event": 0}, {"projects": ["b", "a"]}), "cluster", NOON
)
SAME = Counted({"machine": 10, "image": 1, "event": 0}, {"projects": ["a", "b"]})


@pytest.mark.parametrize(
    ("tables", "lists", "accept", "words"),
    [
        ({}, {}, [], []),
        ({"machine": 8}, {}, [], []),
        ({"machine": 11, "more": 3}, {"projects": ["a", "b", "c"]}, [], []),
        ({"machine": 7}, {}, [], ["table machine has 7 rows, it had 10"]),
        ({"machine": 7}, {}, ["machine"], []),
        ({"image": 0}, {}, [], ["table image has 0 rows, it had 1"]),
        ({"machine": None, "event": None}, {}, [], ["table event is gone, it had 0", "table machine is gone"]),
        ({}, {"projects": ["a"]}, [], ["projects lack b"]),
        ({}, {"projects": []}, ["projects"], []),
    ],
)
def test_a_drop_is_told(tables, lists, accept, words):
    rows = {name: number for name, number in {**SAME.tables, **tables}.items() if number is not None}
    found = sentinels.drops(Counted(rows, {**SAME.lists, **lists}), BEFORE, accept)
    assert len(found) == len(words) and all(word in one for word, one in zip(words, found, strict=True))


def test_a_manifest_is_read_as_it_was_written():
    assert sentinels.read("k", sentinels.written(BEFORE)) == BEFORE
    assert BEFORE["lists"] == {"projects": ["a", "b"]} and BEFORE["made"] == "2026-11-29T11:00:00+00:00"


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"format": 1}', json.dumps({**BEFORE, "format": 2}).encode()], ids=repr
)
def test_what_is_no_manifest_is_refused(content):
    with pytest.raises(BackupError, match="k is no manifest of format 1"):
        sentinels.read("k", content)


def test_the_newest_manifest_of_no_later_backup_is_found_by_its_name():
    keys = [sentinels.key("p", version(minutes)) for minutes in (1, 600, 60)]
    assert keys[2] == "metal-sentinels/p/20261129T110000Z-v60.json"
    assert sentinels.last(keys, "p") == keys[0]
    assert sentinels.last(keys, "p", version(60)) == keys[2]
    assert sentinels.last(keys, "p", version(30)) == keys[2]
    assert sentinels.last(keys, "p", version(700)) == "" == sentinels.last([], "p")


def test_the_time_of_a_backup_is_named_in_utc():
    there = datetime.timezone(datetime.timedelta(hours=2))
    one = version(60)._replace(modified=version(60).modified.astimezone(there))
    assert sentinels.key("p", one) == sentinels.key("p", version(60))


def test_prefixes_that_go_on_behind_a_slash_have_manifests_of_their_own():
    own, other = sentinels.key("p", version(60)), sentinels.key("p/q", version(1))
    assert sentinels.last([own, other], "p") == own
    assert sentinels.last([other], "p") == ""


def test_numbers_may_be_texts():
    assert sentinels.counted({"a": "10", "b": 0}, {"c": ["d"]}) == Counted({"a": 10, "b": 0}, {"c": ["d"]})


@pytest.mark.parametrize("rows", ["ten", -1, "-1", 1.5, None, True, ""])
def test_what_is_no_number_of_rows_is_refused(rows):
    with pytest.raises(BackupError, match="table a: expected a number of rows"):
        sentinels.counted({"a": rows}, {})


@pytest.mark.parametrize("names", ["fra", None, {"fra": 1}, [1]])
def test_what_is_no_list_of_names_is_refused(names):
    with pytest.raises(BackupError, match="partitions: expected a list of names"):
        sentinels.counted({}, {"partitions": names})


@pytest.mark.parametrize(
    ("lasting", "passing", "told", "gone"),
    [(0, 10, 0, []), (4, 5, 0, []), (4, 1, 1, []), (0, 0, 1, ["machine"])],
)
def test_what_has_aged_is_there_until_it_goes(lasting, passing, told, gone):
    """Tokens that had months to go when they were saved have weeks some time later."""
    tables = {**SAME.tables, "machine": lasting} if lasting else {"image": 1, "event": 0}
    found = Counted(tables, SAME.lists, {"machine": passing} if passing else {})
    assert len(sentinels.drops(found, BEFORE, in_use=True)) == told and sentinels.lost(found, BEFORE) == gone


def test_a_list_without_any_of_its_names_is_lost_unless_somebody_knows_why():
    found = Counted(SAME.tables, {"projects": ["new"]})
    assert sentinels.lost(found, BEFORE) == ["projects"] and sentinels.lost(found, BEFORE, ["projects"]) == []
