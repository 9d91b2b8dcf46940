"""A component of a set is fetched to be looked at: whole and for root alone, or not at all."""

from __future__ import annotations

import json
import shutil
import sqlite3
import stat
from contextlib import closing
from types import SimpleNamespace

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import disk, manifest, site
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import settings as settings_
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError, Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.gate import Record
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.keys import Place
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.powerdns import DATABASE, PowerDns
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.sets import Sets

SET, PASSWORD = "20261127T060000Z", "the-password-of-the-site"
PLACE = Place("s", "powerdns", "L1", 1, SET)
SCHEMA = """
CREATE TABLE domains (id INTEGER PRIMARY KEY, name TEXT, type TEXT);
CREATE TABLE records (domain_id INTEGER, name TEXT, type TEXT, content TEXT, ttl INTEGER, prio INTEGER, disabled BOOL);
CREATE TABLE tsigkeys (name TEXT);
CREATE TABLE cryptokeys (domain_id INTEGER, content TEXT);
INSERT INTO domains VALUES (1, 'example.org', 'MASTER');
INSERT INTO records VALUES (1, 'example.org', 'SOA', 'ns.example.org h.example.org 7 1 1 1 1', 300, NULL, 0);
"""


@pytest.fixture
def restic():
    """The program that keeps the contents: they are those of a directory, unless it fails."""
    return SimpleNamespace(contents=None, error=None)


@pytest.fixture
def host(tmp_path, restic, monkeypatch):
    """A secondary of a site whose primary has made a set; its own database is another one."""
    made = tmp_path / "made"
    made.mkdir()
    database = tmp_path / "of-the-primary.sqlite3"
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.executescript(SCHEMA)
    _more, facts = PowerDns({"database": str(database)}, tmp_path).collect(made, Record("L1", 1), SET)
    restic.contents = made

    def restored(_snapshot, target):
        shutil.copytree(restic.contents, target, dirs_exist_ok=True)
        if restic.error:
            raise restic.error

    content = {
        **PLACE._asdict(), "host": "ns1", "made": "", "snapshot": "x", "bytes": 9, "facts": facts, "suspect": [],
        "files": disk.contents(made),
    }  # fmt: skip
    store = SimpleNamespace(get=lambda key: {PLACE.key(): manifest.seal(content, PASSWORD)}[key])
    monkeypatch.setattr(site, "ObjectStore", lambda _storage, **_: store)
    monkeypatch.setattr(site.Site, "restic", lambda *_: SimpleNamespace(restore=restored))
    (tmp_path / "password").write_text(PASSWORD)
    storage = dict.fromkeys(("endpoint", "region", "bucket", "ca_file", "access_key", "secret_key"), "x")
    return site.Site(
        settings_.parse(
            json.dumps({
                "site": "s", "host": "ns2", "storage": {**storage, "path_style": True}, "interval": 3600, "level": 1,
                "password_file": str(tmp_path / "password"), "set_components": ["powerdns"],
                "components": [{"name": "powerdns", "database": str(tmp_path / "own.sqlite3")}],
                "state": str(tmp_path / "state"), "metrics": str(tmp_path / "metrics"),
            })
        )
    )  # fmt: skip


def fetched(host, directory):
    return Sets(host).fetch_alone("powerdns", "L1", 1, SET, directory)


def test_it_is_there_whole_and_for_root_alone(host, tmp_path):
    directory = tmp_path / "fetched"
    assert fetched(host, directory) == {"component": "powerdns", "set": SET, "bytes": 9}
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert [one.name for one in directory.iterdir()] == ["powerdns"]
    with closing(sqlite3.connect(directory / "powerdns" / DATABASE)) as database:
        assert database.execute("SELECT name FROM domains").fetchall() == [("example.org",)]
    # Nothing of this host is replaced, and nobody waits for a restore to be confirmed.
    assert not (tmp_path / "own.sqlite3").exists() and Sets(host).restoring() == []
    assert sorted(one.name for one in host.settings.state.iterdir()) == ["backup.lock"]


@pytest.mark.parametrize("error", [Unreachable("the storage is down"), KeyboardInterrupt()])
def test_nothing_is_left_when_it_cannot_be_had(host, restic, tmp_path, error):
    restic.error = error
    with pytest.raises(type(error)):
        fetched(host, tmp_path / "fetched")
    assert not (tmp_path / "fetched").exists()


def test_nothing_is_left_of_one_that_is_not_what_was_backed_up(host, restic, tmp_path):
    with (restic.contents / DATABASE).open("ab") as file:
        file.write(b"x")
    with pytest.raises(BackupError, match="is not what was backed up"):
        fetched(host, tmp_path / "fetched")
    assert not (tmp_path / "fetched").exists()


def test_a_directory_that_is_there_is_left_alone(host, tmp_path):
    (tmp_path / "fetched").mkdir()
    (tmp_path / "fetched" / "of somebody else").touch()
    with pytest.raises(BackupError, match="is there already"):
        fetched(host, tmp_path / "fetched")
    assert (tmp_path / "fetched" / "of somebody else").exists()


def test_what_was_fetched_ahead_whole_is_not_read_again(host, restic, tmp_path):
    wanted = ("powerdns", "L1", 1, SET)
    assert Sets(host).fetch_ahead(*wanted) == {"component": "powerdns", "set": SET, "bytes": 9}
    assert not (tmp_path / "own.sqlite3").exists() and Sets(host).restoring() == []
    restic.error = Unreachable("the storage is down")
    Sets(host).fetch_ahead(*wanted)
    with (host.settings.state / "restore" / "powerdns" / DATABASE).open("ab") as file:
        file.write(b"x")
    with pytest.raises(Unreachable):
        Sets(host).fetch_ahead(*wanted)
