"""What was read of one set is never taken for what another one holds, of which the manifest lists no files either."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import disk, files, manifest, site
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import settings as settings_
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.gate import Record
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.keys import Place
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.sets import Sets

OLDER, NEWER, PASSWORD = "20261127T060000Z", "20261127T080000Z", "the-password-of-the-site"


class Store:
    """An object storage in memory."""

    def __init__(self):
        self.objects = {}

    def keys(self, prefix):
        return sorted(key for key in self.objects if key.startswith(prefix))

    def put(self, key, content):
        self.objects[key] = content

    def get(self, key):
        return self.objects[key]

    def delete(self, key):
        del self.objects[key]


@pytest.fixture
def row(tmp_path):
    """Return the file of accounts on this host."""
    found = tmp_path / "accounts/row"
    found.parent.mkdir()
    found.write_text("now")
    return found


@pytest.fixture
def host(tmp_path, row, monkeypatch):
    """Return a host, and which snapshots were read; two sets hold accounts, which are backed up where they are."""
    store, read = Store(), []
    monkeypatch.setattr(site, "ObjectStore", lambda _storage, **_: store)
    (tmp_path / "password").write_text(PASSWORD)
    storage = dict.fromkeys(("endpoint", "region", "bucket", "ca_file", "access_key", "secret_key"), "x")
    paths = [str(row.parent)]
    found = site.Site(
        settings_.parse(
            json.dumps({
                "site": "s", "host": "host1", "storage": {**storage, "path_style": True}, "interval": 3600, "level": 1,
                "password_file": str(tmp_path / "password"), "set_components": ["accounts"],
                "components": [{"name": "accounts", "kind": "files", "paths": paths}],
                "state": str(tmp_path / "state"), "metrics": str(tmp_path / "metrics"),
            })
        )
    )  # fmt: skip
    disk.write_record(found.settings.state, Record("L1", 1))
    for name in (OLDER, NEWER):
        place = Place("s", "accounts", "L1", 1, name)
        content = {
            **place._asdict(), "host": "host1", "made": "", "snapshot": f"snapshot of {name}", "bytes": 1,
            "files": {}, "facts": {"counts": {"files": 1}}, "suspect": [],
        }  # fmt: skip
        store.put(place.key(), manifest.seal(content, PASSWORD))

    def restored(snapshot, target):
        read.append(snapshot)
        directory = target / row.parent.relative_to("/")
        directory.mkdir(parents=True)
        (directory / row.name).write_text(snapshot)

    monkeypatch.setattr(site.Site, "restic", lambda *_: SimpleNamespace(restore=restored))
    return Sets(found), read


def wanted(name):
    return "accounts", "L1", 1, name


def test_a_set_that_is_named_after_another_one_was_restored_is_what_comes_back(host, row):
    sets, _read = host
    sets.restore(*wanted(NEWER), 1)
    sets.restore(*wanted(OLDER), 1)
    assert row.read_text() == f"snapshot of {OLDER}"
    assert [told["set"] for told in sets.confirm()] == [OLDER]
    assert not list((sets.state / "restore").iterdir())


def test_what_was_fetched_of_another_set_and_not_restored_is_not_taken_either(host, row):
    sets, _read = host
    sets.fetch_ahead(*wanted(NEWER))
    sets.restore(*wanted(OLDER), 1)
    assert row.read_text() == f"snapshot of {OLDER}"


def test_the_same_set_is_not_read_again(host, row):
    sets, read = host
    sets.fetch_ahead(*wanted(OLDER))
    for _again in range(2):
        sets.restore(*wanted(OLDER), 1)
    assert row.read_text() == f"snapshot of {OLDER}" and len(read) == 1


def test_what_nobody_has_said_the_set_of_is_read_again(host, row):
    """As where it was cut off while it was put away."""
    sets, _read = host
    sets.fetch_ahead(*wanted(NEWER))
    (sets.state / "restore/accounts" / row.relative_to("/")).unlink()
    (sets.state / "restore/accounts.of").unlink()
    sets.restore(*wanted(NEWER), 1)
    assert row.read_text() == f"snapshot of {NEWER}"


def test_what_runs_is_compared_with_the_set_that_was_restored(host, monkeypatch):
    sets, _read = host
    compared = []

    def confirm(_self, directory: Path, *_):
        compared.extend(path.read_text() for path in directory.rglob("row"))
        return {}

    sets.restore(*wanted(NEWER), 1)
    sets.fetch_ahead(*wanted(OLDER))
    monkeypatch.setattr(files.Files, "confirm", confirm)
    assert [told["set"] for told in sets.confirm()] == [NEWER]
    assert compared == [f"snapshot of {NEWER}"]
