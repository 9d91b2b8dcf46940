"""Archives of images on their way to a host."""

from __future__ import annotations

import hashlib
from pathlib import Path

import local
import pytest

CONTENT = b"an archive"
TASK = {"metalstack.autonomous.k3s_images": {"directory": "{{ directory }}/images", "images": "{{ images }}"}}


@pytest.fixture
def archive(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "images-1.tar").write_bytes(CONTENT)
    return {
        "src": str(tmp_path / "images-1.tar"),
        "sha256": hashlib.sha256(CONTENT).hexdigest(),
        "name": "images.tar",
    }


def brought(directory: Path) -> list[str]:
    return sorted(str(path.relative_to(directory)) for path in directory.glob("images/*"))


def test_an_archive_is_predicted_brought_and_left_alone(tmp_path: Path, archive: dict[str, str]) -> None:
    variables = {"images": [archive]}
    assert local.run(tmp_path, TASK, variables, "--check")["changed"]
    assert brought(tmp_path) == []
    assert local.run(tmp_path, TASK, variables)["paths"] == [f"{tmp_path}/images/images.tar"]
    assert (tmp_path / "images/images.tar").read_bytes() == CONTENT
    assert not local.run(tmp_path, TASK, variables)["changed"]


def test_a_tampered_archive_is_refused_before_any_is_brought(tmp_path: Path, archive: dict[str, str]) -> None:
    (tmp_path / "other.tar").write_bytes(CONTENT + b"!")
    tampered = {"src": str(tmp_path / "other.tar"), "sha256": archive["sha256"]}
    result = local.run(tmp_path, TASK, {"images": [archive, tampered]})
    assert result["failed"]
    assert "other.tar is not what was pinned" in result["msg"]
    assert brought(tmp_path) == []


def test_a_name_that_k3s_would_not_import_is_refused(tmp_path: Path, archive: dict[str, str]) -> None:
    result = local.run(tmp_path, TASK, {"images": [{**archive, "name": "the images of k3s"}]})
    assert "k3s would not import the images of k3s" in result["msg"]
    assert brought(tmp_path) == []


def test_archives_of_the_same_name_are_told_apart(tmp_path: Path, archive: dict[str, str]) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other/images-1.tar").write_bytes(b"another")
    other = {
        "src": str(tmp_path / "other/images-1.tar"),
        "sha256": hashlib.sha256(b"another").hexdigest(),
        "name": "other.tar",
    }
    assert local.run(tmp_path, TASK, {"images": [archive, other]})["changed"]
    assert (tmp_path / "images/other.tar").read_bytes() == b"another"


def test_a_damaged_archive_on_the_host_is_replaced(tmp_path: Path, archive: dict[str, str]) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images/images.tar").write_bytes(b"an archivf")
    assert local.run(tmp_path, TASK, {"images": [archive]})["changed"]
    assert (tmp_path / "images/images.tar").read_bytes() == CONTENT
