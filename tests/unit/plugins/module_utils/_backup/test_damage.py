"""What was found damaged is written down where whoever restores sees it, and nothing else is taken for damage."""

from __future__ import annotations

import json

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import catalogue, disk, keys, manifest, site
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import settings as settings_
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import (
    BackupError,
    Damaged,
    Unreachable,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.gate import Record
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.keys import Place
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.restic import Locked, WrongPassword
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.sets import Sets

OLD, NEW = "20261127T060000Z", "20261127T070000Z"
PASSWORD = "the-password-of-the-site"


def at(name):
    return Place("s", "k3s", "L1", 1, name)


class Store:
    """An object storage in memory; silent, it takes nothing any more."""

    def __init__(self):
        self.objects, self.silent, self.hidden = {}, False, []

    def keys(self, prefix):
        return sorted(key for key in self.objects if key.startswith(prefix))

    def get(self, key):
        return self.objects[key]

    def put(self, key, content):
        if self.silent:
            raise Unreachable("no answer")
        self.objects[key] = content

    def delete(self, key):
        self.hidden.append(key)
        del self.objects[key]


@pytest.fixture
def store(monkeypatch):
    found = Store()
    monkeypatch.setattr(site, "ObjectStore", lambda _storage, **_: found)
    return found


@pytest.fixture
def host(tmp_path, store):
    """A host whose two sets were verified when they were made."""
    (tmp_path / "password").write_text(PASSWORD)
    storage = dict.fromkeys(("endpoint", "region", "bucket", "ca_file", "access_key", "secret_key"), "x")
    one = site.Site(
        settings_.parse(
            json.dumps({
                "site": "s", "host": "server1", "storage": {**storage, "path_style": True}, "interval": 3600,
                "level": 1, "password_file": str(tmp_path / "password"), "set_components": ["k3s"],
                "components": [{"name": "k3s"}], "state": str(tmp_path / "state"), "metrics": str(tmp_path),
            })
        )
    )  # fmt: skip
    disk.write_record(one.settings.state, Record("L1", 1))
    store.put(keys.marker("s", "L1", 1), b"{}")
    for name in (OLD, NEW):
        made(store, name)
    return one


def made(store, name):
    content = {
        **at(name)._asdict(), "host": "server1", "made": "", "snapshot": "x", "bytes": 1, "facts": {}, "files": {},
        "suspect": [],
    }  # fmt: skip
    store.put(at(name).key(), manifest.seal(content, PASSWORD))
    store.put(at(name).verified(1), b"{}")


@pytest.fixture
def verified(host, monkeypatch, tmp_path):
    """Verify the newest set, which is found to be as it is told."""

    def do(error=None, level=1, name=""):
        def fetch(*_, **__):
            if error:
                error.level = level
                raise error
            (tmp_path / "fetched").mkdir()
            return tmp_path / "fetched", {}, {}

        monkeypatch.setattr(Sets, "fetch", fetch)
        if error is None:
            return Sets(host).verify(level, name, "k3s", again=True)
        with pytest.raises(type(error)) as raised:
            Sets(host).verify(level, name, "k3s", again=True)
        return str(raised.value)

    return do


def damaged(store):
    return [part.place.set for one in catalogue.sets(store.objects) for part in one.parts.values() if part.damaged]


def test_what_is_damaged_is_restored_no_more_by_itself_until_it_is_whole(host, store, verified):
    assert host.choose()["set"] == NEW
    verified(Damaged("row1 is not what was backed up"))
    assert damaged(store) == [NEW]
    kept = json.loads(store.get(at(NEW).damaged()))
    assert (kept["host"], kept["level"], kept["error"]) == ("server1", 1, "row1 is not what was backed up")
    assert host.choose()["set"] == OLD and host.choose(name=NEW)["set"] == NEW
    verified(Damaged("still"))
    assert damaged(store) == [NEW]
    verified()
    assert damaged(store) == [] and host.choose()["set"] == NEW
    verified()
    assert store.hidden == [at(NEW).damaged()], "nothing is hidden that is not there"


def test_what_a_restore_has_replaced_comes_back_only_by_its_name(host, store):
    """The same command again, after it was cut off, would bring back what it is to replace."""
    replaced = f"20261127T080000Z{keys.BEFORE_RESTORE}"
    made(store, replaced)
    assert host.choose(components=["k3s"])["set"] == NEW
    assert host.choose(components=["k3s"], name=replaced)["set"] == replaced
    # Of a whole site none is made by a restore: somebody wanted this one.
    assert host.choose()["set"] == replaced


@pytest.mark.parametrize(
    "error",
    [
        Unreachable("timed out"),
        Locked("somebody else works in the repository"),
        WrongPassword("the backup password does not open it"),
        BackupError("/usr/bin/restic is not there -> install restic"),
        BackupError("there is no etcdutl to open the snapshot with"),
        OSError(28, "No space left on device"),
        KeyboardInterrupt(),
    ],
    ids=repr,
)
def test_nothing_else_is_taken_for_damage(store, verified, error):
    before = dict(store.objects)
    verified(error)
    assert store.objects == before


@pytest.mark.parametrize(("found", "looked", "stays"), [(1, 1, False), (1, 2, False), (3, 1, True), (3, 3, False)])
def test_who_looks_less_closely_takes_nothing_back(store, verified, found, looked, stays):
    verified(Damaged("lacks secrets"), level=found)
    verified(level=looked)
    assert damaged(store) == ([NEW] if stays else [])


def test_what_was_found_by_looking_closely_is_not_forgotten_by_damage_that_is_plain(store, verified):
    verified(Damaged("lacks secrets"), level=3)
    verified(Damaged("row1 is not what was backed up"), level=1)
    verified(level=1)
    assert damaged(store) == [NEW]


def test_a_mark_that_nobody_can_read_is_one_and_can_be_taken_back(store, verified):
    store.put(at(NEW).damaged(), b"")
    assert damaged(store) == [NEW]
    verified()
    assert damaged(store) == []


def test_a_set_that_is_marked_is_read_again_when_it_is_asked_for(host, store, verified):
    verified(Damaged("row1"))
    verified()
    store.put(at(NEW).damaged(), b"{}")
    assert Sets(host).verify(1, NEW, "k3s")["verified"]
    assert not Sets(host).verify(1, NEW, "k3s")["verified"]


def test_damage_that_cannot_be_written_down_is_told_all_the_same(store, verified):
    store.silent = True
    told = verified(Damaged("row1 is not what was backed up"))
    assert "row1 is not what was backed up" in told and "could not be written down: no answer" in told


@pytest.fixture
def refused(host, monkeypatch):
    """Read the newest set ahead of its restore, on a host that knows of no data yet; it is not what it was."""
    (host.settings.state / "record.json").unlink()

    def do(error):
        monkeypatch.setattr(Sets, "fetch", lambda *_, **__: (_ for _ in ()).throw(error))
        with pytest.raises(type(error), match=str(error)):
            Sets(host).fetch_ahead("k3s", "L1", 1, host.choose()["set"])

    return do


def test_a_restore_that_is_tried_again_takes_the_newest_that_is_whole(host, store, refused):
    refused(Damaged("row1 is not what was backed up"))
    assert damaged(store) == [NEW] and host.choose()["set"] == OLD


def test_a_restore_that_fails_otherwise_marks_nothing(store, refused):
    refused(Unreachable("timed out"))
    assert damaged(store) == []


@pytest.mark.parametrize(("component", "marked"), [("", []), ("k3s", []), ("metrics", [NEW])])
def test_a_restore_marks_nothing_before_the_one_before_it_is_confirmed(host, store, refused, component, marked):
    """G8: a restore that was cut off is waited for."""
    host.mark_unconfirmed(Record("L1", 1), component)
    refused(Damaged("row1"))
    assert damaged(store) == marked


def test_nothing_is_marked_while_a_restore_is_not_confirmed(host, store, monkeypatch):
    """G8: neither by the one that restores nor by another host."""
    monkeypatch.setattr(Sets, "fetch", lambda *_, **__: (_ for _ in ()).throw(Damaged("row1")))
    host.mark_unconfirmed(Record("L1", 1), "")
    before = dict(store.objects)
    with pytest.raises(BackupError, match="not confirmed"):
        Sets(host).verify(1, "", "k3s", again=True)
    with pytest.raises(BackupError, match="not confirmed"):
        Sets(host).rehearse("k3s", 0)
    with pytest.raises(Damaged):
        Sets(host).restore("k3s", "L1", 1, NEW, 2)
    assert store.objects == before


def test_a_rehearsal_of_what_is_damaged_now_counts_for_nothing(host, store, monkeypatch, verified):
    store.put(at(NEW).verified(3), b"{}")
    monkeypatch.setattr(keys, "made", lambda _name: site.now())
    assert not Sets(host).rehearse("k3s", 60)["verified"]
    store.put(at(NEW).damaged(), b'{"level": 1}')
    store.objects.pop(at(OLD).key())
    with pytest.raises(Damaged):
        monkeypatch.setattr(Sets, "fetch", lambda *_, **__: (_ for _ in ()).throw(Damaged("row1")))
        Sets(host).rehearse("k3s", 60)


@pytest.mark.parametrize(("broken", "level"), [("restic", 1), ("contents", 2)])
def test_damage_that_every_verification_sees_is_taken_back_by_every_one(host, store, monkeypatch, broken, level):
    """Where nothing opens a snapshot, one that asks for more reaches no more than its checksums."""

    def check(*_):
        raise Damaged("holds other zones")

    def restore(*_):
        if broken == "restic":
            raise Damaged("ciphertext verification failed")

    monkeypatch.setattr(Sets, "_component", lambda *_: type("Component", (), {"check": check}))
    monkeypatch.setattr(site.Site, "restic", lambda *_: type("Restic", (), {"restore": restore}))
    with pytest.raises(Damaged):
        Sets(host).verify(2, NEW, "k3s", again=True)
    assert Sets(host).damage(at(NEW)) == level
