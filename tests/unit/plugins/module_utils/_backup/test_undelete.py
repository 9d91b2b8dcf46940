"""What somebody has deleted comes back, and nothing that pruning or a host has hidden for a reason."""

from __future__ import annotations

import datetime
import hashlib
import json

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import keys, manifest, site, undelete
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import settings as settings_
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.keys import Place
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.retention import Policy
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.versions import Version

NOW = datetime.datetime(2026, 11, 27, 12, tzinfo=datetime.UTC)
PASSWORD = "the-password-of-the-site"
DAYS = (40, 20, 9, 3, 2, 1)
REPOSITORY = "s/restic/L1/"
MINUTE = datetime.timedelta(minutes=1)


def ago(days):
    return NOW - datetime.timedelta(days=days)


def at(days):
    return Place("s", "k3s", "L1", 1, ago(days).strftime("%Y%m%dT%H%M%SZ"))


class Memory:
    """A bucket with versions; what is removed for good is only ever a marker."""

    def __init__(self):
        self.known, self.contents, self.at, self.number, self.left = [], {}, ago(50), 0, None

    def _add(self, key, marker):
        self.number += 1
        self.known = [one._replace(latest=False) if one.key == key else one for one in self.known]
        self.known.append(Version(key, str(self.number), self.at, True, marker))

    def put(self, key, content):
        self._add(key, False)
        self.contents[str(self.number)] = content

    def delete(self, key, version=""):
        if not version:
            self._add(key, True)
            return
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise KeyboardInterrupt
        (gone,) = [one for one in self.known if one.id == version]
        assert gone.marker and gone.key == key, "a version was removed"
        self.known.remove(gone)
        rest = [one for one in self.known if one.key == key]
        if gone.latest and rest:
            self.known[self.known.index(rest[-1])] = rest[-1]._replace(latest=True)

    def get(self, key, version=""):
        return self.contents[version or next(one.id for one in self.known if one.key == key and one.latest)]

    def keys(self, prefix):
        return sorted(one.key for one in self.known if one.latest and not one.marker and one.key.startswith(prefix))

    def versions(self, _prefix):
        return list(self.known)


def store(memory, layer, content):
    key = f"{REPOSITORY}{layer}/{hashlib.sha256(content).hexdigest()}"
    memory.put(key, content)
    return key


@pytest.fixture
def memory():
    found = Memory()
    found.put(keys.marker("s", "L1", 1), b"{}")
    found.put(f"{REPOSITORY}config", b"the repository")
    store(found, "keys", PASSWORD.encode())
    for days in DAYS:
        found.at = ago(days)
        for layer in ("data", "index", "snapshots"):
            store(found, layer, f"{layer} of {days} days ago".encode())
        content = {
            **at(days)._asdict(), "host": "h", "made": "", "snapshot": "x", "bytes": 1, "files": {}, "facts": {},
            "suspect": [],
        }  # fmt: skip
        found.put(at(days).key(), manifest.seal(content, PASSWORD))
        found.put(at(days).verified(1), b"{}")
    found.at = ago(0.5)
    return found


@pytest.fixture
def pruner(tmp_path, memory, monkeypatch):
    (tmp_path / "password").write_text(PASSWORD)
    storage = dict.fromkeys(("endpoint", "region", "bucket", "ca_file", "access_key", "secret_key"), "x")
    one = site.Site(
        settings_.parse(
            json.dumps({
                "site": "s", "host": "h", "storage": {**storage, "path_style": True}, "interval": 3600, "level": 1,
                "password_file": str(tmp_path / "password"), "set_components": ["k3s"], "components": [],
                "state": str(tmp_path / "state"), "metrics": str(tmp_path / "metrics"),
            })
        )
    )  # fmt: skip
    one.__dict__["store"] = memory
    monkeypatch.setattr(
        undelete,
        "fits",
        lambda _settings, config, _name, key: config == b"the repository" and key.startswith(PASSWORD.encode()),
    )
    return one


def planned(pruner, everything=False, moment=NOW):
    return undelete.plan(pruner, Policy(), ["k3s"], moment, everything)


def undeleted(pruner, **more):
    found = planned(pruner, **more)
    undelete.run(pruner, found)
    return found


def delete_all(memory):
    for key in memory.keys("s/"):
        memory.delete(key)


def pruned(memory, days):
    """What a run of pruning hides of a set, between its mark and the end of that."""
    mark = keys.pruning("s", "L1")
    memory.put(mark, b"{}")
    begun = memory.at.isoformat()
    memory.put(mark, json.dumps({"begun": begun}).encode())
    memory.at += MINUTE
    memory.delete(at(days).key())
    for layer in ("data", "index", "snapshots"):
        memory.delete(f"{REPOSITORY}{layer}/{hashlib.sha256(f'{layer} of {days} days ago'.encode()).hexdigest()}")
    memory.at += MINUTE
    ended = {"begun": begun, "ended": memory.at.isoformat()}
    memory.put(mark, json.dumps(ended).encode())
    memory.delete(mark)
    memory.at += MINUTE
    memory.delete(at(days).verified(1))


def test_where_nothing_was_deleted_nothing_is_done(pruner, memory):
    assert undeleted(pruner) == ([], [])


def test_all_that_was_deleted_comes_back_and_what_is_whole_last(pruner, memory):
    before = memory.keys("s/")
    delete_all(memory)
    told = planned(pruner)
    assert memory.keys("s/") == []
    order = [one.key for one in undeleted(pruner).back]
    assert undelete.Plan(told.back, []).sets == sorted(at(days).set for days in DAYS if days != 40)
    # That of 40 days ago would have been pruned; what it consists of goes with the next pruning.
    old = {at(40).key(), at(40).verified(1)}
    assert memory.keys("s/") == [key for key in before if key not in old]
    layers = ("config", "/keys/", "/data/", "/index/", "/snapshots/", "Z.json", "verified", "/lineages/")
    found = [next(number for number, layer in enumerate(layers) if layer in key) for key in order]
    assert found == sorted(found)
    assert undeleted(pruner) == ([], [])


def test_what_was_deleted_twice_comes_back(pruner, memory):
    key = at(1).key()
    memory.delete(key)
    memory.delete(key)
    assert [one.key for one in undeleted(pruner).back] == [key]
    assert key in memory.keys("s/")


def test_cut_off_anywhere_the_same_call_does_the_rest(pruner, memory):
    delete_all(memory)
    number = len(planned(pruner).back)
    for left in range(0, number, 5):
        memory.left = left
        with pytest.raises(KeyboardInterrupt):
            undeleted(pruner)
        memory.left = None
        assert len(planned(pruner).back) == number - left
        if memory.keys(at(1).key()):
            assert len(memory.keys(f"{REPOSITORY}data/")) == len(DAYS)
        for one in undeleted(pruner).back:
            memory.delete(one.key)
        delete_all(memory)


def test_what_pruning_has_hidden_stays_hidden(pruner, memory):
    pruned(memory, 40)
    hidden = {one.key for one in memory.known if one.latest and one.marker}
    told = undeleted(pruner)
    assert told.back == [] and len(told.pruned) == 3
    before = memory.keys("s/")
    memory.at += datetime.timedelta(hours=1)
    delete_all(memory)
    assert undeleted(pruner).pruned == told.pruned
    assert memory.keys("s/") == before and not hidden & set(before)
    # Whoever asks for it has the contents, too.
    assert [one.key for one in undeleted(pruner, everything=True).back] == [one.key for one in told.pruned]


def test_what_is_to_stay_and_was_hidden_by_a_run_is_brought_back_only_on_demand(pruner, memory):
    """As after the times were raised."""
    pruned(memory, 20)
    assert undeleted(pruner).back == []
    assert {at(20).key(), at(20).verified(1)} < {one.key for one in undeleted(pruner, everything=True).back}


def test_a_run_that_hides_what_no_run_hides_was_none(pruner, memory):
    """Whoever has the keys of a host can write a mark of pruning, too."""
    before = memory.keys("s/")
    memory.put(keys.pruning("s", "L1"), json.dumps({"begun": memory.at.isoformat()}).encode())
    delete_all(memory)
    told = undeleted(pruner)
    assert told.pruned == []
    assert set(before) - set(memory.keys("s/")) == {at(40).key(), at(40).verified(1)}


def test_what_was_deleted_while_nothing_was_pruned_comes_back(pruner, memory):
    pruned(memory, 40)
    memory.at += datetime.timedelta(hours=1)
    pack = store(memory, "data", b"data of 1 days ago")
    memory.delete(pack)
    assert [one.key for one in undeleted(pruner).back] == [pack]
    # Then a run is killed, so that its mark stays: what is hidden from then on may be its work.
    memory.put(keys.pruning("s", "L1"), json.dumps({"begun": memory.at.isoformat()}).encode())
    memory.delete(pack)
    assert pack in {one.key for one in planned(pruner).pruned}
    assert planned(pruner).back == []


def test_what_was_hidden_for_long_is_not_looked_for(pruner, memory):
    memory.delete(at(1).key())
    assert planned(pruner, moment=memory.at + datetime.timedelta(days=14)).back
    assert not planned(pruner, moment=memory.at + datetime.timedelta(days=14, seconds=1)).back


def test_what_said_what_was_so_at_some_time_stays_hidden(pruner, memory):
    for key in (
        f"{REPOSITORY}locks/1", "s/probe/1", keys.unconfirmed("s", "L1", 1), keys.unconfirmed("s", "L1", 1, "k3s"),
        at(1).damaged(), keys.pruning("s", "L1"), Place("s", "k3s", "L1", 1, "20260101T000000Z").verified(1),
    ):  # fmt: skip
        memory.put(key, b"{}")
        memory.delete(key)
    assert planned(pruner) == ([], [])
    assert planned(pruner, everything=True) == ([], [])


def test_a_key_of_a_former_password_stays_hidden(pruner, memory):
    (own,) = memory.keys(f"{REPOSITORY}keys/")
    former = store(memory, "keys", b"a former password")
    memory.delete(former)
    assert planned(pruner) == ([], [])
    delete_all(memory)
    assert own in {one.key for one in undeleted(pruner).back}
    assert memory.keys(f"{REPOSITORY}keys/") == [own]
    # Nor does one of the same password where another one is there.
    other = store(memory, "keys", f"{PASSWORD} once more".encode())
    memory.delete(other)
    assert planned(pruner) == ([], [])
    memory.delete(own)
    assert {one.key for one in planned(pruner).back} == {own, other}


def test_a_manifest_that_cannot_be_read_keeps_nothing_away(pruner, memory):
    memory.put(at(1).key(), b"overwritten by somebody")
    delete_all(memory)
    assert at(1).set in undeleted(pruner).sets


def test_a_set_of_a_lineage_that_is_gone_comes_back(pruner, memory):
    """The last verified ones of any lineage stay however old they are."""
    place = Place("s", "k3s", "L0", 1, ago(100).strftime("%Y%m%dT%H%M%SZ"))
    content = {**place._asdict(), "host": "h", "made": "", "snapshot": "x", "bytes": 1, "files": {}, "facts": {}}
    memory.put(place.key(), manifest.seal({**content, "suspect": []}, PASSWORD))
    memory.put(place.verified(1), b"{}")
    memory.put("s/restic/L0/data/1", b"")
    gone = {place.key(), place.verified(1), "s/restic/L0/data/1"}
    for key in gone:
        memory.delete(key)
    assert {one.key for one in undeleted(pruner).back} == gone


def minute(number):
    return (NOW + number * MINUTE).isoformat()


@pytest.mark.parametrize(
    ("told", "runs"),
    [
        ([], []),
        ([{}], []),
        ([{}, {"begun": minute(1)}, {"begun": minute(1), "ended": minute(2)}], [(1, 2)]),
        ([{"begun": minute(5), "ended": minute(6)}, {"begun": minute(1), "ended": minute(1)}], [(1, 1), (5, 6)]),
        # killed, and begun again
        ([{"begun": minute(1)}, {"begun": minute(3)}, {"begun": minute(3), "ended": minute(4)}], [(1, 4), (3, 4)]),
        ([{"begun": minute(1)}], [(1, None)]),
    ],
)
def test_the_runs_of_pruning_are_what_their_marks_say(told, runs):
    expected = [(NOW + one * MINUTE, undelete.NEVER if end is None else NOW + end * MINUTE) for one, end in runs]
    assert undelete.prunings(told) == expected


@pytest.mark.parametrize("content", [b"", b"[]", b'{"begun": 7}', b'{"begun": "yesterday"}', b'{"ended": null}'])
def test_a_mark_that_says_nothing_is_none(pruner, memory, content):
    pruned(memory, 40)
    memory.put(keys.pruning("s", "L1"), content)
    memory.delete(keys.pruning("s", "L1"))
    assert len(planned(pruner).pruned) == 3 and planned(pruner).back == []


def test_markers_whose_order_is_not_known_go_all_the_same(pruner, memory):
    """As of a version that is told to be as old as the marker that hides it."""
    key = at(1).key()
    for _again in range(3):
        memory.delete(key)
    memory.known = [
        one._replace(modified=ago(0.4)) if one.key == key and not one.marker else one for one in memory.known
    ]
    assert [one.key for one in undeleted(pruner).back] == [key]
    assert key in memory.keys("s/")
    assert planned(pruner) == ([], [])
