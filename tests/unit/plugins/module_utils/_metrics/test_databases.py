"""What a server tells of metal-stack's databases."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import settings as backup_settings
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import noted, watch
from ansible_collections.metalstack.autonomous.plugins.module_utils._metrics import databases, exposition, looked_after
from host_facts_sample import DATABASE as SEEN


def told(samples):
    """By the metric, without what all names begin with; what is told has to be declared."""
    listed = list(samples)
    assert exposition.render(listed)
    return {one.name.removeprefix("metalstack_database_"): float(one.value) for one in listed}


def test_of_a_storage_that_answers_the_newest_and_how_many_there_are():
    assert told(databases.of_storage([SEEN], 2000.0, {})) == {
        "found": 1, "waits": 0,
        "backup_storage_reachable": 1, "backup_interval_seconds": 180, "backup_timestamp_seconds": 1900,
        "backup_versions": 480, "backup_suspect": 0, "backup_size_bytes": 5, "saved_timestamp_seconds": 1000,
    }  # fmt: skip


NONE = {**SEEN, "age": None, "bytes": None, "count": 0, "saved": ""}


@pytest.mark.parametrize(("age", "moment"), [(500, 1500), (None, 0)])
def test_where_there_is_none_the_newest_is_as_old_as_the_database(age, moment):
    found = told(databases.of_storage([{**NONE, "created_age": age}], 2000.0, {}))
    assert found["backup_timestamp_seconds"] == found["saved_timestamp_seconds"] == moment
    assert found["backup_versions"] == 0 and "backup_size_bytes" not in found


@pytest.mark.parametrize(
    ("changed", "seen", "saved"),
    [({}, NONE, False), ({"error": "x"}, NONE, True), ({"holds": True}, NONE, True), ({}, SEEN, True),
     ({"tried": -50 * 3600.0}, NONE, True)],
)  # fmt: skip
def test_of_one_that_never_held_anything_nobody_waits_for_what_it_holds(changed, seen, saved):
    runs = {"metal-db": {"tried": 1900.0, "error": "", "drops": [], "holds": False, **changed}}
    assert ("saved_timestamp_seconds" in told(databases.of_storage([seen], 2000.0, runs))) == saved


def test_where_nothing_counts_them_nobody_waits_for_what_they_hold():
    assert "saved_timestamp_seconds" not in told(databases.of_storage([SEEN], 2000.0, None))


def test_of_a_storage_that_gives_no_answer_nothing_else_is_told():
    unanswered = {"database": "metal-db", "wrong": "", "interval": None, "waits": "", "unanswered": "403"}
    assert told(databases.of_storage([unanswered], 2000.0, {})) == {
        "found": 1, "waits": 0, "backup_storage_reachable": 0,
    }  # fmt: skip


def test_nobody_waits_for_a_backup_of_what_waits_for_its_data():
    waits = {**SEEN, "waits": "it is held"}
    runs = {"metal-db": {"tried": 1.0, "error": "x", "drops": []}}
    assert told(databases.of_storage([waits], 0.0, runs)) == {"found": 1, "waits": 1}
    assert list(databases.of_runs(runs, [waits])) == []


def test_of_one_that_is_not_there_nothing_else_is_told():
    gone = {"database": "metal-db", "wrong": "no StatefulSet", "waits": "", "unanswered": ""}
    runs = {"metal-db": {"tried": 1.0, "error": "no StatefulSet", "drops": []}}
    assert told(databases.of_storage([gone], 0.0, runs)) == {"found": 0}
    assert list(databases.of_runs(runs, [gone])) == []


@pytest.mark.parametrize(
    ("tried", "others", "told_of"),
    [
        (2000.0, [], [0]),
        (999.0, [], [1]),
        (999.0, [{**SEEN, "database": "late", "saved": "1970-01-01T00:00:01+00:00"}], [0]),
        (999.0, [{**NONE, "database": "unknown"}], [0]),
        (999.0, [{**NONE, "database": "empty"}], [1]),
    ],
)
def test_a_cluster_that_gave_no_answer_is_made_up_for_by_whoever_has_counted_all(tried, others, told_of):
    nothing = {"tried": 1.0, "error": "", "drops": [], "holds": False}
    runs = {noted.ALL: {"tried": tried, "error": "refused", "drops": []}, "empty": nothing}
    found = [one for one in databases.of_runs(runs, [SEEN, *others]) if one.labels["database"] == noted.ALL]
    assert [float(one.value) for one in found if one.name.endswith("counted")] == told_of


@pytest.mark.parametrize(
    ("tried", "error", "counted", "drops"), [(2000.0, "less", 0, 2), (2000.0, "", 1, 0), (999.0, "less", 1, 0)]
)
def test_a_count_that_failed_is_told_until_it_is_made_up_for(tried, error, counted, drops):
    runs = {"metal-db": {"tried": tried, "error": error, "drops": ["a", "b"], "lost": ["b"]}}
    assert told(databases.of_runs(runs, [SEEN])) == {"counted": counted, "drops": drops, "lost": drops // 2}


def test_all_of_it_is_told_also_where_no_program_for_backups_is(monkeypatch, tmp_path):
    monkeypatch.setattr(watch, "look", lambda cluster, expected: [SEEN])
    noted.note(tmp_path, {"database": "metal-db", "error": "x", "drops": ["a"]})
    given = type("Given", (), {"state": tmp_path})
    monkeypatch.setattr(backup_settings, "load", lambda: given)
    assert told(looked_after.samples("metal", [], True))["drops"] == 1
    assert not {"drops", "saved_timestamp_seconds"} & told(looked_after.samples("metal", [], False)).keys()

    def missing():
        raise BackupError("there is none")

    monkeypatch.setattr(backup_settings, "load", missing)
    found = told(looked_after.samples("metal", [], True))
    assert found["backup_versions"] == 480 and "counted" not in found
