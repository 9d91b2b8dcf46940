"""What a store asks the others for after it was killed, and until when it goes on to ask."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any

import pytest

FILE = Path(__file__).resolve().parents[3] / "roles/victoria_metrics/files/catch_up.py"
spec = importlib.util.spec_from_file_location("catch_up", FILE)
assert spec and spec.loader
catch_up = importlib.util.module_from_spec(spec)
spec.loader.exec_module(catch_up)

OTHERS = ("https://a", "https://b")
WINDOW = (400, 1060)
ASKED: dict[str, Any] = {"url": "http://own", "ca": "ca.crt", "password": "peer"}


def part(data: Path, name: str, moment: int) -> None:
    path = data / "data" / name
    path.mkdir(parents=True)
    os.utime(path, (moment, moment))


def test_the_moment_is_that_of_the_newest_part_on_the_disk(tmp_path: Path) -> None:
    part(tmp_path, "small/2026_11/1", 1000)
    part(tmp_path, "big/2026_10/2", 900)
    catch_up.note(tmp_path, tmp_path / "notes")
    assert catch_up.noted(tmp_path / "notes")[1] == [1000]


def test_a_store_that_has_nothing_lost_nothing(tmp_path: Path) -> None:
    catch_up.note(tmp_path, tmp_path / "notes")
    assert not (tmp_path / "notes").exists()


def test_moments_add_up_until_they_are_asked_for_and_each_start_is_told_apart(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    starts = []
    for moment in (1000, 1000, 3000):
        catch_up.keep(notes, [*catch_up.noted(notes)[1], moment])
        starts.append(catch_up.noted(notes)[0])
    assert catch_up.noted(notes)[1] == [1000, 3000]
    assert starts[0] != starts[1] != starts[2]
    catch_up.keep(notes, range(100))
    assert catch_up.noted(notes)[1] == [*range(84, 100)]
    catch_up.keep(notes, [])
    assert catch_up.noted(notes) == (None, [])


@pytest.mark.parametrize(
    ("moments", "expected"),
    [
        ([1000], [WINDOW]),
        ([1100, 1000], [(400, 1160)]),
        ([1000, 9000], [WINDOW, (8400, 9060)]),
    ],
    ids=["one", "overlapping", "apart"],
)
def test_what_is_asked_for_are_the_minutes_around_them(moments: list[int], expected: list[tuple[int, int]]) -> None:
    assert catch_up.windows(moments) == expected


def test_all_others_are_asked_and_who_does_not_answer_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked, away = [], {"https://b"}

    def bring(other: str, *_arguments: object) -> None:
        asked.append(other)
        if other in away:
            raise ConnectionRefusedError("away")

    monkeypatch.setattr(catch_up, "bring", bring)
    wanted, done = [(other, WINDOW) for other in OTHERS], {}
    assert not catch_up.caught_up(wanted, done, **ASKED)
    assert not catch_up.caught_up(wanted, done, **ASKED)
    # It is not said again and again.
    assert capsys.readouterr().out.count("away") == 1
    away.clear()
    assert catch_up.caught_up(wanted, done, **ASKED)
    assert asked == ["https://a", "https://b", "https://b", "https://b"]
