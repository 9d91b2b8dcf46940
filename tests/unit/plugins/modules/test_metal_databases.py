"""The modules about metal-stack's databases: what they fill in, and when they fail."""

from __future__ import annotations

import datetime

import pytest
from ansible.module_utils import basic
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.versions import Version
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import client
from ansible_collections.metalstack.autonomous.plugins.modules import (
    metal_database_backups,
    metal_database_backups_info,
    metal_database_gate,
    metal_database_sentinels,
)
from ansible_collections.metalstack.autonomous.tests.unit.plugins.modules import examples

STORAGE = {"endpoint": "https://s3.example", "bucket": "box", "access_key": "a", "secret_key": "b"}
DATABASE = {"name": "ipam-db", "engine": "postgres"}
MADE = datetime.datetime(2026, 11, 29, 11, tzinfo=datetime.UTC)


class Store:
    """A bucket with a backup of one database, of which no sentinels are known."""

    bucket, folder = "box", "ipam-db-prod"
    moment = MADE + datetime.timedelta(hours=1)

    def __init__(self, storage, authority):
        self.objects = {}

    def versions(self, prefix):
        one = Version(f"{self.folder}/db.tar.gz", "v1", MADE, True, False, 1000)
        return [one] if one.key.startswith(prefix) else []

    def keys(self, prefix):
        return [key for key in self.objects if key.startswith(prefix)]

    def get(self, key):
        return self.objects[key]

    def put(self, key, content):
        self.objects[key] = content

    def buckets(self):
        return [self.bucket]

    def knows_rules(self):
        return True

    def folders(self):
        return [f"{self.folder}/"]


@pytest.fixture
def run(answer, monkeypatch):
    """Return what runs a module on one bucket that is there throughout a test."""
    store = Store(None, None)
    monkeypatch.setattr(client, "PlainStore", lambda *_: store)
    return lambda module, **options: answer(module, storage=STORAGE, **options)


def gated(run, **changes):
    kept = {"provider": "s3", "object_max_keep": 480, "object_days_max_keep": 14, "volume": {}}
    return run(metal_database_gate, stage="prod", databases=[{**DATABASE, **kept, **changes}])


def test_the_gate_lets_pass_what_may_be_deployed(run):
    assert "nobody has saved what it holds" in gated(run, intent="restore")["msg"]
    counted(run, "saved")
    told = gated(run, intent="restore")
    assert told["changed"] is False and told["databases"][0]["restores"]["version"] == "v1"
    assert gated(run, intent="keep", volume={"exists": True, "entries": ["base"]})["databases"][0]["action"] == "keep"


def test_the_gate_warns_of_what_somebody_has_to_look_after(run, monkeypatch):
    said = []
    monkeypatch.setattr(basic.AnsibleModule, "warn", lambda _, text: said.append(text))
    kept = {"intent": "keep", "volume": {"exists": True, "entries": ["base"]}}
    told = gated(run, **kept)
    assert said == [f"ipam-db: {one}" for one in told["databases"][0]["alarms"]] and "3600 s old" in said[0]
    said.clear()
    assert gated(run, **kept, schedule="0 3 * * *")["changed"] is False and said == []


def test_how_old_a_backup_is_counts_by_the_clock_of_the_storage(run, monkeypatch):
    monkeypatch.setattr(Store, "moment", MADE + datetime.timedelta(seconds=300))
    assert "its newest backup is 300 s old" in gated(run, intent="restore")["msg"]


def test_the_gate_fails_with_all_reasons(run):
    told = gated(run, intent="fresh", provider="local", object_days_max_keep=None)
    assert told["failed"] and told["msg"].endswith("Nothing was changed.")
    assert "are local" in told["msg"] and "object_days_max_keep is not given" in told["msg"]
    assert told["databases"][0]["action"] == "refuse"


def test_what_is_not_said_is_as_metal_roles_has_it(run):
    """Local, and with nothing that a volume has."""
    told = run(metal_database_gate, stage="prod", databases=[{**DATABASE, "intent": "keep", "volume": {}}])
    assert "are local" in told["msg"] and "object_max_keep is not given" in told["msg"]


def test_backups_are_listed(run):
    told = run(metal_database_backups_info, stage="prod", databases=[DATABASE])
    assert (told["changed"], told["databases"][0]["count"]) == (False, 1)


def test_an_older_backup_is_made_the_newest_once(run, monkeypatch):
    key = f"{Store.folder}/db.tar.gz"
    there = [Version(key, "v1", MADE, False, False, 1000), Version(key, "v2", MADE, True, False, 10)]

    def copy(_, key, version):
        there.append(Version(key, f"copy of {version}", MADE + datetime.timedelta(minutes=3), True, False, 1000))
        return there[-1].id

    monkeypatch.setattr(Store, "versions", lambda *_: there)
    monkeypatch.setattr(Store, "copy", copy, raising=False)
    monkeypatch.setattr(Store, "copy_of", lambda _, key, version: version.removeprefix("copy of "), raising=False)
    wanted = {"prefix": Store.folder, "version": "v1"}
    told = run(metal_database_backups, **wanted, _ansible_check_mode=True)
    assert told["changed"] and told["diff"]["after"]["bytes"] == 1000 and len(there) == 2
    done = run(metal_database_backups, **wanted)
    assert done["changed"] and (done["before"]["version"], done["after"]["version"]) == ("v2", "copy of v1")
    again = run(metal_database_backups, **wanted)
    assert not again["changed"] and again["after"] == done["after"] and len(there) == 3


def test_a_backup_that_is_not_there_is_made_the_newest_by_nobody(run):
    told = run(metal_database_backups, prefix=Store.folder, version="v9")
    assert told["failed"] and "no version v9 below ipam-db-prod/, found v1" in told["msg"]


def counted(run, state, machines=10, **more):
    return run(metal_database_sentinels, state=state, prefix="ipam-db-prod", tables={"machine": machines}, **more)


def test_sentinels_are_saved_once(run):
    first, second = counted(run, "saved"), counted(run, "saved")
    assert first["changed"] and first["diff"]["after"]["tables"] == {"machine": 10} and first["before"] is None
    assert not second["changed"] and second["before"] == first["after"]


def test_check_mode_saves_nothing_and_tells_what_it_would(run):
    assert counted(run, "saved", _ansible_check_mode=True)["changed"]
    assert "nobody has saved" in counted(run, "compared")["msg"]


def test_a_drop_that_is_not_saved_is_warned_of(run, monkeypatch):
    """Since a role goes on that only wanted to save."""
    said = []
    monkeypatch.setattr(basic.AnsibleModule, "warn", lambda _, text: said.append(text))
    counted(run, "saved")
    counted(run, "compared", machines=0)
    assert said == []
    assert counted(run, "saved", machines=0)["failed"]
    assert len(said) == 1 and "ipam-db-prod: table machine has 0 rows, it had 10" in said[0]


def test_a_drop_fails(run):
    counted(run, "saved")
    assert not counted(run, "compared")["changed"]
    told = counted(run, "compared", machines=0)
    assert told["failed"] and "table machine has 0 rows, it had 10. Nothing was saved." in told["msg"]
    assert told["drops"] == ["table machine has 0 rows, it had 10"]


def test_what_the_cluster_has_of_a_database_has_to_be_said(run):
    told = run(metal_database_gate, stage="prod", databases=[{**DATABASE, "intent": "fresh"}])
    assert told["failed"] and "volume" in told["msg"]


@pytest.mark.parametrize("module", [metal_database_backups_info, metal_database_gate, metal_database_sentinels])
def test_the_examples_run(run, answer, module, monkeypatch):
    """On the bucket that they name, with a backup of the database of machines."""
    monkeypatch.setattr(Store, "bucket", "metal-stack-prod")
    monkeypatch.setattr(Store, "folder", "rethinkdb-prod")
    known = {"vault_sidecar_access_key": "a", "vault_sidecar_secret_key": "b"}
    known["sidecar_storage"] = {**STORAGE, "bucket": "metal-stack-prod"}
    for task in examples.read(module):
        name, options = examples.options(task, known)
        assert module.__name__.endswith(f".{name}")
        good = {"storage": known["sidecar_storage"], "prefix": "rethinkdb-prod", "lists": {"partitions": ["fra-equ01"]}}
        answer(metal_database_sentinels, **good, state="saved", tables={"machine": 42, "ip": 311})
        told = answer(module, **options)
        assert "failed" not in told, told["msg"]
        assert not told["changed"]
