from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import yaml

from lab.k3s.standin import snapshots
from lab.k3s.standin.snapshots import Snapshot

DIRECTORY = Path("/var/lib/rancher/k3s/server/db/snapshots")
NAMES = ("on-demand-server1-1700000000", "on-demand-server1-1700000300", "nightly-server1-1700000100")


@pytest.fixture
def three() -> list[Snapshot]:
    return [Snapshot(DIRECTORY / name, 20480, int(name.rpartition("-")[2])) for name in NAMES]


@pytest.mark.parametrize(
    ("name", "moment"), [(NAMES[0], 1700000000), (f"{NAMES[0]}.zip", 1700000000), ("copied", 5), ("copied-by-hand", 5)]
)
def test_a_name_tells_when_it_was_taken(name: str, moment: int) -> None:
    assert snapshots.created(name, 5.5) == moment


@pytest.mark.parametrize(
    ("prefix", "retention", "gone"),
    [
        ("on-demand", 1, [NAMES[0]]),
        ("on-demand", 2, []),
        ("on-demand", 0, []),
        ("nightly", 1, []),
        ("", 1, [NAMES[2], NAMES[0]]),
    ],
)
def test_the_oldest_of_a_name_are_surplus(three: list[Snapshot], prefix: str, retention: int, gone: list[str]) -> None:
    assert [snapshot.name for snapshot in snapshots.surplus(three, prefix, retention)] == gone


def test_every_file_of_the_directory_is_found_the_oldest_first(tmp_path: Path) -> None:
    for name in (NAMES[1], "copied", NAMES[0]):
        (tmp_path / name).write_text("data")
    os.utime(tmp_path / "copied", (1700000100, 1700000100))
    assert [snapshot.name for snapshot in snapshots.found(tmp_path)] == [NAMES[0], "copied", NAMES[1]]


def test_the_columns_of_the_table_are_aligned() -> None:
    assert snapshots.table([Snapshot(Path("/a/longer-1"), 5, 1), Snapshot(Path("/a/b-20"), 12345, 20)]) == (
        "Name     Location           Size  Created\n"
        "longer-1 file:///a/longer-1 5     1970-01-01T00:00:01Z\n"
        "b-20     file:///a/b-20     12345 1970-01-01T00:00:20Z\n"
    )


@pytest.mark.parametrize(("form", "load"), [("json", json.loads), ("yaml", yaml.safe_load)])
def test_machines_get_a_list_of_objects(three: list[Snapshot], form: str, load: object) -> None:
    document = load(snapshots.listing(three[:1], "server1", form))  # type: ignore[operator]
    (item,) = document["items"]
    assert item["spec"] == {
        "snapshotName": NAMES[0], "nodeName": "server1", "location": f"file://{DIRECTORY}/{NAMES[0]}",
    }  # fmt: skip
    assert item["status"] == {"size": "20480", "creationTime": "2023-11-14T22:13:20Z", "readyToUse": True}
