"""Pruning the second storage, both in memory: what goes there, what never does, and that killed it is made up for."""

from __future__ import annotations

import datetime
import hashlib
import json

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import (
    catalogue,
    copies,
    keys,
    manifest,
    prune,
    prune_copies,
    site,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import settings as settings_
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError, Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.keys import Place
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.retention import Policy
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._backup import versioned
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._backup.versioned import (
    DAYS,
    NOW,
    Killed,
    ago,
    name,
)

PASSWORD = "the-password-of-the-site"
LATER = NOW + datetime.timedelta(days=15)
REPOSITORY = "s/restic/L1/"


class Memory(versioned.Memory):
    """From which nothing is removed for good."""

    def delete(self, key, version=""):
        assert not version
        super().delete(key)


class Repository:
    """Of each set a snapshot and a pack; what is packed anew has another name."""

    def __init__(self, memory):
        self.memory, self.whole = memory, True

    def snapshots(self):
        return {key.rpartition("/")[2]: ago(30) for key in self.memory.keys(f"{REPOSITORY}snapshots/")}

    def forget(self, snapshots):
        for one in snapshots:
            pack = self.memory.get(f"{REPOSITORY}snapshots/{one}").decode()
            self.memory.delete(f"{REPOSITORY}snapshots/{one}")
            self.memory.delete(f"{REPOSITORY}data/{pack}")

    def prune(self):
        for index in self.memory.keys(f"{REPOSITORY}index/"):
            self.memory.delete(index)
        store(self.memory, "index", json.dumps(sorted(self.snapshots())).encode())

    def check(self):
        if not self.whole:
            raise BackupError("restic check: error for tree")


def store(memory, layer, content):
    identity = hashlib.sha256(content).hexdigest()
    memory.put_new(f"{REPOSITORY}{layer}/{identity}", content)
    return identity


@pytest.fixture
def first():
    return Memory()


@pytest.fixture
def second():
    return Memory()


@pytest.fixture
def repository(first):
    return Repository(first)


@pytest.fixture
def pruner(tmp_path, first, second, repository, monkeypatch):
    (tmp_path / "password").write_text(PASSWORD)
    storage = {
        **dict.fromkeys(("region", "bucket", "ca_file", "access_key", "secret_key"), "x"),
        "endpoint": "first",
        "path_style": True,
    }
    found = settings_.parse(
        json.dumps({
            "site": "s", "host": "h", "storage": storage, "second": {**storage, "endpoint": "second"}, "interval": 3600,
            "level": 1, "password_file": str(tmp_path / "password"), "set_components": ["k3s"], "components": [],
            "state": str(tmp_path / "state"), "metrics": str(tmp_path / "metrics"),
        })
    )  # fmt: skip
    monkeypatch.setattr(site, "ObjectStore", lambda storage, **_: {"first": first, "second": second}[storage.endpoint])
    monkeypatch.setattr(site.Site, "restic", lambda _self, _lineage: repository)
    one = prune.by(found, "pruner", "secret", {"access_key": "another", "secret_key": "secret"})
    first.put(keys.marker("s", "L1", 1), b"{}")
    first.put(f"{REPOSITORY}config", b"the repository")
    for days in DAYS:
        add(first, days)
    repository.prune()
    copied(one)
    return one


def add(memory, days, lineage="L1", level=1, suspect=()):
    place = Place("s", "k3s", lineage, 1, name(days))
    memory.at = ago(days)
    pack = store(memory, "data", f"{lineage} {days}".encode())
    snapshot = store(memory, "snapshots", pack.encode())
    content = {
        **place._asdict(), "host": "h", "made": "", "snapshot": snapshot[:8], "bytes": 1, "files": {}, "facts": {},
        "suspect": list(suspect),
    }  # fmt: skip
    memory.put(place.key(), manifest.seal(content, PASSWORD))
    if level:
        memory.put(place.verified(level), b"{}")
    memory.at = NOW
    return place


def copied(one):
    """What the timers of the hosts do."""
    there = one.elsewhere().store
    copies.Copies(one).copy_repository("L1")
    for key in one.store.keys("s/lineages/") + one.store.keys("s/catalogue/"):
        there.put_new(key, one.store.get(key))


def thinned(one, check=False, moment=NOW, accept=()):
    arguments = Policy(), ["k3s"], accept, moment
    plan = prune.plan(one, *arguments)
    planned = prune_copies.plan(one, *arguments, plan)
    if not check:
        prune.run(one, plan)
        prune_copies.run(one, planned)
    return planned


def there(memory):
    return [one.name for one in catalogue.sets(memory.keys("s/"))]


def test_what_retention_has_removed_from_the_first_goes_from_the_second_with_its_contents(pruner, first, second):
    told = thinned(pruner, check=True)
    assert there(second) == [name(days) for days in DAYS]
    assert thinned(pruner) == told
    assert [verdict.one.name for verdict in told.going] == [name(60), name(50), name(40)]
    assert there(second) == there(first) == [name(35), name(20), name(2)]
    assert second.keys(REPOSITORY) and sorted(second.keys("s/")) == sorted(first.keys("s/"))
    assert not thinned(pruner, check=True).changes


def test_what_was_thinned_out_only_in_the_first_is_made_up_for(pruner, first, second):
    prune.run(pruner, prune.plan(pruner, Policy(), ["k3s"], (), NOW))
    copied(pruner)
    assert [verdict.one.name for verdict in thinned(pruner).going] == [name(60), name(50), name(40)]
    assert sorted(second.keys("s/")) == sorted(first.keys("s/"))


def test_killed_anywhere_the_next_run_does_the_rest(pruner, first, second):
    before = [(list(memory.known), dict(memory.contents)) for memory in (first, second)]
    left = 0
    while True:
        for memory, (known, contents) in zip((first, second), before, strict=True):
            memory.known, memory.contents = list(known), dict(contents)
        second.left = left
        try:
            thinned(pruner)
            break
        except Killed:
            second.left = None
        thinned(pruner)
        assert sorted(second.keys("s/")) == sorted(first.keys("s/")), left
        assert not thinned(pruner, check=True).changes, left
        left += 1
    # the index that the first has made, three each of manifests, snapshots, packs and records, the index before
    assert left == 1 + 4 * 3 + 1


def refused(pruner, second, words, **more):
    before = second.changes
    with pytest.raises(BackupError, match=words):
        thinned(pruner, **more)
    assert second.changes == before


def test_nothing_goes_while_the_first_is_empty(pruner, first, second):
    first.known = []
    refused(pruner, second, "has no set")


def test_nothing_goes_while_the_first_cannot_be_reached(pruner, first, second, monkeypatch):
    def silent(_prefix):
        raise Unreachable("no answer")

    for verb in ("keys", "versions"):
        with monkeypatch.context() as patched:
            patched.setattr(first, verb, silent)
            refused(pruner, second, "no answer")


def test_nothing_goes_while_the_newest_is_suspect(pruner, first, second):
    add(first, 1, suspect=["bytes is 3"])
    refused(pruner, second, "suspect")


def test_nothing_goes_while_the_first_has_lost_its_newest_sets(pruner, first, second):
    first.known = [one for one in first.known if name(2) not in one.key]
    refused(pruner, second, f"keeps 3 verified sets of L1, the newest {name(20)}; the second one has 6, .*{name(2)} ->")


def test_nothing_goes_while_the_first_has_hardly_any_sets(pruner, first, second):
    first.known = [one for one in first.known if not any(name(days) in one.key for days in DAYS[:-1])]
    refused(pruner, second, "keeps 1 verified sets of L1")


def test_nothing_goes_while_the_copy_of_the_newest_that_is_damaged_is_the_only_good_one(pruner, first, second):
    first.put(Place("s", "k3s", "L1", 1, name(2)).damaged(), b"{}")
    refused(pruner, second, f"keeps 3 verified sets of L1, the newest {name(20)}", accept=[name(2)])


def test_nothing_goes_where_somebody_has_deleted_in_the_second(pruner, second):
    second.delete(Place("s", "k3s", "L1", 1, name(20)).key())
    refused(pruner, second, f"somebody has deleted .*{name(20)}")


def test_nothing_goes_from_a_storage_that_was_restored_from(pruner, second):
    second.put(keys.marker("s", "L1", 2), b"{}")
    refused(pruner, second, "make it the first one")


def test_nothing_goes_from_another_repository(pruner, second):
    second.put(f"{REPOSITORY}config", b"another repository")
    refused(pruner, second, "another repository of L1")


def test_nothing_goes_while_restic_finds_the_first_broken(pruner, first, second, repository):
    """Somebody has removed packs there, and the copy has the only ones."""
    repository.whole = False
    refused(pruner, second, "restic check")


def test_nothing_goes_while_the_copy_cannot_be_brought_up_to_date(pruner, first, second):
    (pack,) = [key for key in first.keys(f"{REPOSITORY}data/") if first.get(key) == b"L1 2"]
    first.contents[pack] = b"damaged"
    second.known = [one for one in second.known if one.key != pack]
    with pytest.raises(BackupError, match="is damaged"):
        thinned(pruner)
    assert name(60) in there(second) and name(60) not in there(first)


def test_a_lineage_that_the_first_does_not_know_stays(pruner, first, second):
    for days in (99, 98, 97, 96, 95):
        add(second, days, lineage="L0")
    told = thinned(pruner)
    assert there(second)[:5] == [name(days) for days in (99, 98, 97, 96, 95)]
    assert [verdict.why for verdict in told.verdicts][:2] == ["the first object storage has nothing of its lineage"] * 2


def test_a_set_that_the_first_keeps_stays(pruner, first, second):
    """The second one counts by itself what was verified there, which may be less."""
    first.put(Place("s", "k3s", "L1", 1, name(60)).verified(3), b"{}")
    told = thinned(pruner)
    assert [verdict.one.name for verdict in told.going] == [name(50), name(40)]
    assert {verdict.one.name: verdict.why for verdict in told.verdicts}[name(60)] == (
        "it stays in the first object storage"
    )


def test_contents_that_only_the_second_has_stay_as_long_as_a_set_of_theirs(pruner, first, second):
    one = add(second, 3)
    told = thinned(pruner)
    assert one.set in there(second) and name(60) not in there(second)
    assert told.lineages == [] and f"no contents of {one.set} any more" in told.kept["L1"]
    assert len(second.keys(f"{REPOSITORY}data/")) == len(DAYS) + 1
    assert not thinned(pruner, check=True).changes


def test_what_was_hidden_there_goes_for_good_when_its_time_has_come(pruner):
    thinned(pruner)
    assert not thinned(pruner, check=True).versions
    gone = thinned(pruner, check=True, moment=LATER).versions
    # of each set the manifest, the record, snapshot and pack, each with the marker that hides it; and an index
    assert len(gone) == 3 * 4 * 2 + 2


def test_the_keys_of_the_call_are_the_only_ones_used(pruner):
    assert pruner.settings.storage.access_key == "pruner"
    assert pruner.elsewhere().settings.storage.access_key == "another"
