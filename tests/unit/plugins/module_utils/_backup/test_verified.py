"""A verification records how deep it has looked, not how deep it was to look."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
import shutil
from types import SimpleNamespace

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import (
    components,
    disk,
    etcd_snapshot,
    keys,
    manifest,
    program,
    rehearsal,
    results,
    site,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import sets as sets_
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import settings as settings_
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError, Nothing
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.garden import Garden
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.gate import Record
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.keys import Place
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.rehearsal import OBJECTS, SNAPSHOT
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.sets import Sets

PASSWORD = "the-password-of-the-site"
PLACE = Place("s", "k3s", "L1", 1, "20261127T060000Z")


@pytest.fixture
def make(tmp_path, monkeypatch):
    """Return a maker of hosts whose site has a set of k3s, and of what is recorded beside it."""
    made = tmp_path / "made"
    made.mkdir()
    pages = b"p" * 1024
    (made / SNAPSHOT).write_bytes(pages + hashlib.sha256(pages).digest())
    (made / OBJECTS).write_text(json.dumps({"secrets": {"default/kept": "u1"}}))
    content = {
        **PLACE._asdict(), "host": "h", "made": "", "snapshot": "x", "bytes": 9, "suspect": [],
        "files": disk.contents(made), "facts": {"counts": {"secrets": 1}},
    }  # fmt: skip
    objects = {PLACE.key(): manifest.seal(content, PASSWORD)}
    store = SimpleNamespace(get=objects.get, keys=lambda prefix: [one for one in objects if one.startswith(prefix)])
    store.put = objects.__setitem__
    monkeypatch.setattr(site, "ObjectStore", lambda _storage, **_: store)
    restic = SimpleNamespace(restore=lambda _one, target: shutil.copytree(made, target, dirs_exist_ok=True))
    monkeypatch.setattr(site.Site, "restic", lambda *_: restic)
    (tmp_path / "password").write_text(PASSWORD)
    storage = dict.fromkeys(("endpoint", "region", "bucket", "ca_file", "access_key", "secret_key"), "x")

    def host(**more):
        one = site.Site(
            settings_.parse(
                json.dumps({
                    "site": "s", "host": "h", "storage": {**storage, "path_style": True}, "interval": 3600, "level": 1,
                    "password_file": str(tmp_path / "password"), "set_components": ["k3s"],
                    "components": [{"name": "k3s", **more}], "state": str(tmp_path / "state"),
                    "metrics": str(tmp_path / "metrics"),
                })
            )
        )  # fmt: skip
        disk.write_record(one.settings.state, Record("L1", 1))
        return one, objects

    return host


def records(objects):
    return {key[-6]: json.loads(content) for key, content in objects.items() if ".verified-" in key}


def test_at_night_level_1_is_what_comes_of_2_without_etcdutl(make):
    one, objects = make()
    (outcome,) = program.verified(one, 2, "", ["k3s"], again=True)
    assert (outcome["level"], outcome["verified"]) == (1, True) and "no etcdutl" in outcome["lacking"]
    ((level, record),) = records(objects).items()
    assert (level, record["level"], record["report"]) == ("1", 1, {}) and "no etcdutl" in record["lacking"]
    known = results.read(one.settings.state)["k3s"]
    assert known["verified"] and known["verified_level"] == 1 and "no etcdutl" in known["verify_lacking"]


def test_who_asks_for_level_2_by_name_gets_an_error(make):
    one, objects = make()
    with pytest.raises(BackupError, match="level 2 was not reached, only 1: there is no etcdutl"):
        Sets(one).verify(2, "", "k3s")
    assert list(records(objects)) == ["1"]


def test_with_etcdutl_it_is_opened(make, monkeypatch):
    monkeypatch.setattr(etcd_snapshot, "opened", lambda _file, _etcdutl: {"keys": 7})
    one, objects = make(etcdutl="/opt/etcdutl")
    (outcome,) = program.verified(one, 2, "", ["k3s"], again=True)
    assert outcome["level"] == 2 and "lacking" not in outcome
    assert list(records(objects)) == ["2"] and records(objects)["2"]["report"] == {"keys": 7}
    assert results.read(one.settings.state)["k3s"]["verify_lacking"] == ""


def test_at_night_one_host_restores_beside_what_runs_what_none_can_open(make, monkeypatch):
    one, objects = make()
    asked = []
    monkeypatch.setattr(rehearsal, "rehearse", lambda *_: asked.append(1) or {"restored": 1})
    monkeypatch.setattr(sets_, "now", lambda: keys.made(PLACE.set) + datetime.timedelta(hours=1))

    def night(**changed):
        return program.verify(one, SimpleNamespace(level=2, set="", component=[], **{"rehearse": True, **changed}))

    night(rehearse=False)
    assert (list(records(objects)), asked) == (["1"], [])
    night()
    assert (list(records(objects)), asked) == (["1", "3"], [1])
    assert results.read(one.settings.state)["k3s"]["rehearsed_set"] == PLACE.set
    # The next host finds that it was done, and the night after it is done again.
    night()
    assert asked == [1]
    monkeypatch.setattr(sets_, "now", lambda: keys.made(PLACE.set) + datetime.timedelta(hours=23))
    night()
    assert asked == [1, 1]


def test_what_is_not_whole_or_opens_otherwise_is_not_restored_at_night(make, monkeypatch):
    monkeypatch.setattr(rehearsal, "rehearse", lambda *_: pytest.fail("it was restored"))
    monkeypatch.setattr(etcd_snapshot, "opened", lambda _file, _etcdutl: {"keys": 7})
    night = SimpleNamespace(level=2, set="", component=[], rehearse=True)
    program.verify(make(etcdutl="/opt/etcdutl")[0], night)
    one, _objects = make()
    program.verified(one, 2, "", ["k3s"], again=True)
    monkeypatch.setattr(etcd_snapshot, "whole", lambda _file: False)
    with pytest.raises(BackupError, match="it is not whole"):
        program.verify(one, night)
    assert "rehearsal_error" not in results.read(one.settings.state)["k3s"]


@pytest.fixture
def with_garden(make, monkeypatch):
    """A host whose second component has no set."""
    one, objects = make()
    one.settings = dataclasses.replace(one.settings, components=({"name": "k3s"}, {"name": "garden"}))

    def said(why):
        monkeypatch.setattr(Garden, "idle", lambda _self: why)
        return one, objects

    return said


@pytest.mark.parametrize(
    "run",
    [
        lambda one, names: program.verified(one, 2, "", names, again=True),
        lambda one, names: program.rehearsed(one, names, 6),
    ],
    ids=["verified", "rehearsed"],
)
def test_of_what_there_is_none_nothing_is_missed(with_garden, monkeypatch, run):
    monkeypatch.setattr(rehearsal, "rehearse", lambda *_: {"restored": 1})
    one, _objects = with_garden("there is no Garden on this cluster")
    results.note_verified(one, {"component": "garden", "error": "the API was silent"})
    (outcome,) = run(one, [])
    assert results.read(one.settings.state).pop("garden") == {"success": True}
    assert outcome["component"] == "k3s" and set(results.read(one.settings.state)) == {"garden", "k3s"}
    with pytest.raises(Nothing, match="has no set  with garden"):
        Sets(one).verify(2, "", "garden")
    with pytest.raises(BackupError, match="garden: lineage L1 has no set"):
        run(one, ["garden"])
    one, _objects = with_garden("")
    with pytest.raises(BackupError, match="garden: lineage L1 has no set"):
        run(one, [])


def test_a_run_that_found_nothing_to_back_up_is_told_from_one_that_another_host_has_made(with_garden):
    one, objects = with_garden("there is no Garden on this cluster")
    outcome = Sets(one)._create(Garden({}, one.settings.state), PLACE.set, 1, False)
    assert (outcome["made"], outcome.get("idle"), outcome["why"]) == (False, True, "there is no Garden on this cluster")
    objects[PLACE._replace(component="garden").key()] = b""
    assert "idle" not in Sets(one)._create(Garden({}, one.settings.state), PLACE.set, 1, False)


def test_that_a_host_has_nothing_of_what_is_always_there_excuses_nothing(make, monkeypatch):
    """Such as a store of metrics whose disk was not mounted."""
    one, _objects = make()
    one.settings = dataclasses.replace(one.settings, components=({"name": "powerdns"},))
    empty = SimpleNamespace(name="powerdns", idle=lambda: "there are no data in /var/lib/powerdns")
    monkeypatch.setattr(components, "make", lambda *_: empty)
    assert not Sets(one)._create(empty, PLACE.set, 1, False)["idle"]
    with pytest.raises(BackupError, match="powerdns: lineage L1 has no set") as caught:
        program.verified(one, 2, "", [], again=True)
    assert not isinstance(caught.value, Nothing)
