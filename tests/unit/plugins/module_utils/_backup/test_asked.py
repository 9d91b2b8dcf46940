"""Several are asked at once: whoever hangs or fails takes nothing from what the others say."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import asked


@pytest.fixture
def hanging() -> Iterator[threading.Event]:
    """Return what a call waits for that has no answer before the test is over."""
    event = threading.Event()
    yield event
    event.set()


def failing() -> str:
    raise RuntimeError("nobody foresaw it")


def test_who_hangs_or_fails_has_no_answer_and_the_others_have_theirs(hanging: threading.Event) -> None:
    calls = [lambda: "first", lambda: str(hanging.wait()), failing, lambda: "last"]
    assert asked.together(calls, 1.0) == ["first", None, None, "last"]


def test_the_end_of_the_program_waits_for_nobody(hanging: threading.Event) -> None:
    before = set(threading.enumerate())
    asked.together([lambda: str(hanging.wait())], 0.0)
    assert all(one.daemon for one in set(threading.enumerate()) - before)


def test_nobody_is_asked() -> None:
    assert asked.together([], 0.0) == []
