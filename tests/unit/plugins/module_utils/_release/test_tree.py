"""A checksum is of what a role has, and of nothing else."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._release import tree


@pytest.fixture(params=["roles", "__pycache__/roles", ".git/roles"])
def directory(request, tmp_path):
    """Wherever it lies."""
    path = tmp_path / request.param
    (path / "role").mkdir(parents=True)
    (path / "role/file").write_text("one")
    return path


@pytest.mark.parametrize("name", [".git/index", "role/.git", "__pycache__/a.pyc", "role/__pycache__/a.pyc"])
def test_what_git_and_python_keep_is_no_content(directory, name):
    before = tree.checksum(directory)
    (directory / name).parent.mkdir(exist_ok=True)
    (directory / name).write_text("changed")
    assert tree.checksum(directory) == before


@pytest.mark.parametrize("name", ["role/file", "role/.gitignore", "more"])
def test_another_content_is_another_checksum(directory, name):
    before = tree.checksum(directory)
    (directory / name).write_text("two")
    assert tree.checksum(directory) != before


def test_no_directory_has_no_checksum(tmp_path):
    assert tree.checksum(tmp_path / "none") == ""
