from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import prefixes


@pytest.mark.parametrize(
    ("name", "engine", "given", "prefix"),
    [
        ("metal-db", "rethinkdb", "", "rethinkdb-prod"),
        ("valkey", "valkey", "", "valkey-prod"),
        ("ipam-db", "postgres", "", "ipam-db-prod"),
        ("auditing-timescaledb", "postgres", "", "auditing-timescaledb-prod"),
        ("headscale-db", "postgres", "", "headscale-db"),
        ("headscale-db", "postgres", "headscale-db-prod", "headscale-db-prod"),
        ("ipam-db", "postgres", "ipam/prod", "ipam/prod"),
    ],
)
def test_a_prefix_is_the_one_that_metal_roles_writes(name, engine, given, prefix):
    assert prefixes.of_database(name, engine, "prod", given) == prefix


@pytest.mark.parametrize(
    ("name", "engine", "given", "words"),
    [
        ("metal-db", "rethinkdb", "", ""),
        ("headscale-db", "postgres", "headscale-db-prod", ""),
        ("headscale-db", "postgres", "", "set headscale_db_backup_restore_sidecar_object_prefix to headscale-db-prod"),
        ("metal-db", "rethinkdb", "metal-db-prod", "metal-roles writes below rethinkdb-prod"),
        ("ipam-db", "postgres", "ipam-db/", "expected no slash"),
        ("ipam-db", "postgres", "metal-s", "is kept for"),
        ("ipam-db", "postgres", "metal-sentinels", "is kept for"),
        ("ipam-db", "postgres", "metal-db", ""),
    ],
)
def test_a_prefix_that_does_not_keep_apart_is_refused(name, engine, given, words):
    found = prefixes.complaints(name, engine, "prod", given)
    assert words in "; ".join(found) and bool(found) is bool(words)


@pytest.mark.parametrize(
    ("known", "number", "words"),
    [
        ({"a": "ipam-db-prod", "b": "masterdata-db-prod"}, 0, ""),
        ({"a": "ipam-db-prod", "b": "ipam-db-prod"}, 1, "lie below the same prefix"),
        ({"a": "ipam-db-prod-initial", "b": "ipam-db-prod"}, 1, "prefix of b (ipam-db-prod) begins that of a"),
        ({"a": "ipam", "b": "ipam/x", "c": "ipam/x/y"}, 3, "begins"),
    ],
)
def test_no_prefix_begins_another(known, number, words):
    found = prefixes.clashes(known)
    assert len(found) == number and words in "".join(found)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("p/db.tar", True),
        ("p/db.tar.gz", True),
        ("p/db.tar.lz4.aes", True),
        ("p-initial/db.tar.gz", False),
        ("pxdb.tar.gz", False),
        ("p/a/db.tar.gz", False),
        ("p/notes.txt", False),
    ],
)
def test_a_backup_lies_below_exactly_its_prefix(key, expected):
    assert prefixes.is_backup("p", key) is expected
