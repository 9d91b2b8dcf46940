"""restic's lock: waited for, taken away from the dead, and no hindrance to a restore."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import restic, settings
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError, Damaged

LOCKED = "unable to create lock in backend: repository is already locked exclusively by PID 7 on h by root (UID 0)"


class Program:
    """restic, that answers to each call by the words in it."""

    def __init__(self, locked_for=0, printed=""):
        self.calls, self.now, self.locked_for, self.printed = [], 0.0, locked_for, printed

    def run(self, command, **_more):
        words = [word for word in command[2:] if not word.startswith("--option") and "lookup" not in word]
        self.calls.append(words)
        locked = self.now < self.locked_for and words[0] != "unlock" and "--no-lock" not in words
        return type("Done", (), {"returncode": int(locked), "stdout": self.printed, "stderr": LOCKED if locked else ""})

    def sleep(self, seconds):
        self.now += seconds


@pytest.fixture
def make(monkeypatch):
    def made(**program):
        one = Program(**program)
        monkeypatch.setattr(restic.subprocess, "run", one.run)
        monkeypatch.setattr(restic.time, "sleep", one.sleep)
        monkeypatch.setattr(restic.time, "monotonic", lambda: one.now)
        storage = settings.Storage("https://s3", "r", "bucket", True, "", "access", "secret")
        found = settings.Settings("s", "h", storage, None, Path("/p"), (), (), 3600, 1, Path("/s"), Path("/m"))
        return one, restic.Restic(found, "L1")

    return made


def test_a_lock_is_waited_for_and_taken_away_from_the_dead(make):
    program, one = make(locked_for=60)
    one.prune()
    assert [call[0] for call in program.calls[:3]] == ["prune", "unlock", "prune"]
    assert program.now == 60
    # never all locks: those of the living stay
    assert {tuple(call[1:]) for call in program.calls if call[0] == "unlock"} == {()}


def test_who_holds_it_for_long_is_not_waited_for(make):
    program, one = make(locked_for=10**6)
    with pytest.raises(restic.Locked):
        one.forget(["a", "b"])
    assert restic.LOCK_SECONDS <= program.now < 2 * restic.LOCK_SECONDS


def test_a_restore_goes_on_without(make):
    program, one = make(locked_for=10**6)
    one.restore("a", Path("/t"))
    assert program.calls[-1] == ["restore", "--no-cache", "a", "--target=/t", "--no-lock"]
    assert program.now < 2 * restic.HURRIED_SECONDS


@pytest.mark.parametrize("printed", ["null", "[]"])
def test_there_may_be_no_snapshots(make, printed):
    assert make(printed=printed)[1].snapshots() == {}


def test_snapshots_are_listed_without_a_lock(make):
    listed = [{"id": "a" * 64, "short_id": "a" * 8, "time": "2026-11-27T13:00:00.123456789+01:00", "tree": "b"}]
    program, one = make(printed=json.dumps(listed))
    expected = datetime.datetime(2026, 11, 27, 12, 0, 0, 123456, tzinfo=datetime.UTC)
    assert one.snapshots() == {"a" * 64: expected}
    assert program.calls == [["snapshots", "--no-lock"]]


def test_what_is_missing_where_somebody_else_prunes_is_no_damage(make, monkeypatch):
    _program, one = make()

    def run(*words, **_more):
        if "--no-lock" not in words:
            raise restic.Locked("somebody else works in the repository")
        raise Damaged("pack 1 does not exist")

    monkeypatch.setattr(one, "_run", run)
    with pytest.raises(BackupError, match="pack 1") as raised:
        one.restore("a", Path("/t"))
    assert not isinstance(raised.value, Damaged)
