"""Pruning against a storage in memory: what it refuses, and that killed anywhere the next run does the rest."""

from __future__ import annotations

import dataclasses
import datetime
import json

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import catalogue, keys, manifest, prune
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import settings as settings_
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.keys import Place
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.retention import Policy
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.site import Site
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._backup import versioned
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._backup.versioned import (
    DAYS,
    NOW,
    Killed,
    ago,
    name,
)

PASSWORD = "the-password-of-the-site"


class Memory(versioned.Memory):
    """With restic's snapshots."""

    def __init__(self):
        super().__init__()
        self.snapshots, self.garbage = {}, set()


class Repository:
    def __init__(self, memory, lineage):
        self.memory, self.lineage = memory, lineage

    def snapshots(self):
        return dict(self.memory.snapshots.get(self.lineage, {}))

    def forget(self, snapshots):
        for one in snapshots:
            self.memory.change()
            del self.memory.snapshots[self.lineage][one]
            self.memory.garbage.add(one)

    def prune(self):
        self.memory.change()
        self.memory.garbage.clear()


@pytest.fixture
def memory():
    return Memory()


@pytest.fixture
def site(tmp_path, memory, monkeypatch):
    (tmp_path / "password").write_text(PASSWORD)
    storage = dict.fromkeys(("endpoint", "region", "bucket", "ca_file", "access_key", "secret_key"), "x")
    found = settings_.parse(
        json.dumps({
            "site": "s", "host": "h", "storage": {**storage, "path_style": True}, "interval": 3600, "level": 1,
            "password_file": str(tmp_path / "password"), "set_components": ["k3s"], "components": [],
            "state": str(tmp_path / "state"), "metrics": str(tmp_path / "metrics"),
        })
    )  # fmt: skip
    one = Site(found)
    one.__dict__["store"] = memory
    monkeypatch.setattr(one, "restic", lambda lineage: Repository(memory, lineage))
    memory.put(keys.marker("s", "L1", 1), b"{}")
    for days in DAYS:
        add(memory, days)
    return one


def add(memory, days, suspect=(), lineage="L1", component="k3s", **changed):
    place = Place("s", component, lineage, 1, name(days))
    snapshot = f"{days:03}" + "f" * 61
    content = {
        **place._asdict(), "host": "h", "made": "", "snapshot": snapshot[:8], "bytes": 1, "files": {}, "facts": {},
        "suspect": list(suspect), **changed,
    }  # fmt: skip
    memory.at = ago(days)
    memory.put(place.key(), manifest.seal(content, PASSWORD))
    memory.put(place.verified(1), b"{}")
    memory.snapshots.setdefault(lineage, {})[snapshot] = ago(days)
    memory.at = NOW
    return place


def planned(site, moment=NOW, accept=(), **policy):
    return prune.plan(site, Policy(**policy), ["k3s"], accept, moment)


def pruned(site, moment=NOW):
    found = planned(site, moment)
    prune.run(site, found)
    return found


def there(memory):
    return [one.name for one in catalogue.sets({one.key for one in memory.known if one.latest and not one.marker})]


def test_old_sets_go_with_all_that_is_theirs(site, memory):
    found = pruned(site)
    assert [verdict.one.name for verdict in found.going] == [name(60), name(50), name(40)]
    assert there(memory) == [name(35), name(20), name(2)]
    assert [one[:3] for one in memory.snapshots["L1"]] == ["035", "020", "002"]
    assert not memory.garbage
    assert not planned(site).changes


def test_what_was_hidden_goes_for_good_when_its_time_has_come(site, memory):
    pruned(site)
    assert len(planned(site, NOW + datetime.timedelta(days=15)).versions) == 2 * 6 + 4
    memory.at = NOW + datetime.timedelta(days=15)
    pruned(site, memory.at)
    assert not [one for one in memory.known if name(60) in one.key]
    assert all(one.latest for one in memory.known if one.modified <= NOW and name(35) not in one.key)


def test_killed_anywhere_the_next_run_does_the_rest(site, memory, monkeypatch):
    changes = 0
    while True:
        other = Memory()
        other.known, other.contents, other.changes = list(memory.known), dict(memory.contents), memory.changes
        other.snapshots = {lineage: dict(known) for lineage, known in memory.snapshots.items()}
        other.left = changes
        site.__dict__["store"] = other
        monkeypatch.setattr(site, "restic", lambda lineage, other=other: Repository(other, lineage))
        try:
            pruned(site)
            break
        except Killed:
            pass
        other.left = None
        pruned(site)
        assert there(other) == [name(35), name(20), name(2)], changes
        assert [one[:3] for one in other.snapshots["L1"]] == ["035", "020", "002"], changes
        assert not other.garbage, changes
        visible = {one.key for one in other.known if one.latest and not one.marker}
        assert len(visible) == 2 * 3 + 1, changes
        assert not planned(site).changes, changes
        changes += 1
    # mark and since when, three manifests and records, three snapshots, the rest of restic, until when and the mark
    assert changes == 2 + 3 + 3 + 1 + 2 + 3


def test_a_run_says_since_when_by_the_clock_of_the_storage(site, memory):
    memory.at = NOW + datetime.timedelta(minutes=3)
    pruned(site)
    told = json.loads(memory.get(keys.pruning("s", "L1")))
    assert told["begun"] == memory.at.isoformat()
    lasted = datetime.datetime.fromisoformat(told["ended"]) - memory.at
    assert datetime.timedelta(0) <= lasted < datetime.timedelta(minutes=1)
    assert keys.pruning("s", "L1") not in memory.keys("s/")


def test_what_is_being_made_is_left_alone(site, memory):
    pruned(site)
    memory.snapshots["L1"]["a" * 64] = NOW - datetime.timedelta(hours=23)
    assert not planned(site).changes
    memory.snapshots["L1"]["b" * 64] = NOW - datetime.timedelta(hours=25)
    assert planned(site).forget == {"L1": ["b" * 64]}


def test_a_lineage_without_sets_is_looked_at_too(site, memory):
    memory.put(keys.marker("s", "L9", 1), b"{}")
    memory.snapshots["L9"] = {"c" * 64: ago(3)}
    assert planned(site).forget["L9"] == ["c" * 64]


def refused(site, memory, words, **more):
    before = memory.changes
    with pytest.raises(BackupError, match=words):
        planned(site, **more)
    assert memory.changes == before


@pytest.mark.parametrize("lineage", ["L1", "L0"])
def test_nothing_goes_while_the_newest_is_suspect(site, memory, lineage):
    add(memory, 1, suspect=["bytes is 3, the median of the last 7 sets is 90"], lineage=lineage)
    refused(site, memory, rf"set {name(1)} .*lineage {lineage}, and suspect: bytes is 3.* ->")
    refused(site, memory, "suspect", accept=[name(2)])
    assert len(planned(site, accept=[name(1)]).going) == 3
    add(memory, 0, lineage=lineage)
    assert planned(site).going


@pytest.mark.parametrize("damaged", [False, True])
def test_nothing_goes_while_the_newest_of_a_component_beside_is_no_good(site, memory, damaged):
    place = add(memory, 35, suspect=["rows is 0, the median of the last 7 sets is 9"], component="registry")
    if damaged:
        memory.put(place.damaged(), b"{}")
    refused(site, memory, rf"set {name(35)} is the newest with registry .*and {'damaged' if damaged else 'suspect'}")
    assert planned(site, accept=[name(35)]).going


def test_nothing_goes_while_the_newest_is_damaged(site, memory):
    place = Place("s", "k3s", "L1", 1, name(2))
    memory.put(place.damaged(), b"{}")
    refused(site, memory, rf"set {name(2)} .*lineage L1, and damaged.* ->")
    refused(site, memory, "damaged", accept=[name(20)])
    # It takes no place of those that are whole: the fourth stays, too.
    assert [verdict.one.name for verdict in planned(site, accept=[name(2)]).going] == [name(60), name(50)]
    add(memory, 0)
    assert [verdict.one.name for verdict in planned(site).going] == [name(60), name(50), name(40)]


def test_the_mark_goes_with_the_set(site, memory):
    place = Place("s", "k3s", "L1", 1, name(60))
    memory.put(place.damaged(), b"{}")
    assert place.damaged() in pruned(site).records
    assert place.damaged() not in memory.keys("s/")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{}", "is no manifest"),
        (manifest.seal({"set": "x"}, "another-password"), "not sealed with this site's backup password"),
    ],
)
@pytest.mark.parametrize("days", DAYS)
def test_nothing_goes_while_a_manifest_cannot_be_read(site, memory, days, content, words):
    memory.put(Place("s", "k3s", "L1", 1, name(days)).key(), content)
    refused(site, memory, f"nothing is removed .*{words}")


def test_nothing_goes_while_a_manifest_is_anothers(site, memory):
    one, other = (Place("s", "k3s", "L1", 1, name(days)) for days in (60, 2))
    memory.put(other.key(), memory.get(one.key()))
    refused(site, memory, "manifest of another part")


def test_nothing_goes_when_somebody_else_has_deleted(site, memory):
    memory.delete(Place("s", "k3s", "L1", 1, name(20)).key())
    refused(site, memory, f"somebody has deleted .*{name(20)}")
    # nor when nothing is left at all, and nobody has looked for long
    for one in list(memory.known):
        memory.delete(one.key)
    refused(site, memory, "somebody has deleted", moment=NOW + datetime.timedelta(days=60))


def test_nothing_goes_before_a_restore_is_confirmed(site, memory):
    site.settings.state.mkdir()
    (site.settings.state / "restoring-k3s.json").write_text(json.dumps({"component": "k3s", "set": name(2)}))
    refused(site, memory, "is not confirmed")


def test_nothing_goes_before_another_hosts_restore_is_confirmed(site, memory):
    memory.put(keys.unconfirmed("s", "L1", 1, "powerdns"), b"{}")
    refused(site, memory, "restore of lineage L1 is not confirmed")
    memory.put(keys.marker("s", "L1", 2), b"{}")
    assert planned(site).going, "what was begun and given up holds nothing up"


@pytest.mark.parametrize("policy", [{"all_days": 6}, {"daily_days": 29}, {"verified": 2}, {"hidden_days": 13}])
def test_nothing_goes_below_the_floor(site, memory, policy):
    ((field, value),) = policy.items()
    refused(site, memory, f"{field} is {value}, expected a number, {value + 1} or more ->", **policy)


def test_the_keys_of_the_call_are_the_only_ones_used(site):
    other = prune.by(site.settings, "pruner", "its-secret")
    assert (other.settings.storage.access_key, other.settings.storage.secret_key) == ("pruner", "its-secret")
    assert dataclasses.replace(other.settings, storage=site.settings.storage) == site.settings
