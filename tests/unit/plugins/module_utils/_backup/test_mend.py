"""What is damaged or missing in the first storage comes back from the second, both in memory, and nothing else does."""

from __future__ import annotations

import hashlib
import json

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import (
    disk,
    keys,
    manifest,
    mend,
    restic,
    site,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import settings as settings_
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import (
    BackupError,
    Damaged,
    Unreachable,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.gate import Record
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.keys import Place

PASSWORD = "the-password-of-the-site"
REPOSITORY = "s/restic/L1/"
SETS = [f"202611{day:02}T060000Z" for day in (24, 25, 26, 27)]
CONFIG = b"the repository"


class Memory:
    """A bucket from which nothing is deleted; it dies after a number of changes."""

    def __init__(self):
        self.objects, self.left, self.changes = {}, None, 0

    def put(self, key, content):
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise KeyboardInterrupt
        self.changes += 1
        self.objects[key] = content

    def get(self, key):
        if key not in self.objects:
            raise BackupError(f"cannot read {key}: NoSuchKey")
        return self.objects[key]

    def keys(self, prefix):
        return sorted(key for key in self.objects if key.startswith(prefix))


class Repository:
    """restic: an index names the packs, of which each has a snapshot."""

    def __init__(self, memory):
        self.memory = memory

    def opens(self):
        if self.memory.objects.get(f"{REPOSITORY}config") != CONFIG:
            raise Damaged("config is damaged")
        return any(b"a key" in self.memory.get(key) for key in self.memory.keys(f"{REPOSITORY}keys/"))

    def check(self, lock):
        assert not lock, "a lock would be written"
        if not self.opens():
            raise restic.WrongPassword("the backup password does not open it")
        named = set()
        for key in self.memory.keys(f"{REPOSITORY}index/"):
            try:
                named |= set(json.loads(self.memory.get(key)))
            except ValueError:
                raise Damaged("invalid data returned") from None
        wanted = {self.memory.get(key).decode() for key in self.memory.keys(f"{REPOSITORY}snapshots/")}
        there = {key.rpartition("/")[2] for key in self.memory.keys(f"{REPOSITORY}data/")}
        if not wanted <= named <= there:
            raise Damaged("repository contains errors")


def store(memory, layer, content):
    identity = hashlib.sha256(content).hexdigest()
    memory.objects[f"{REPOSITORY}{layer}/{identity}"] = content
    return identity


@pytest.fixture
def first():
    return Memory()


@pytest.fixture
def second():
    return Memory()


@pytest.fixture
def host(tmp_path, first, second, monkeypatch):
    (tmp_path / "password").write_text(PASSWORD)
    storage = {
        **dict.fromkeys(("region", "bucket", "ca_file", "access_key", "secret_key"), "x"),
        "endpoint": "first",
        "path_style": True,
    }
    one = site.Site(
        settings_.parse(
            json.dumps({
                "site": "s", "host": "h", "storage": storage, "second": {**storage, "endpoint": "second"},
                "interval": 3600, "level": 1, "password_file": str(tmp_path / "password"), "set_components": ["k3s"],
                "components": [{"name": "k3s"}], "state": str(tmp_path / "state"), "metrics": str(tmp_path),
            })
        )
    )  # fmt: skip
    storages = {"first": first, "second": second}
    monkeypatch.setattr(site, "ObjectStore", lambda storage, **_: storages[storage.endpoint])
    monkeypatch.setattr(
        site.Site, "restic", lambda self, _lineage: Repository(storages[self.settings.storage.endpoint])
    )
    disk.write_record(one.settings.state, Record("L1", 1))
    first.objects[keys.marker("s", "L1", 1)] = b"{}"
    first.objects[f"{REPOSITORY}config"] = CONFIG
    store(first, "keys", b"a key")
    packs = [store(first, "data", name.encode()) for name in SETS]
    store(first, "index", json.dumps(packs).encode())
    for name, pack in zip(SETS, packs, strict=True):
        place = Place("s", "k3s", "L1", 1, name)
        content = {
            **place._asdict(), "host": "h", "made": "", "snapshot": store(first, "snapshots", pack.encode())[:8],
            "bytes": 1, "files": {}, "facts": {}, "suspect": [],
        }  # fmt: skip
        first.objects[place.key()] = manifest.seal(content, PASSWORD)
        first.objects[place.verified(1)] = b"{}"
    second.objects.update(first.objects)
    return one


def some(memory, layer):
    return memory.keys(f"{REPOSITORY}{layer}")[0]


LAYERS = ("config", "keys/", "data/", "index/", "snapshots/")


def test_where_nothing_is_wrong_nothing_is_done(host, first):
    before = dict(first.objects)
    assert mend.Mend(host).plan() == ([], [], False)
    assert mend.Mend(host).run() == ([], 0)
    assert first.objects == before and first.changes == 0


@pytest.mark.parametrize("layer", LAYERS)
def test_what_is_damaged_comes_back(host, first, layer):
    before, key = dict(first.objects), some(first, layer)
    first.objects[key] = b"overwritten by somebody"
    told = mend.Mend(host).plan()
    assert told.brought[0] == (key, "damaged") and first.changes == 0
    brought, size = mend.Mend(host).run()
    assert brought == told.brought == [(key, "damaged")] and size == len(before[key])
    assert first.objects == before
    assert mend.Mend(host).run() == ([], 0)


@pytest.mark.parametrize("layer", LAYERS)
def test_what_is_missing_comes_back(host, first, layer):
    before, key = dict(first.objects), some(first, layer)
    del first.objects[key]
    assert mend.Mend(host).plan().brought == [(key, "missing")] and key not in first.objects
    assert mend.Mend(host).run()[0] == [(key, "missing")]
    assert first.objects == before
    assert mend.Mend(host).run() == ([], 0)


def test_all_of_the_repository_comes_back(host, first):
    before = dict(first.objects)
    for key in first.keys(REPOSITORY):
        del first.objects[key]
    assert len(mend.Mend(host).run()[0]) == len([key for key in before if key.startswith(REPOSITORY)])
    assert first.objects == before


def test_what_was_pruned_stays_away(host, first, second):
    pack = store(second, "data", b"of a set that went")
    store(second, "index", json.dumps([pack]).encode())
    store(second, "snapshots", pack.encode())
    store(second, "keys", b"a key of a former password")
    place = Place("s", "k3s", "L1", 1, "20260101T060000Z")
    second.objects[place.key()] = second.objects[Place("s", "k3s", "L1", 1, SETS[0]).key()]
    before = dict(first.objects)
    assert mend.Mend(host).run() == ([], 0)
    assert first.objects == before


@pytest.mark.parametrize("broken", [b"{}", None, "another"])
def test_a_manifest_comes_back(host, first, broken):
    places = [Place("s", "k3s", "L1", 1, name) for name in SETS]
    place = places[-1]
    before = dict(first.objects)
    if broken is None:
        for key in (place.key(), place.verified(1)):
            del first.objects[key]
    else:
        first.objects[place.key()] = before[places[0].key()] if broken == "another" else broken
    brought, _size = mend.Mend(host).run()
    assert brought[0] == (place.key(), "missing" if broken is None else "damaged")
    assert first.objects == before
    assert mend.Mend(host).run() == ([], 0)


def test_a_manifest_that_is_not_among_the_last_verified_may_have_been_pruned(host, first):
    place = Place("s", "k3s", "L1", 1, SETS[0])
    del first.objects[place.key()]
    assert mend.Mend(host).run() == ([], 0)


def test_what_neither_has_is_named_and_the_rest_comes_back(host, first, second):
    one, other = first.keys(f"{REPOSITORY}data/")[:2]
    before = dict(first.objects)
    for key in (one, other):
        first.objects[key] = b"overwritten"
    second.objects[other] = b"overwritten, too"
    with pytest.raises(BackupError, match=rf"{other} \(damaged\) in first/x: second/x has no good copy either; 1 obj"):
        mend.Mend(host).run()
    assert first.objects == {**before, other: b"overwritten"}
    with pytest.raises(BackupError, match="nothing was brought back"):
        mend.Mend(host).run()


def test_what_restic_misses_and_nobody_has_is_named(host, first, second):
    (key,) = {some(first, "data/")}
    for memory in (first, second):
        del memory.objects[key]
    with pytest.raises(BackupError, match=r"files that restic needs \(missing\)"):
        mend.Mend(host).run()
    with pytest.raises(BackupError, match="no good copy either"):
        mend.Mend(host).refuse_helpless(mend.Mend(host).plan())


@pytest.mark.parametrize("left", range(5))
def test_cut_off_anywhere_the_same_call_does_the_rest(host, first, left):
    before = dict(first.objects)
    for layer in LAYERS:
        first.objects[some(first, layer)] = b"overwritten by somebody"
    first.left = left
    with pytest.raises(KeyboardInterrupt):
        mend.Mend(host).run()
    first.left = None
    assert len(mend.Mend(host).run()[0]) == len(LAYERS) - left
    assert first.objects == before


def another(first, second):
    second.objects = {key: one for key, one in second.objects.items() if "/keys/" not in key}
    second.objects[f"{REPOSITORY}config"] = b"another"
    store(second, "keys", b"a key of another")


def later(first, second):
    second.objects[keys.marker("s", "L1", 2)] = b"{}"


def emptied(first, second):
    first.objects.clear()


def unconfirmed(first, second):
    first.objects[keys.unconfirmed("s", "L1", 1)] = b"{}"


def uncopied(first, second):
    second.objects.clear()


def upgraded(first, second):
    """One that opens is not damaged, whatever the second one has."""
    second.objects[f"{REPOSITORY}config"] = b"another version"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (another, "another repository of L1"),
        (upgraded, "another repository of L1"),
        (later, "make it the first one"),
        (emptied, "does not know the data on this host"),
        (unconfirmed, "not confirmed"),
        (uncopied, "has no copy of the repository"),
    ],
)
def test_nothing_is_brought_where_it_does_not_belong(host, first, second, wrong, words):
    first.objects[some(first, "data/")] = b"overwritten by somebody"
    wrong(first, second)
    with pytest.raises(BackupError, match=words):
        mend.Mend(host).run()
    assert first.changes == 0


@pytest.mark.parametrize("error", [restic.WrongPassword("not this one"), Unreachable("no answer")])
def test_what_is_no_damage_is_said_as_it_is(host, first, error, monkeypatch):
    monkeypatch.setattr(Repository, "check", lambda *_, **__: (_ for _ in ()).throw(error))
    with pytest.raises(type(error), match=str(error)):
        mend.Mend(host).run()
    assert first.changes == 0
