"""Files are written whole or not at all, and secrets are not shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import files


def wanted(path: Path, content: str | None, mode: int = 0o600, secret: bool = False) -> files.File:
    return files.File(str(path), content, mode, secret)


def test_a_file_that_is_as_it_should_be_differs_in_nothing(tmp_path: Path) -> None:
    file = wanted(tmp_path / "a", "text")
    files.write(file)
    assert files.difference(file) is None
    assert (tmp_path / "a").read_text() == "text"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize(
    ("before", "after"),
    [(None, "new"), ("old", "new"), ("old", None)],
)
def test_a_change_is_shown_before_it_is_made(tmp_path: Path, before: str | None, after: str | None) -> None:
    if before is not None:
        files.write(wanted(tmp_path / "a", before))
    difference = files.difference(wanted(tmp_path / "a", after))
    assert difference is not None
    assert (difference["before"], difference["after"]) == (before or "", after or "")


def test_wrong_permissions_are_a_change(tmp_path: Path) -> None:
    files.write(wanted(tmp_path / "a", "text", mode=0o644))
    difference = files.difference(wanted(tmp_path / "a", "text"))
    assert difference is not None
    assert difference["before_header"].endswith("(mode 0644)")
    files.write(wanted(tmp_path / "a", "text"))
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600


def test_a_secret_is_not_in_the_difference(tmp_path: Path) -> None:
    files.write(wanted(tmp_path / "a", "canary-old", secret=True))
    assert "canary" not in str(files.difference(wanted(tmp_path / "a", "canary-new", secret=True)))


def test_a_file_without_text_goes_and_stays_gone(tmp_path: Path) -> None:
    files.write(wanted(tmp_path / "a", "text"))
    files.write(wanted(tmp_path / "a", None))
    assert files.difference(wanted(tmp_path / "a", None)) is None


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files.write(wanted(tmp_path / "a", "old"))

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        files.write(wanted(tmp_path / "a", "new"))
    assert (tmp_path / "a").read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]
