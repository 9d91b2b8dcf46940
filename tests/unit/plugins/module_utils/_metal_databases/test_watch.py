from __future__ import annotations

from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import watch
from here import Bucket, Here


def look(here):
    (one,) = watch.look(here, lambda storage: here.bucket)
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
