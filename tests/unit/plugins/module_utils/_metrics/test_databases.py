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
    assert told(databases.of_storage([SEEN], 2000.0)) == {
        "backup_storage_reachable": 1, "backup_interval_seconds": 180, "backup_timestamp_seconds": 1900,
        "backup_versions": 480, "backup_suspect": 0, "backup_size_bytes": 5, "saved_timestamp_seconds": 1000,
    }  # fmt: skip


def test_where_there_is_none_the_newest_is_of_time_zero():
    found = told(databases.of_storage([{**SEEN, "age": None, "bytes": None, "count": 0, "saved": ""}], 2000.0))
    assert found["backup_timestamp_seconds"] == found["backup_versions"] == found["saved_timestamp_seconds"] == 0
    assert "backup_size_bytes" not in found


def test_of_a_storage_that_gives_no_answer_nothing_else_is_told():
    unanswered = {"database": "metal-db", "interval": None, "waits": "", "unanswered": "403"}
    assert told(databases.of_storage([unanswered], 2000.0)) == {"backup_storage_reachable": 0}


def test_nobody_waits_for_a_backup_of_what_waits_for_its_data():
    waits = {**SEEN, "waits": "it is held"}
    runs = {"metal-db": {"tried": 1.0, "error": "x", "drops": []}}
    assert list(databases.of_storage([waits], 0.0)) == list(databases.of_runs(runs, [waits])) == []


@pytest.mark.parametrize(
    ("tried", "error", "counted", "drops"), [(2000.0, "less", 0, 2), (2000.0, "", 1, 0), (999.0, "less", 1, 0)]
)
def test_a_count_that_failed_is_told_until_it_is_made_up_for(tried, error, counted, drops):
    runs = {"metal-db": {"tried": tried, "error": error, "drops": ["a", "b"]}}
    assert told(databases.of_runs(runs, [SEEN])) == {"counted": counted, "drops": drops}


def test_all_of_it_is_told_also_where_no_program_for_backups_is(monkeypatch, tmp_path):
    monkeypatch.setattr(watch, "look", lambda cluster: [SEEN])
    noted.note(tmp_path, [{"database": "metal-db", "error": "x", "drops": ["a"]}])
    given = type("Given", (), {"state": tmp_path})
    monkeypatch.setattr(backup_settings, "load", lambda: given)
    assert told(looked_after.samples("metal"))["drops"] == 1

    def missing():
        raise BackupError("there is none")

    monkeypatch.setattr(backup_settings, "load", missing)
    found = told(looked_after.samples("metal"))
    assert found["backup_versions"] == 480 and "counted" not in found
