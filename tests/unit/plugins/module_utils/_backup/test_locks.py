"""Locks are extended before less than half of their time is left, and of nothing else than a restore needs."""

from __future__ import annotations

import datetime
import types

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import keys, locks, probe
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.keys import Place
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.settings import Storage
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.store import Forbidden, Retention, Written
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.versions import Version

NOW = datetime.datetime(2026, 11, 29, 11, 30, 5, 123456, tzinfo=datetime.UTC)
PLACE = Place("s", "k3s", "L1", 1, "20261129T100000Z")
NEEDED = [
    "s/restic/L1/config", "s/restic/L1/keys/aa", "s/restic/L1/data/bb/bbbb", "s/restic/L1/index/cc",
    "s/restic/L1/snapshots/dd", PLACE.key(), PLACE.verified(2), PLACE.promoted(), keys.marker("s", "L1", 1),
]  # fmt: skip
OTHERS = ["s/restic/L1/locks/ee", "s/pruning/L1.json", "s/probe/ff", keys.unconfirmed("s", "L1", 1), "s/restic/L1/tmp"]


def days(number):
    return NOW + datetime.timedelta(days=number)


class Bucket:
    """What it has is locked for so many days from now; None is not locked."""

    def __init__(self, left, rule=("COMPLIANCE", 14)):
        self.rule, self.locked = rule, {}
        self.known = [Version(key, f"v-{key}", NOW, True) for key in left]
        for key, number in left.items():
            if number is not None:
                self.locked[f"v-{key}"] = Retention("COMPLIANCE", days(number))

    def versions(self, prefix):
        return [one for one in self.known if one.key.startswith(prefix)]

    def lock_rule(self):
        return self.rule

    def retention(self, key, version):
        assert version == f"v-{key}"
        return self.locked.get(version)

    def retain(self, _key, version, retention):
        known = self.locked.get(version)
        assert known is None or (known.mode == retention.mode and known.until <= retention.until)
        self.locked[version] = retention


def site(bucket, asked=14):
    storage = Storage("https://s3", "r", "b", True, "", "a", "s", asked)
    return types.SimpleNamespace(settings=types.SimpleNamespace(site="s", storage=storage), store=bucket)


def test_of_all_that_lies_there_a_restore_needs_this_and_nothing_else():
    every = [Version(key, "1", NOW, True) for key in (*NEEDED, *OTHERS)]
    hidden = Version("s/restic/L1/data/aa/aaaa", "1", NOW, False), Version("s/restic/L1/index/x", "2", NOW, True, True)
    assert [one.key for one in locks.needed([*every, *hidden], ())] == NEEDED
    assert [one.key for one in locks.needed(every, NEEDED[2:])] == NEEDED[:2]


@pytest.mark.parametrize(
    ("left", "due"),
    [(None, True), (-1, True), (7, True), (7.99, True), (8.01, False), (14, False), (100, False)],
    ids=["none", "over", "half", "tomorrow half", "more", "new", "longer than asked"],
)
def test_a_lock_is_extended_while_more_than_half_is_left_until_the_next_day(left, due):
    bucket = Bucket({NEEDED[0]: left})
    planned = locks.plan(site(bucket), NOW)
    assert (planned.objects, len(planned.due), planned.lacking) == (1, int(due), "")
    before = dict(bucket.locked)
    locks.run(site(bucket), planned)
    if due:
        # Never for longer than what was asked for, from now on.
        assert bucket.locked == {f"v-{NEEDED[0]}": Retention("COMPLIANCE", days(14).replace(microsecond=0))}
    else:
        assert bucket.locked == before
    assert locks.plan(site(bucket), NOW).due == []
    # A run a day, and half of the time is always left.
    for day in range(1, 30):
        planned = locks.plan(site(bucket), days(day))
        assert left == 100 or not planned.due or bucket.locked[f"v-{NEEDED[0]}"].until >= days(day + 7)
        locks.run(site(bucket), planned)


def test_a_run_that_was_killed_is_finished_by_the_next():
    bucket = Bucket(dict.fromkeys(NEEDED, 1))

    def dying(_key, version, retention):
        if version == f"v-{NEEDED[4]}":
            raise KeyboardInterrupt
        bucket.locked[version] = retention

    planned = locks.plan(site(bucket), NOW)
    bucket.retain, whole = dying, bucket.retain
    with pytest.raises(KeyboardInterrupt):
        locks.run(site(bucket), planned)
    bucket.retain = whole
    rest = locks.plan(site(bucket), NOW)
    assert NEEDED[4] in [due.one.key for due in rest.due]
    locks.run(site(bucket), rest)
    assert {one.until for one in bucket.locked.values()} == {rest.until}


@pytest.mark.parametrize("mode", ["GOVERNANCE", "COMPLIANCE"])
def test_a_lock_keeps_its_mode_and_one_that_is_new_has_that_of_the_bucket(mode):
    bucket = Bucket({NEEDED[0]: 3, NEEDED[1]: None}, rule=("GOVERNANCE", 14))
    bucket.locked[f"v-{NEEDED[0]}"] = Retention(mode, days(3))
    locks.run(site(bucket), locks.plan(site(bucket), NOW))
    assert [bucket.locked[f"v-{key}"].mode for key in NEEDED[:2]] == [mode, "GOVERNANCE"]


def test_a_bucket_that_locks_no_more_what_is_written_is_told():
    assert "13 days), expected 14 days" in locks.plan(site(Bucket({}, ("COMPLIANCE", 13))), NOW).lacking


FRESH = Retention("COMPLIANCE", days(14))


class Pruner:
    """An account of a bucket that locks."""

    def __init__(self, may_extend, lock=FRESH, rule=("COMPLIANCE", 14)):
        self.may_extend, self.lock, self.rule, self.asked = may_extend, lock, rule, []

    def lock_rule(self):
        return self.rule

    def put(self, _key, _content):
        return Written("v1", None)

    def retention(self, _key, _version):
        return self.lock

    def retain(self, _key, version, retention):
        self.asked.append((version, retention))
        if not self.may_extend:
            raise Forbidden("cannot lock s/probe/x: AccessDenied -> check the keys and the bucket's policy")

    def delete(self, *_):
        """Hide it."""

    def versions(self, _prefix):
        return []


def test_the_probe_finds_a_pruner_that_extends_no_lock():
    pruner = Pruner(may_extend=True)
    assert probe._pruning(pruner, "s", 14) == []
    assert pruner.asked == [("v1", FRESH._replace(until=FRESH.until + datetime.timedelta(seconds=1)))]
    (complaint,) = probe._pruning(Pruner(may_extend=False), "s", 14)
    assert "cannot lock" in complaint
    assert probe._pruning(Pruner(may_extend=False), "s", 0) == []
    # Some storages lock by the rule of the bucket, and tell of an object's own lock alone.
    (complaint,) = probe._pruning(Pruner(may_extend=False, lock=None), "s", 14)
    assert "cannot lock" in complaint
    # That there is no such rule is a complaint of its own.
    assert probe._pruning(Pruner(may_extend=False, lock=None, rule=("COMPLIANCE", 0)), "s", 14) == []
