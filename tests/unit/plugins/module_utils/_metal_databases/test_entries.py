from __future__ import annotations

import subprocess

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import entries
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases.errors import DatabaseError


def listed(directory):
    done = subprocess.run(entries.command(str(directory)), stdout=subprocess.PIPE, text=True, check=False)
    return done.returncode, done.stdout


@pytest.mark.parametrize("names", [[], ["base"], [".hidden", "a b", "line\nbreak", "lost+found"]])
def test_all_names_of_a_directory_are_told(tmp_path, names):
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / "below").touch()
    code, output = listed(tmp_path)
    assert code == 0 and entries.read(output) == sorted(names)


def test_a_directory_that_is_not_there_is_empty(tmp_path):
    code, output = listed(tmp_path / "postgres")
    assert code == 0 and entries.read(output) == []


def test_a_directory_whose_volume_cannot_be_searched_is_not_called_empty(tmp_path):
    code, output = listed(tmp_path / "volume" / "postgres")
    assert code != 0 and output == ""


def test_a_link_to_the_directory_is_followed(tmp_path):
    (tmp_path / "real" / "base").mkdir(parents=True)
    (tmp_path / "data").symlink_to(tmp_path / "real")
    code, output = listed(tmp_path / "data")
    assert code == 0 and entries.read(output) == ["base"]


@pytest.mark.parametrize("output", ["", "/data/a\0", "/data/a\0/data/b", "/data/a\0en", "end\n"])
def test_names_that_are_not_whole_are_an_error(output):
    with pytest.raises(DatabaseError, match="only in part"):
        entries.read(output)
