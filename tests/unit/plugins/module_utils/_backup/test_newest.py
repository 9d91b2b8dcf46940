from __future__ import annotations

import datetime
import json

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import catalogue, newest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError, Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.keys import Place

NOW = datetime.datetime(2026, 11, 27, 12, tzinfo=datetime.UTC)


def place(hour, component="k3s"):
    return Place("s", component, "L1", 1, f"20261127T{hour:02d}0000Z")


class Site:
    """Manifests and records of verifications by their keys."""

    def __init__(self):
        self.sizes, self.records, self.suspect = {}, {}, []
        self.store = self

    def add(self, hour, size, **levels):
        self.sizes[place(hour)] = size
        for level, (minutes, seconds) in levels.items():
            at = (NOW - datetime.timedelta(minutes=minutes)).isoformat()
            content = {"level": int(level[1:]), "at": at, "host": "server2", "report": {}, "seconds": seconds}
            self.records[place(hour).verified(int(level[1:]))] = json.dumps(content).encode()

    def manifest(self, wanted):
        if isinstance(self.sizes[wanted], Exception):
            raise self.sizes[wanted]
        return {"bytes": self.sizes[wanted], "suspect": self.suspect}

    def get(self, key):
        return self.records[key]

    def tell(self):
        listed = [one.key() for one in self.sizes] + list(self.records)
        return newest.tell(self, catalogue.sets(listed), ["k3s", "powerdns"])


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setattr(newest, "now", lambda: NOW)
    return Site()


def test_a_component_is_told_of_by_its_newest_set_and_its_last_rehearsal(site):
    site.add(8, 800, l1=(230, 1.0), l3=(200, 31.5))
    site.add(9, 1000, l1=(170, 2.0))
    site.add(10, 900, l1=(110, 2.0), l2=(100, 2.5))
    assert site.tell() == {
        "k3s": {
            "set": place(10).set, "bytes": 900, "change": -0.1, "suspect": [],
            "verified": {"set": place(10).set, "level": 2, "age": 6000, "seconds": 2.5, "host": "server2"},
            "rehearsal": {"set": place(8).set, "level": 3, "age": 12000, "seconds": 31.5, "host": "server2"},
        }
    }  # fmt: skip


def test_what_is_not_known_is_none(site):
    site.add(10, 900)
    assert site.tell()["k3s"] == {
        "set": place(10).set, "bytes": 900, "change": None, "suspect": [], "verified": None, "rehearsal": None,
    }  # fmt: skip


def test_what_is_suspect_is_told_until_it_is_promoted(site):
    site.add(10, 900)
    site.suspect = ["pods is 0"]
    assert site.tell()["k3s"]["suspect"] == ["pods is 0"]
    site.records[place(10).promoted()] = b"{}"
    assert site.tell()["k3s"]["suspect"] == []


def test_what_is_damaged_was_not_verified(site):
    site.add(9, 900, l3=(200, 31.5))
    site.add(10, 900, l1=(5, 1.0))
    assert site.tell()["k3s"]["verified"]
    site.records[place(10).damaged()] = b"{}"
    found = site.tell()["k3s"]
    assert found["verified"] is None and found["rehearsal"]["set"] == place(9).set


def test_what_cannot_be_read_is_left_out_and_the_rest_is_told(site):
    site.add(9, BackupError("half written"))
    site.add(10, 900, l1=(5, 1.0))
    site.records[place(10).verified(1)] = b"{}"
    found = site.tell()["k3s"]
    assert (found["bytes"], found["change"], found["verified"]) == (900, None, None)


def test_a_storage_that_is_silent_is_no_half_of_an_answer(site):
    site.add(10, Unreachable("timed out"))
    with pytest.raises(Unreachable):
        site.tell()
