from __future__ import annotations

import types

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import backups
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases.held import held
from listed import NOON, version


def test_backups_are_told_with_what_a_sidecar_would_make_of_them():
    versions = [version(60, 300), version(63), version(66), version(1, key="p-initial/db.tar.gz")]
    client = types.SimpleNamespace(
        held=lambda prefix: held(prefix, versions), manifest=lambda _: {"format": 1, "bytes": 400}
    )
    given = {"stage": "prod", "newest": 2, "databases": [{"name": "x", "engine": "postgres", "prefix": "p"}]}
    (found,) = backups.look(given, client, NOON)
    assert (found["count"], [one["age"] for one in found["backups"]]) == (3, [3600, 3780])
    assert found["newest"] == found["backups"][0] and found["change"] == -0.7
    assert "has 300 bytes" in found["suspect"]
    assert found["restores"]["key"] == "p-initial/db.tar.gz" and found["strange"] == ["p-initial/db.tar.gz"]
    assert found["sentinels"] == {"format": 1, "bytes": 400}


def test_a_database_without_backups_has_none():
    client = types.SimpleNamespace(held=lambda prefix: held(prefix, []), manifest=lambda _: None)
    given = {"stage": "prod", "newest": 2, "databases": [{"name": "ipam-db", "engine": "postgres", "prefix": ""}]}
    (found,) = backups.look(given, client, NOON)
    assert (found["prefix"], found["count"], found["newest"], found["change"]) == ("ipam-db-prod", 0, None, None)


def test_a_backup_is_suspect_by_the_last_good_one():
    known = {"bytes": 1000, "made": "2026-11-29T09:00:00+00:00"}
    versions = [version(60, 300), version(63, 300)]
    client = types.SimpleNamespace(held=lambda prefix: held(prefix, versions), manifest=lambda _: known)
    given = {"stage": "prod", "newest": 2, "databases": [{"name": "x", "engine": "postgres", "prefix": "p"}]}
    assert "the last that was found good" in backups.look(given, client, NOON)[0]["suspect"]
