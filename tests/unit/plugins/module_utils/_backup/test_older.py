"""Data of a disk that was put back to a former moment are backed up, and do not pass for the newest."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import disk, keys, program, site
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import settings as settings_
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.gate import Record
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.sets import Sets

PASSWORD = "the-password-of-the-site"


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Return what backs up a server whose datastore has the revision, and the site."""
    objects = {keys.marker("s", "L1", 1): b"{}"}
    store = SimpleNamespace(get=objects.get, keys=lambda prefix: [one for one in objects if one.startswith(prefix)])
    store.put, store.put_new = objects.__setitem__, lambda key, content: objects.setdefault(key, content) is content
    monkeypatch.setattr(site, "ObjectStore", lambda _storage, **_: store)
    summary = {"snapshot_id": "x", "total_bytes_processed": 9, "data_added": 9}
    monkeypatch.setattr(site.Site, "restic", lambda *_: SimpleNamespace(backup=lambda *_: summary))
    (tmp_path / "password").write_text(PASSWORD)
    storage = dict.fromkeys(("endpoint", "region", "bucket", "ca_file", "access_key", "secret_key"), "x")
    one = site.Site(
        settings_.parse(
            json.dumps({
                "site": "s", "host": "h", "storage": {**storage, "path_style": True}, "interval": 3600, "level": 0,
                "password_file": str(tmp_path / "password"), "set_components": ["k3s"], "components": [{"name": "k3s"}],
                "state": str(tmp_path / "state"), "metrics": str(tmp_path / "metrics"),
            })
        )
    )  # fmt: skip
    disk.write_record(one.settings.state, Record("L1", 1))

    def make(hour, revision, generation=1, unlisted=(), **more):
        counts = {"secrets": 5, "widgets.example.org": 0 if unlisted else 5}
        facts = {"counts": counts, "revisions": [revision, revision + 4], "unlisted": list(unlisted)}
        component = SimpleNamespace(name="k3s", idle=lambda: "", collect=lambda *_: ([], facts))
        monkeypatch.setattr(Sets, "_component", lambda *_: component)
        objects.setdefault(keys.marker("s", "L1", generation), b"{}")
        one.__dict__["record"] = Record("L1", generation)
        (outcome,) = program.made(one, f"20261127T{hour:02}0000Z", ["k3s"], 0, **more)
        return outcome["suspect"]

    return make, one


def test_what_is_older_is_kept_and_suspect_until_somebody_knows_why(made):
    """G1: it is not backed up as the newest without a word."""
    make, one = made
    assert make(1, 1000) == [] and make(2, 2000) == []
    words = ["the revision of the data is 1504, set 20261127T020000Z of the same generation holds 2000: they are older"]
    assert make(3, 1500) == words
    assert one.choose(level=0)["set"] == "20261127T020000Z"
    # What is suspect itself is no measure.
    assert make(4, 1600) and one.choose(level=0)["set"] == "20261127T020000Z"
    Sets(one).promote("20261127T040000Z")
    assert one.choose(level=0)["set"] == "20261127T040000Z"
    assert make(5, 1700) == [] and make(6, 1650)


def test_what_is_not_compared_is_the_measure_from_then_on(made):
    make, _one = made
    assert make(1, 2000) == [] and make(2, 500, accept_drop=True) == []
    assert make(3, 600) == [] and make(4, 400)


def test_a_restored_cluster_begins_anew(made):
    make, _one = made
    assert make(1, 2000) == [] and make(2, 500, generation=2) == []
    assert make(3, 600, generation=2) == [] and make(4, 400, generation=2)


def test_a_set_that_another_server_made_meanwhile_is_not_newer(made):
    make, _one = made
    # What was read of that at last is later than what was read of this one at first.
    assert make(1, 1000) == [] and make(2, 998) == []
    assert make(3, 990)


def test_what_could_not_be_listed_when_a_set_was_made_makes_it_not_suspect(made):
    make, _one = made
    assert make(1, 1000) == []
    assert make(2, 1100, unlisted=["widgets.example.org"]) == []
    assert make(3, 1200, unlisted=["gadgets.example.org"]) == [
        "widgets.example.org is 0, the median of the last 2 sets is 5"
    ]
