"""A database of the past goes aside whole, so that the server has no zones any more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.modules import pdns_database

Answer = Callable[..., dict[str, Any]]
NAMES = ("pdns.sqlite3", "pdns.sqlite3-wal", "pdns.sqlite3-shm")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Return a database with the log of a server that lost its power."""
    for name in NAMES:
        (tmp_path / name).write_text(name)
    (tmp_path / "pdns.sqlite3.replaced").write_text("of a restore")
    return tmp_path / NAMES[0]


def leave(answer: Answer, path: Path, **more: Any) -> dict[str, Any]:
    return answer(pdns_database, path=str(path), state="left", **more)


def test_it_goes_with_its_log_and_nothing_else(answer: Answer, database: Path) -> None:
    result = leave(answer, database)
    assert result["changed"]
    kept = Path(result["kept"])
    assert kept.parent == database.parent and kept.stat().st_mode & 0o777 == 0o700
    assert {file.name: file.read_text() for file in kept.iterdir()} == {name: name for name in NAMES}
    assert sorted(file.name for file in database.parent.iterdir()) == sorted([kept.name, "pdns.sqlite3.replaced"])
    again = leave(answer, database)
    assert not again["changed"] and again["kept"] == ""


def test_check_mode_tells_and_moves_nothing(answer: Answer, database: Path) -> None:
    result = leave(answer, database, _ansible_check_mode=True)
    assert result["changed"] and result["kept"] == "" and str(database) in result["diff"]["before"]
    assert all((database.parent / name).exists() for name in NAMES)


def test_what_was_cut_off_goes_on_to_the_same_place(answer: Answer, database: Path) -> None:
    before = database.parent / "left-20260101T000000Z"
    before.mkdir()
    database.rename(before / database.name)
    assert leave(answer, database)["kept"] == str(before)
    assert sorted(file.name for file in before.iterdir()) == sorted(NAMES)
