"""The runner's way to put suites side by side."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "run"))
import pool
from counts import Counts
from suites import LAB, SIDE_BY_SIDE, Suite

SECONDS = 20


def played(monkeypatch: pytest.MonkeyPatch, suites: list[Suite], act: Callable[[Suite], object]) -> list[str]:
    """The names of the suites as they end, where each is C(act)."""

    def run(suite: Suite) -> pool.Result:
        act(suite)
        return pool.Result(suite, Counts(1), 0.0, 0.0, "")

    monkeypatch.setattr(pool, "run", run)
    monkeypatch.setattr(pool, "AT_ONCE", 3)
    return [result.suite.name for result in pool.run_all(suites)]


def made(stage: int, *names: str) -> list[Suite]:
    return [Suite(name, "true", (), stage=stage) for name in names]


def test_suites_of_the_lab_run_one_by_one_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = threading.Lock()

    def act(suite: Suite) -> None:
        if suite.stage == LAB:
            assert alone.acquire(blocking=False)
            others.wait(SECONDS)
            alone.release()
        elif suite.name == "e":
            others.set()

    others = threading.Event()
    ended = played(monkeypatch, [*made(SIDE_BY_SIDE, *"cde"), *made(LAB, *"ab")], act)
    assert sorted(ended) == [*"abcde"] and [name for name in ended if name in "ab"] == ["a", "b"]


def test_others_take_the_place_of_the_lab_once_it_is_through(monkeypatch: pytest.MonkeyPatch) -> None:
    together = threading.Barrier(3, timeout=SECONDS)

    def act(suite: Suite) -> None:
        if suite.stage == SIDE_BY_SIDE:
            together.wait()

    assert sorted(played(monkeypatch, [*made(SIDE_BY_SIDE, *"bcd"), *made(LAB, "a")], act)) == [*"abcd"]


def test_one_that_can_not_be_started_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def act(suite: Suite) -> None:
        raise FileNotFoundError(suite.name)

    with pytest.raises(FileNotFoundError):
        played(monkeypatch, made(LAB, "a", "b"), act)
