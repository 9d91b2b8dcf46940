"""G8: until what was restored is compared with its set, no host of the site writes, whichever host restored it."""

from __future__ import annotations

import dataclasses
import json
from types import SimpleNamespace

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import (
    disk,
    keys,
    manifest,
    program,
    sets,
    site,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import settings as settings_
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.copies import Copies
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import (
    BackupError,
    Missing,
    Unreachable,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.gate import Record
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.keys import Place
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.sets import Sets
from ansible_collections.metalstack.autonomous.plugins.modules import backup_set

SET, PASSWORD = "20261127T060000Z", "the-password-of-the-site"
PRESENT = {"set": SET, "required": True, "level": 0, "accept_drop": False}


class Store:
    """An object storage in memory that notes what is written."""

    def __init__(self):
        self.objects, self.writes = {}, 0

    def keys(self, prefix):
        return sorted(key for key in self.objects if key.startswith(prefix))

    def get(self, key):
        return self.objects[key]

    def put(self, key, content):
        self.writes += 1
        self.objects[key] = content

    def put_new(self, key, content):
        if key not in self.objects:
            self.put(key, content)
        return self.objects[key] == content

    def delete(self, key):
        self.writes += 1
        del self.objects[key]


class Component:
    """One that holds what it is given, until it is told to lack something."""

    lacks, kind = "", Missing

    def __init__(self, name):
        self.name = name

    def fits(self, *_):
        pass

    ready = settle = restore = fits

    def confirm(self, *_):
        if Component.lacks == self.name:
            raise Component.kind("3 objects are missing")
        return {}


@pytest.fixture
def store(monkeypatch):
    found = Store()
    monkeypatch.setattr(site, "ObjectStore", lambda _storage, **_: found)
    monkeypatch.setattr(sets.components, "make", lambda settings, _state: Component(settings["name"]))
    monkeypatch.setattr(Component, "lacks", "")

    def fetch(self, place, below, _level, reuse=False):
        return below / place.component, self.site.manifest(place), {}

    monkeypatch.setattr(Sets, "fetch", fetch)
    monkeypatch.setattr(site.Site, "restic", lambda *_: SimpleNamespace(create=lambda: None))
    return found


@pytest.fixture
def host(tmp_path, store):
    """Return a maker of hosts of one site, whose cluster has one set."""
    (tmp_path / "password").write_text(PASSWORD)
    storage = dict.fromkeys(("endpoint", "region", "bucket", "ca_file", "access_key", "secret_key"), "x")
    storage["path_style"] = True

    def make(name):
        return site.Site(
            settings_.parse(
                json.dumps({
                    "site": "s", "host": name, "storage": storage, "second": storage, "interval": 3600, "level": 1,
                    "password_file": str(tmp_path / "password"), "set_components": ["k3s", "powerdns"],
                    "components": [{"name": "k3s"}, {"name": "powerdns"}, {"name": "metrics"}],
                    "state": str(tmp_path / name), "metrics": str(tmp_path / "metrics"),
                })
            )
        )  # fmt: skip

    make("server1").begin(Record("L1", 1), "")
    for component in ("k3s", "powerdns", "metrics"):
        place = Place("s", component, "L1", 1, SET)
        content = {
            **place._asdict(), "host": "server1", "made": "", "snapshot": "x", "bytes": 1, "facts": {"counts": {}},
            "suspect": ["bytes is 1"], "files": {},
        }  # fmt: skip
        store.objects[place.key()] = manifest.seal(content, PASSWORD)
    return make


def restored(site_, component, into):
    Sets(site_).restore(component, "L1", 1, SET, into)


def refuses(site_, store, component="k3s", all_=True):
    """No verb of the program writes."""
    before, arguments = store.writes, SimpleNamespace(component=[component], set="", level=1, rehearse=False)
    verbs = [
        lambda: program.create(site_, arguments),
        lambda: program.verify(site_, arguments),
        lambda: program.rehearsed(site_, [component], 0),
    ]
    if all_:
        verbs += [lambda: program.copied(site_), lambda: Sets(site_).promote(SET), lambda: Copies(site_).copy()]
    for verb in verbs:
        with pytest.raises(BackupError, match="not confirmed"):
            verb()
    assert store.writes == before


@pytest.fixture
def site_of_two(host):
    """Return two hosts of a site that was begun to be restored; the first one has its cluster back."""
    one, other = host("server1"), host("server2")
    into = one.begin_restored("L1", SET)
    for each in (one, other):
        disk.write_record(each.settings.state, Record("L1", into))
    restored(one, "k3s", into)
    return one, other


def test_no_host_writes_before_the_one_that_restored_has_compared(site_of_two, store, monkeypatch):
    one, other = site_of_two
    for each in (one, other):
        refuses(each, store)
    monkeypatch.setattr(Component, "lacks", "k3s")
    with pytest.raises(BackupError, match="3 objects are missing"):
        Sets(one).confirm()
    assert Sets(other).confirm() == []
    assert Sets(other).confirm(accept_missing=True) == []
    refuses(other, store)
    monkeypatch.setattr(Component, "lacks", "")
    assert [told["component"] for told in Sets(one).confirm()] == ["k3s"]
    for each in (one, other):
        each.refuse_unconfirmed("k3s")
    assert not [key for key in store.objects if "unconfirmed" in key]


@pytest.mark.parametrize(("kind", "accepted"), [(Missing, True), (BackupError, False), (Unreachable, False)])
def test_nothing_is_accepted_but_that_something_is_missing(site_of_two, store, monkeypatch, kind, accepted):
    """An API that does not answer, or another cluster, is nothing that somebody could know of."""
    one, other = site_of_two
    monkeypatch.setattr(Component, "lacks", "k3s")
    monkeypatch.setattr(Component, "kind", kind)
    if accepted:
        (told,) = Sets(one).confirm(accept_missing=True)
        assert told["report"] == {"accepted": "3 objects are missing"}
        other.refuse_unconfirmed("k3s")
        return
    with pytest.raises(kind, match="3 objects are missing"):
        Sets(one).confirm(accept_missing=True)
    refuses(other, store)


def test_the_site_waits_for_every_host_that_has_restored_something(site_of_two, store):
    one, other = site_of_two
    restored(other, "powerdns", 2)
    Sets(one).confirm()
    refuses(one, store)
    Sets(other).confirm()
    one.refuse_unconfirmed()
    assert not [key for key in store.objects if "unconfirmed" in key]


def test_a_component_that_was_restored_alone_holds_nothing_else_up(host, store):
    one, other = host("server1"), host("server2")
    for each in (one, other):
        disk.write_record(each.settings.state, Record("L1", 1))
    restored(one, "powerdns", 1)
    refuses(other, store, "powerdns", all_=False)
    other.refuse_unconfirmed("k3s")
    Sets(one).confirm()
    other.refuse_unconfirmed("powerdns")


def test_a_copy_that_was_made_meanwhile_does_not_wait_for_ever(host, store, monkeypatch):
    """Else it would not be verified in the second storage any more."""
    settings, second = host("server1").settings, Store()
    there = dataclasses.replace(settings.second, bucket="second")
    one = site.Site(dataclasses.replace(settings, second=there))
    monkeypatch.setattr(site, "ObjectStore", lambda storage, **_: second if storage == there else store)
    disk.write_record(settings.state, Record("L1", 1))
    store.objects["s/restic/L1/config"] = b"of restic"
    restored(one, "powerdns", 1)
    Copies(one).copy()
    Sets(one).confirm()
    assert second.keys("s/lineages/") == [keys.marker("s", "L1", 1)]
    one.elsewhere().refuse_unconfirmed("powerdns")


def half(site_, component):
    """Have a restore cut off while the data were put in place."""
    restored(site_, component, 1)
    marker = site_.settings.state / f"restoring-{component}.json"
    marker.write_text(json.dumps({**json.loads(marker.read_text()), "done": False}))


@pytest.mark.parametrize("put", [restored, half])
def test_metrics_that_are_on_their_way_keep_nothing_else_from_being_backed_up(host, store, monkeypatch, put):
    one = host("server1")
    disk.write_record(one.settings.state, Record("L1", 1))
    put(one, "metrics", *([1] if put is restored else []))
    monkeypatch.setattr(Sets, "_create", lambda _self, component, *_: {"component": component.name})
    monkeypatch.setattr(site.Site, "refuse_foreign", lambda _self: None)
    for component in ("k3s", "powerdns"):
        assert Sets(one).create(SET, component, 0) == {"component": component}
    with pytest.raises(BackupError, match="metrics is not backed up before"):
        Sets(one).create(SET, "metrics", 0)


def test_data_of_the_site_that_are_on_their_way_keep_metrics_from_being_backed_up(site_of_two):
    with pytest.raises(BackupError, match="the restore of k3s"):
        Sets(site_of_two[0]).create(SET, "metrics", 0)


@pytest.mark.parametrize(("component", "compared"), [("metrics", []), ("powerdns", ["powerdns"])])
def test_what_is_half_in_place_is_compared_only_where_the_site_waits_for_it(host, component, compared):
    one = host("server1")
    disk.write_record(one.settings.state, Record("L1", 1))
    half(one, component)
    assert [told["component"] for told in Sets(one).confirm()] == compared


def test_metrics_that_lack_something_keep_nothing_else_from_being_confirmed(host, store, monkeypatch):
    one = host("server1")
    disk.write_record(one.settings.state, Record("L1", 1))
    for component in ("metrics", "powerdns"):
        restored(one, component, 1)
    monkeypatch.setattr(Component, "lacks", "metrics")
    names, metrics = Sets(one).confirm()
    assert (names["component"], "error" in names) == ("powerdns", False)
    assert metrics == {"component": "metrics", "set": SET, "error": "3 objects are missing"}
    one.refuse_unconfirmed("powerdns")
    refuses(one, store, "metrics", all_=False)
    assert [begun["component"] for begun in Sets(one).restoring()] == ["metrics"]
    # As before, each time.
    assert Sets(one).confirm() == [metrics]


def test_metrics_that_are_not_confirmed_are_left_out_of_a_set_that_names_nothing(host, monkeypatch):
    """Whichever host has restored them; else no change that needs a set, such as an upgrade, could be made."""
    one, other = host("server1"), host("server2")
    for each in (one, other):
        disk.write_record(each.settings.state, Record("L1", 1))
    restored(one, "metrics", 1)
    monkeypatch.setattr(Sets, "_create", lambda _self, component, *_: {"component": component.name, "made": True})
    monkeypatch.setattr(site.Site, "refuse_foreign", lambda _self: None)
    monkeypatch.setattr(program.results, "note", lambda *_: None)
    for each in (one, other):
        _changed, outcomes = backup_set.present(each, {**PRESENT, "components": []})
        assert [(told["component"], told["made"]) for told in outcomes] == [
            ("k3s", True), ("powerdns", True), ("metrics", False),
        ]  # fmt: skip
        with pytest.raises(BackupError, match="not confirmed"):
            backup_set.present(each, {**PRESENT, "components": ["metrics"]})
    restored(one, "powerdns", 1)
    with pytest.raises(BackupError, match=r"powerdns: .* not confirmed"):
        backup_set.present(other, {**PRESENT, "components": []})


def test_who_asks_for_metrics_is_told_of_nothing_else_and_that_they_lack_something(site_of_two, monkeypatch):
    one, _other = site_of_two
    restored(one, "metrics", 2)
    monkeypatch.setattr(Component, "lacks", "metrics")
    with pytest.raises(BackupError, match="3 objects are missing"):
        Sets(one).confirm(components=["metrics"])
    monkeypatch.setattr(Component, "lacks", "k3s")
    assert [told["component"] for told in Sets(one).confirm(components=["metrics"])] == ["metrics"]
    assert [begun["component"] for begun in Sets(one).restoring()] == ["k3s"]
    with pytest.raises(BackupError, match="3 objects are missing"):
        Sets(one).confirm()


def test_what_is_to_come_back_is_known_by_a_file(host):
    one = host("server1")
    assert Sets(one).due() == []
    disk.write(disk.private(one.settings.state) / f"{disk.DUE}metrics", "")
    assert Sets(one).due() == ["metrics"]


def test_what_is_to_come_back_is_not_backed_up_by_itself_before(host, monkeypatch):
    one = host("server1")
    disk.write(disk.private(one.settings.state) / f"{disk.DUE}metrics", "")
    monkeypatch.setattr(Sets, "create", lambda _self, _name, component, *_: {"component": component, "made": True})
    monkeypatch.setattr(program.results, "note", lambda *_: None)
    outcomes = program.create(one, SimpleNamespace(component=["k3s", "metrics"]))
    assert [told["component"] for told in outcomes] == ["k3s"]
    _changed, outcomes = backup_set.present(one, {**PRESENT, "components": []})
    assert [told["component"] for told in outcomes] == ["k3s", "powerdns"]
    # Who asks for it by name knows.
    _changed, outcomes = backup_set.present(one, {**PRESENT, "components": ["metrics"]})
    assert [told["component"] for told in outcomes] == ["metrics"]


def test_what_was_restored_is_due_no_more(host):
    """Else the next bootstrap would put the newest set in the place of the one that somebody has asked for."""
    one = host("server1")
    disk.write_record(one.settings.state, Record("L1", 1))
    for component in ("metrics", "others"):
        disk.write(one.settings.state / f"{disk.DUE}{component}", "")
    restored(one, "metrics", 1)
    assert Sets(one).due() == ["others"]


def test_cut_off_before_the_host_forgets_it_compares_once_more(site_of_two, monkeypatch):
    one, other = site_of_two

    def cut_off(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(sets.Path, "unlink", cut_off)
        with pytest.raises(KeyboardInterrupt):
            Sets(one).confirm()
    assert [told["component"] for told in Sets(one).confirm()] == ["k3s"]
    other.refuse_unconfirmed("k3s")


def test_a_restored_disk_that_is_lost_again_is_given_up_by_its_own_host_and_only_when_told(site_of_two, host, store):
    one, other = site_of_two
    (one.settings.state / "restoring-k3s.json").unlink()
    assert Sets(one).confirm() == [] and Sets(other).confirm(accept_missing=True) == []
    refuses(other, store)
    assert [told["component"] for told in Sets(one).confirm(accept_missing=True)] == ["k3s"]
    other.refuse_unconfirmed("k3s")


def test_what_a_host_has_restored_that_is_there_no_more_is_given_up_by_any_and_only_when_told(site_of_two, store):
    _one, other = site_of_two
    assert Sets(other).confirm(hosts=["server2"]) == []
    # It will compare by itself.
    assert Sets(other).confirm(accept_missing=True, hosts=["server1", "server2"]) == []
    refuses(other, store)
    told = Sets(other).confirm(accept_missing=True, hosts=["server2", "server4"])
    assert [each["component"] for each in told] == ["k3s"]
    other.refuse_unconfirmed("k3s")


def test_a_restore_that_was_given_up_for_another_one_holds_nothing_up(site_of_two, store):
    one, other = site_of_two
    into = one.begin_restored("L1", SET)
    for each in (one, other):
        disk.write_record(each.settings.state, Record("L1", into))
    refuses(other, store)
    restored(one, "k3s", into)
    Sets(one).confirm()
    other.refuse_unconfirmed("k3s")
    assert keys.unconfirmed("s", "L1", 2) in store.objects
