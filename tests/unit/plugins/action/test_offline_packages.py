"""What is sent to a host at a time, and in which order."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.action import offline_packages
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror.manifest import Entry


def entry(path: str, size: int, kind: str = "package") -> Entry:
    return Entry(path, size, "0" * 64, kind, "", "", "", "")


INRELEASE = entry("debian/dists/trixie/InRelease", 1, "index")
PACKAGES = entry("debian/dists/trixie/main/binary-amd64/Packages.xz", 1, "index")


def test_indices_come_after_what_they_list_and_what_is_signed_comes_last() -> None:
    (batch,) = offline_packages.batches([INRELEASE, PACKAGES, entry("debian/pool/a.deb", 1)])
    assert [one.path.rpartition("/")[2] for one in batch] == ["a.deb", "Packages.xz", "InRelease"]


@pytest.mark.parametrize(
    ("sizes", "found"),
    [([], []), ([5], [[5]]), ([5, 5, 5], [[5, 5], [5]]), ([20, 1], [[20], [1]]), ([9, 1, 10], [[9, 1], [10]])],
)
def test_an_interruption_loses_no_more_than_about_one_batch(sizes: list[int], found: list[list[int]]) -> None:
    entries = [entry(f"debian/pool/{number}.deb", size) for number, size in enumerate(sizes)]
    assert [[one.bytes for one in batch] for batch in offline_packages.batches(entries, most=10)] == found
