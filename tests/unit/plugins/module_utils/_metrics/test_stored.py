"""What a host tells of its object storages: of two that answer, of one that does not, and of what cannot be read."""

from __future__ import annotations

import json

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import disk, manifest, results, settings
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import site as backup_site
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.gate import Record
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.keys import Place, marker, pruning
from ansible_collections.metalstack.autonomous.plugins.module_utils._metrics import stored

PASSWORD = "of-the-backups-of-a-test"


class Store:
    """Objects by bucket; a bucket that is None gives no answer."""

    buckets: dict

    def __init__(self, storage, hurried=False):
        self.objects = self.buckets[storage.bucket]

    def keys(self, prefix):
        if self.objects is None:
            raise Unreachable("no answer")
        return sorted(key for key in self.objects if key.startswith(prefix))

    def get(self, key):
        if self.objects is None:
            raise Unreachable("no answer")
        return self.objects[key]


def part(name, size, lineage="L1", generation=1, password=PASSWORD, **more):
    place = Place("lab", more.pop("component", "k3s"), lineage, generation, name)
    fields = {**place._asdict(), "host": "server1", "made": "", "snapshot": "", "bytes": size, "files": {}, "facts": {}}
    return {place.key(): manifest.seal({**fields, **more}, password)}


@pytest.fixture
def buckets(tmp_path, monkeypatch):
    """A host of lineage L1, generation 2, with two storages, the second of which has nothing."""
    storage = {
        "endpoint": "https://s3.example.org",
        "region": "",
        "path_style": True,
        "ca_file": "",
        "access_key": "a",
        "secret_key": "b",
    }
    given = {
        "site": "lab",
        "host": "server1",
        "storage": {**storage, "bucket": "one"},
        "second": {**storage, "bucket": "two"},
        "password_file": str(tmp_path / "password"),
        "set_components": ["k3s"],
        "components": [{"name": "k3s"}, {"name": "metrics", "kind": "victoria_metrics", "data": "/none"}],
        "interval": 3600,
        "level": 1,
        "state": str(tmp_path / "state"),
        "metrics": str(tmp_path),
    }
    (tmp_path / "password").write_text(PASSWORD)
    monkeypatch.setattr(settings, "load", lambda: settings.parse(json.dumps(given)))
    disk.write_record(tmp_path / "state", Record("L1", 2))
    known = {marker("lab", "L1", 1): b"{}", marker("lab", "L1", 2): b"{}"}
    known |= part("20261129T010000Z", 1000) | part("20261129T020000Z", 400, generation=2, suspect=["half is gone"])
    Store.buckets = {"one": known, "two": {}}
    monkeypatch.setattr(backup_site, "ObjectStore", Store)
    return Store.buckets


def told(component="k3s"):
    """By the metric and the storage, without what all names begin with."""
    return {
        (sample.name.removeprefix("metalstack_backup_"), sample.labels.get("storage")): sample.value
        for sample in stored.samples()
        if sample.labels.get("component") in (None, component)
    }


def test_the_newest_set_and_what_is_known_of_it(buckets):
    found = told()
    assert found["interval_seconds", None] == 3600 and found["generation", None] == 2
    assert found["storage_generation", "first"] == 2 and found["sets", "first"] == 2 and found["lineages", "first"] == 1
    assert found["set_size_bytes", "first"] == 400 and found["set_growth_ratio", "first"] == -0.6
    assert found["set_suspect", "first"] and found["set_readable", "first"]
    assert found["set_level", "first"] == 0 and ("verified_timestamp_seconds", "first") not in found
    assert not found["pruning_begun", "first"]


def test_what_somebody_has_promoted_is_not_suspect(buckets):
    place = Place("lab", "k3s", "L1", 2, "20261129T020000Z")
    buckets["one"][place.promoted()] = b"{}"
    buckets["one"][pruning("lab", "L1")] = b"{}"
    found = told()
    assert not found["set_suspect", "first"] and found["pruning_begun", "first"]


def test_an_empty_storage_is_none_that_knows_the_data(buckets):
    found = told()
    assert found["storage_reachable", "second"] == 1
    assert found["storage_generation", "second"] == found["sets", "second"] == 0
    assert found["set_timestamp_seconds", "second"] == 0 and ("set_readable", "second") not in found


def test_of_a_storage_that_gives_no_answer_nothing_else_is_told(buckets):
    buckets["one"] = None
    found = {metric: value for (metric, storage), value in told().items() if storage == "first"}
    assert found == {"storage_reachable": 0}


def test_what_another_password_has_sealed_is_not_readable(buckets):
    buckets["one"] |= part("20261129T030000Z", 500, generation=2, password="another-one-than-that-of-the-host")
    found = told()
    assert found["set_readable", "first"] is False and ("set_size_bytes", "first") not in found


def test_a_restore_that_is_not_confirmed_is_told(buckets, tmp_path):
    (tmp_path / "state/restoring-k3s.json").write_text('{"component": "k3s", "done": false}')
    assert told()["restoring", None] == 1


def test_what_a_host_backs_up_beside_what_makes_a_set_whole_is_told_as_well(buckets):
    metrics = told("metrics")
    assert metrics["wanted", None] == 1 and metrics["set_timestamp_seconds", "first"] == 0
    place = Place("lab", "metrics", "L1", 2, "20261129T020000Z")
    fields = {**place._asdict(), "host": "server1", "made": "", "snapshot": "", "bytes": 7, "files": {}, "facts": {}}
    buckets["one"][place.key()] = manifest.seal(fields, PASSWORD)
    assert told("metrics")["set_size_bytes", "first"] == 7 and told()["set_size_bytes", "first"] == 400


@pytest.mark.parametrize("component", ["k3s", "metrics"])
def test_of_what_there_is_none_no_set_is_waited_for_unless_one_holds_it(buckets, component):
    host = backup_site.Site(settings.load())
    results.note(host, {"component": component, "made": False, "why": "there is none", "idle": True})
    found = told(component)
    # The cluster makes a set whole; there is none of the other, in either storage.
    assert [("wanted", None) in found, ("set_timestamp_seconds", "second") in found] == [component == "k3s"] * 2
    buckets["two"] |= part("20261129T010000Z", 9, component="metrics")
    assert told("metrics")["set_timestamp_seconds", "second"] > 0
