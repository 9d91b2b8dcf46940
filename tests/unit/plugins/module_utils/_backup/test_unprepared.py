"""What is tried before a host is prepared for a restore: whether one could begin where the backups are."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import keys, manifest, unprepared
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.keys import Place
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.store import Forbidden

PASSWORD, SET = "the-password-of-the-site", "20261127T060000Z"
TOKEN, VERSION = "the-token", "v1.35.4+k3s1"
GIVEN = {
    "site": "s", "storage": None, "password": PASSWORD, "components": [], "set_components": ["k3s"], "interval": 3600,
    "state": "/nonexistent",
}  # fmt: skip


class Store:
    """A storage with a set of k3s; the keys of a reader write nothing."""

    def __init__(self, reads_only=False, empty=False):
        place = Place("s", "k3s", "L1", 1, SET)
        facts = {"token": manifest.fingerprint(TOKEN, "L1"), "version": VERSION}
        content = {
            **place._asdict(), "host": "h", "made": "", "snapshot": "x", "bytes": 1, "files": {}, "facts": facts,
            "suspect": [],
        }  # fmt: skip
        known = {place.key(): manifest.seal(content, PASSWORD), place.verified(1): b"{}"}
        known[keys.marker("s", "L1", 1)] = b"{}"
        self.objects, self.reads_only, self.written = {} if empty else known, reads_only, []

    def keys(self, prefix):
        return [key for key in self.objects if key.startswith(prefix)]

    def get(self, key):
        return self.objects[key]

    def put(self, key, content):
        if self.reads_only:
            raise Forbidden(f"cannot write {key} in box: AccessDenied -> check the keys and the bucket's policy")
        self.written.append(key)
        self.objects[key] = content

    def delete(self, key):
        del self.objects[key]


@pytest.fixture
def begins(monkeypatch):
    """Return what a site begins with that is asked of a storage."""

    def begin(store, intent="restore", token=TOKEN, **more):
        monkeypatch.setattr(unprepared, "PlainStore", lambda *_: store)
        return unprepared.beginning(unprepared.site(GIVEN), intent, token, VERSION, **more)["action"]

    return begin


def test_a_restore_that_could_not_begin_is_refused_before_anything_is_prepared(begins):
    with pytest.raises(BackupError, match=r"cannot write s/probe/\w+ in box: AccessDenied -> check the keys"):
        begins(Store(reads_only=True), writes=True)


def test_what_is_written_to_see_that_is_hidden_at_once(begins):
    store = Store()
    before = dict(store.objects)
    assert begins(store, writes=True) == "restore"
    assert len(store.written) == 1 and store.objects == before


def test_nothing_is_written_where_it_may_not_be_or_nothing_is_restored(begins):
    store = Store()
    assert begins(store) == "restore"
    with pytest.raises(BackupError, match="is not the one that the set was made with"):
        begins(store, token="another", writes=True)
    empty = Store(empty=True)
    assert begins(empty, intent="fresh", writes=True) == "fresh"
    assert store.written == empty.written == []
