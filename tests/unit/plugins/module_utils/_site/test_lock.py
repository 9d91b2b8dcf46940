"""Who may have a lock."""

from __future__ import annotations

import datetime
import json
import threading
import typing as t
from pathlib import Path

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._site import lock, lock_file

HERE = {"machine": "m1 controller pid:[1]", "pid": 10, "start": "boot1 500", "controller": "controller"}
THERE = {**HERE, "machine": "m2 elsewhere pid:[1]", "controller": "elsewhere"}
SINCE, NOW = "2026-03-01T10:00:00+00:00", datetime.datetime(2026, 3, 1, 12, 5, 0, tzinfo=datetime.UTC)
STAT = "10 (a (strange) name) {state} 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 500 20"


@pytest.mark.parametrize(
    ("holder", "start", "dead"),
    [
        (HERE, "boot1 500", False),
        (HERE, "", True),
        (HERE, "boot1 900", True),
        (HERE, "boot2 500", True),
        ({**HERE, "start": ""}, "", True),
        ({**HERE, "start": "unknown"}, "unknown", False),
        (THERE, "", False),
        ({}, "", False),
        ({"machine": ""}, "", False),
    ],
    ids=[
        "alive",
        "gone",
        "number used again",
        "machine restarted",
        "gone before",
        "not known",
        "elsewhere",
        "unreadable",
        "unknown machine",
    ],
)
def test_only_a_dead_owner_of_this_machine_counts_as_dead(holder: dict[str, t.Any], start: str, dead: bool) -> None:
    assert lock.is_dead(holder, {**HERE, "pid": 99}, start) is dead


@pytest.mark.parametrize(
    ("stat", "start"),
    [
        (STAT.format(state="S"), "boot1 500"),
        (STAT.format(state="Z"), ""),
        ("", ""),
        ("nonsense", ""),
    ],
)
def test_the_start_of_a_process_is_read(stat: str, start: str) -> None:
    assert lock.start_of(stat, "boot1") == start


def test_a_refusal_names_the_owner_and_the_way_out() -> None:
    owner = {**THERE, "user": "eve", "playbook": "bootstrap.yml", "since": SINCE}
    text = lock.refusal("server1", owner, NOW)
    for part in (
        "server1",
        "eve",
        "elsewhere",
        "bootstrap.yml",
        f"since {SINCE}, 2 h 5 min)",
        "10",
        "site_lock_takeover",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("since", "age"),
    [
        (SINCE, "2 h 5 min"),
        ("2026-03-01T12:04:31+00:00", "less than a minute"),
        ("2026-03-01T13:00:00+01:00", "5 min"),
        ("2026-02-27T12:00:00+00:00", "2 d 5 min"),
        # Another controller's clock is ahead.
        ("2026-03-02T12:00:00+00:00", "less than a minute"),
        ("2026-03-01T10:00:00", ""),
        ("", ""),
        ("today", ""),
    ],
)
def test_the_age_of_a_lock_is_told(since: str, age: str) -> None:
    assert lock.age(since, NOW) == age


def test_a_lock_is_held_until_its_owner_lets_go(tmp_path: Path) -> None:
    path = str(tmp_path / "directory" / "lock")
    assert lock_file.read(path) is None
    assert lock_file.take(path, HERE, None) == HERE
    assert lock_file.take(path, THERE, None) == HERE
    lock_file.leave(path, THERE)
    assert lock_file.read(path) == HERE
    lock_file.leave(path, HERE)
    assert lock_file.read(path) is None
    lock_file.leave(path, HERE)


def test_a_lock_is_taken_over_only_from_the_owner_that_was_judged(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    lock_file.take(path, THERE, None)
    assert lock_file.take(path, HERE, {**THERE, "pid": 11}) == THERE
    assert lock_file.take(path, HERE, THERE) == HERE


@pytest.mark.parametrize("text", ["", "{", "[]", "\x00"])
def test_an_unreadable_lock_is_held_by_somebody_unknown(tmp_path: Path, text: str) -> None:
    path = tmp_path / "lock"
    path.write_text(text)
    assert lock_file.take(str(path), HERE, None) == {}
    assert lock_file.take(str(path), HERE, {}) == HERE
    assert json.loads(path.read_text()) == HERE


def test_of_many_that_ask_together_one_gets_it(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    owners = [{**HERE, "pid": number} for number in range(16)]
    answers: list[t.Any] = []

    def ask(owner: dict[str, t.Any]) -> None:
        answers.append(lock_file.take(path, owner, None))

    threads = [threading.Thread(target=ask, args=(owner,)) for owner in owners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({answer["pid"] for answer in answers}) == 1
