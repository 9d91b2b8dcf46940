from __future__ import annotations

from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import watch
from here import Bucket, Here


def look(here):
    (one,) = watch.look(here, client=lambda storage: here.bucket)
    return one


def test_what_the_storage_has_of_a_database():
    here = Here(Bucket(2))
    here.bucket.keep()
    here.bucket.add(400)
    found = look(here)
    assert {name: found[name] for name in ("database", "interval", "count", "bytes", "change", "waits")} == {
        "database": "ipam-db", "interval": 180, "count": 3, "bytes": 400, "change": -0.6, "waits": "",
    }  # fmt: skip
    assert "400 bytes" in found["suspect"] and found["saved"].startswith("2026-11-29T12:00") and found["age"] > 0


def test_what_there_is_none_of_is_null():
    found = look(Here(Bucket(0)))
    assert found["count"] == 0 and found["age"] is found["bytes"] is found["saved_age"] is None
    assert found["saved"] == found["suspect"] == ""


def test_a_storage_that_gives_no_answer_is_told_for_what_it_is():
    here = Here()
    here.bucket.held = lambda prefix: (_ for _ in ()).throw(BackupError("403"))
    found = look(here)
    assert found["unanswered"] == "403" and "count" not in found


def test_an_answer_that_nobody_foresaw_keeps_no_other_from_being_told():
    here = Here()
    here.bucket.held = lambda prefix: {}["versions"]
    assert look(here)["unanswered"] == "KeyError: 'versions'"


def test_one_that_has_to_be_there_and_is_not_is_told():
    here = Here()
    here.secrets.clear()
    seen = watch.look(here, ["ipam-db", "metal-db"], lambda storage: here.bucket)
    assert [(one["database"], one["wrong"].split()[0]) for one in seen] == [("ipam-db", "Secret"), ("metal-db", "the")]
    assert seen[0]["created_age"] > 0 and seen[1]["created_age"] is None
