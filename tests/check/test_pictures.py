"""The page of the playbook status has a place for its pictures, and shows none that is not kept."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools")]

import pictures  # noqa: E402

LINK = re.compile(r"\]\((\.\./pictures/[^)]+)\)")


def test_pictures_that_the_page_shows_are_kept() -> None:
    shown = LINK.findall(pictures.PAGE.read_text())
    assert [link for link in shown if not (pictures.PAGE.parent / link).exists()] == []


def test_the_page_shows_each_picture_once_however_often_they_are_taken() -> None:
    text = pictures.with_pictures(pictures.PAGE.read_text())
    assert sorted(LINK.findall(text)) == sorted(f"../pictures/{name.removeprefix('live-')}" for name in pictures.SHOWN)
    assert pictures.with_pictures(text) == text
