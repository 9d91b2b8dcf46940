from __future__ import annotations

import types

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import gate
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases.held import held
from listed import NOON, version

EMPTY = {"exists": True, "entries": [], "restoring": False, "running": False, "began": None, "begun": None}
BEGAN = {"how": "fresh", "since": "2026-11-29T11:00:00+00:00"}


class Bucket:
    """What a client would tell: backups an hour old below each of the prefixes."""

    def __init__(self, *prefixes, complaints=(), unreachable=()):
        self.storage = types.SimpleNamespace(
            endpoint="https://s3.example", bucket="box", where="https://s3.example/box"
        )
        self.prefixes, self.wrong, self.down = prefixes, list(complaints), unreachable

    def held(self, prefix):
        if prefix in self.down:
            raise Unreachable(f"cannot list {prefix}")
        keys = [f"{one}/db.tar.gz" for one in self.prefixes if one.startswith(prefix)]
        return held(prefix, [version(60, key=key) for key in keys])

    def manifest(self, prefix):
        """One that nothing is suspect by."""
        return {"cluster": "", "bytes": 1, "made": "", "tables": {"machine": 10}, "lists": {}}

    def moment(self):
        return NOON

    def folders(self):
        return [f"{one}/" for one in self.prefixes]

    def complaints(self):
        return self.wrong


def database(name, intent="keep", engine="postgres", entries=(), **changes):
    return {
        "name": name, "engine": engine, "prefix": "", "intent": intent, "volume": {**EMPTY, "entries": list(entries)},
        "provider": "s3", "schedule": "*/3 * * * *", "object_max_keep": 480, "object_days_max_keep": 14,
        "encrypted": False, "size_floor": 100, "version": "", "fenced": False, "without_sentinels": False,
        "discard": False, **changes,
    }  # fmt: skip


def judge(bucket, *databases, **changes):
    given = {"stage": "prod", "others": [], "production": True, "cluster": "", "quiet": 600, "databases": databases}
    return gate.judge({**given, **changes}, bucket)


def test_each_database_is_told_how_it_begins():
    found = judge(
        Bucket("ipam-db-prod", "rethinkdb-prod"),
        database("metal-db", "restore", "rethinkdb"),
        database("ipam-db", entries=["base"]),
        database("zitadel-db", "fresh"),
    )
    assert found["complaints"] == []
    told = {one["name"]: (one["action"], one["schedule"], one["backups"]) for one in found["databases"]}
    assert told == {
        "metal-db": ("restore", "0 0 31 2 *", 1),
        "ipam-db": ("keep", "*/3 * * * *", 1),
        "zitadel-db": ("fresh", "*/3 * * * *", 0),
    }
    assert found["databases"][0]["restores"]["key"] == "rethinkdb-prod/db.tar.gz"


@pytest.mark.parametrize(("discard", "goes_on"), [(False, True), (True, False)])
def test_a_restore_that_goes_on_is_told(discard, goes_on):
    begun = {"version": "v60", "cluster": "uid", "made": True, "unbroken": True}
    volume = {**EMPTY, "entries": ["base"], "restoring": True, "running": True, "begun": begun}
    one = database("ipam-db", "restore", volume=volume, discard=discard)
    first, second = judge(Bucket("ipam-db-prod", "a-prod"), one, database("a", "restore"), cluster="uid")["databases"]
    assert (first["action"], first["goes_on"], first["schedule"]) == ("restore", goes_on, "0 0 31 2 *")
    assert (second["action"], second["goes_on"]) == ("restore", False)


@pytest.mark.parametrize("provider", ["s3", "local"])
@pytest.mark.parametrize(("began", "action"), [(BEGAN, "keep"), (None, "refuse")])
def test_what_has_begun_fresh_may_be_deployed_again(provider, began, action):
    """Its first backup is there by then."""
    one = database("ipam-db", "fresh", provider=provider, volume={**EMPTY, "entries": ["base"], "began": began})
    (told,) = judge(Bucket("ipam-db-prod"), one, production=False)["databases"]
    assert (told["action"], told["schedule"]) == (action, "*/3 * * * *")


def test_what_is_wrong_with_several_is_told_together():
    found = judge(
        Bucket("ipam-db-prod", "ipam-db-production", complaints=["no rules"], unreachable=["valkey-prod"]),
        database("metal-db", "restore", "rethinkdb"),
        database("ipam-db", "fresh"),
        database("masterdata-db", "fresh", provider="local", object_days_max_keep=None),
        database("headscale-db", "fresh"),
        database("valkey", "fresh", "valkey"),
        others=[{"name": "prod-initial", "endpoint": "", "bucket": ""}],
    )
    said = "\n".join(found["complaints"])
    for words in (
        "stages prod and prod-initial share",
        "stage prod begins the name",
        "no rules",
        "metal-db: restore, but it has no backup",
        "has ipam-db-prod/, ipam-db-production/, nothing below rethinkdb-prod/",
        "ipam-db: fresh, but it has backups",
        "ipam-db: the sidecar would also take ipam-db-production/db.tar.gz",
        "masterdata-db: its backups are local",
        "masterdata-db: object_days_max_keep is not given",
        "headscale-db: its prefix is headscale-db without a stage",
        "valkey: cannot list valkey-prod",
    ):
        assert words in said
    assert {one["action"] for one in found["databases"]} == {"refuse"}


@pytest.mark.parametrize(
    ("names", "words"),
    [(("ipam-db", "ipam-db"), "database ipam-db is given twice"), (("a", "b"), "lie below the same prefix")],
)
def test_no_two_databases_are_one(names, words):
    found = judge(Bucket(), *(database(name, "fresh", prefix="x") for name in names))
    assert words in "; ".join(found["complaints"])


def test_a_bucket_that_gives_no_answer_is_never_an_empty_one():
    found = judge(Bucket(unreachable=["ipam-db-prod"]), database("ipam-db", "fresh"))
    assert found["databases"][0]["action"] == "refuse"


@pytest.mark.parametrize(("production", "action"), [(True, "refuse"), (False, "fresh")])
def test_local_backups_are_for_what_may_be_lost(production, action):
    one = database("ipam-db", "fresh", provider="local", object_max_keep=None, object_days_max_keep=None)
    found = judge(Bucket(unreachable=["ipam-db-prod"]), one, production=production)
    assert found["databases"][0]["action"] == action


def test_what_cannot_be_looked_into_is_refused():
    (reason,) = judge(Bucket(), database("ipam-db", "fresh", provider="gcp"))["complaints"]
    assert "which cannot be looked into" in reason


@pytest.mark.parametrize(
    ("intent", "changes", "action", "words"),
    [
        ("fresh", {"entries": ["base"]}, "refuse", "say keep"),
        ("restore", {"entries": ["base"]}, "refuse", "restore nothing"),
        ("restore", {"restoring": True}, "refuse", "begun and not confirmed"),
        ("restore", {}, "restore", ""),
        ("keep", {"entries": ["base"]}, "keep", ""),
    ],
)
def test_of_local_backups_the_volume_decides(intent, changes, action, words):
    one = database("ipam-db", intent, provider="local", volume={**EMPTY, **changes})
    (told,) = judge(Bucket(), one, production=False)["databases"]
    assert told["action"] == action and words in "; ".join(told["reasons"])
    assert told["schedule"] == ("0 0 31 2 *" if action == "restore" else "*/3 * * * *")


def test_the_schedule_of_a_database_says_how_long_to_wait():
    found = judge(Bucket("ipam-db-prod"), database("ipam-db", "restore", schedule="0 */4 * * *"))
    assert "until 28800 s have passed" in found["complaints"][0]
