"""Files that are known by their checksums alone."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror import files

GOOD = {"name": "chart-1.2.tgz", "sha256": "ab" * 32, "url": "https://charts.example.org/chart-1.2.tgz"}


def test_a_file_of_a_server_and_one_of_this_machine_are_asked_for() -> None:
    assert files.faults([GOOD, {"name": "other", "sha256": "cd" * 32, "src": "/srv/other", "url": ""}]) == []


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"name": "../chart"}, "is no name of a file"),
        ({"name": ""}, "is no name of a file"),
        ({"sha256": "ab"}, "expected 64 hexadecimal digits"),
        ({"url": ""}, "neither of url and src"),
        ({"src": "/srv/chart"}, "both of url and src"),
    ],
    ids=["a way out", "no name", "no checksum", "no place", "two places"],
)
def test_what_is_wrong_with_a_file_is_said(more: dict[str, str], said: str) -> None:
    (found,) = files.faults([{**GOOD, **more}])
    assert said in found


def test_two_files_of_one_name_are_refused() -> None:
    assert files.faults([GOOD, GOOD]) == ["chart-1.2.tgz is there twice"]
