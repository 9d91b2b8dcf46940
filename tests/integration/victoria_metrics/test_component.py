"""The component of the backups on a real store: what was backed up is read by a second one, and put back."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import store
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError, Missing
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.gate import Record
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.victoria_metrics import VictoriaMetrics

RECORD = Record("L1", 1)
SETTINGS = {"name": "metrics", "kind": "victoria_metrics"}
pytestmark = pytest.mark.usefixtures("programs")
Collect = Callable[[], tuple[Path, dict[str, Any]]]


@pytest.fixture
def port() -> int:
    return store.free_port()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "store" / "data"


@pytest.fixture
def metrics(data: Path, port: int, tmp_path: Path) -> VictoriaMetrics:
    data.parent.mkdir()
    url = f"http://127.0.0.1:{port}"
    return VictoriaMetrics({**SETTINGS, "data": str(data), "url": url, "owner": store.owner()}, tmp_path / "state")


@pytest.fixture
def collect(metrics: VictoriaMetrics, tmp_path: Path) -> Collect:
    """Return what makes a backup, and has its contents below a directory as restic does."""

    def made() -> tuple[Path, dict[str, Any]]:
        stage = tmp_path / "stage"
        shutil.rmtree(stage, ignore_errors=True)
        stage.mkdir()
        paths, facts = metrics.collect(stage, RECORD, "20261127T060000Z")
        for path in map(Path, paths):
            shutil.copytree(path, stage / path.relative_to("/"))
        return stage, facts

    return made


def test_a_backup_of_a_store_that_takes_samples_is_read_by_another(
    metrics: VictoriaMetrics, collect: Collect, data: Path, port: int
) -> None:
    with store.running(data, port) as url:
        store.write(url, range(200))
        stage, facts = collect()
        assert facts["counts"] == {"series": 200}
        assert metrics.check(stage, facts, 2) == {"series": 200}
        # The second backup goes on from the copy of the first.
        store.write(url, range(200, 300))
        stage, facts = collect()
        assert metrics.check(stage, facts, 3) == {"series": 300}


def test_a_restore_brings_back_what_was_backed_up_and_keeps_what_it_replaces(
    metrics: VictoriaMetrics, collect: Collect, data: Path, port: int
) -> None:
    with store.running(data, port) as url:
        store.write(url, range(50))
        stage, facts = collect()
    shutil.rmtree(data)
    with store.running(data, port) as url:
        store.write(url, range(7))
        with pytest.raises(Missing, match="has 7 series, the set held 50"):
            metrics.confirm(stage, facts, RECORD)
    for _again in range(2):  # as after an interruption
        metrics.restore(stage, facts, RECORD)
    with store.running(data.with_name("data.replaced"), store.free_port()) as url:
        assert store.answers(url)
    with store.running(data, port):
        assert metrics.confirm(stage, facts, RECORD) == {"series": 50}
    metrics.settle()
    assert not data.with_name("data.replaced").exists()


def test_a_store_that_does_not_answer_is_a_failure(metrics: VictoriaMetrics, collect: Collect, data: Path) -> None:
    assert not metrics.holds() and "no data" in metrics.idle()
    (data / "data").mkdir(parents=True)
    assert metrics.holds() and metrics.idle() == ""
    with pytest.raises(BackupError, match="does not tell how many series"):
        collect()


def test_a_backup_that_lacks_something_is_found(
    metrics: VictoriaMetrics, collect: Collect, data: Path, port: int
) -> None:
    with store.running(data, port) as url:
        store.write(url, range(50))
        stage, facts = collect()
    with pytest.raises(BackupError, match="50 series came back, the manifest counts 51"):
        metrics.check(stage, {**facts, "counts": {"series": 51}}, 2)
    whole = next(path for path in stage.rglob("backup_complete.ignore"))
    whole.unlink()
    with pytest.raises(BackupError, match="vmrestore"):
        metrics.check(stage, facts, 2)
    assert not [path for path in stage.parent.iterdir() if path.name.startswith("tmp")]


def test_a_mount_point_is_refused_before_anything_is_touched(tmp_path: Path) -> None:
    proc = VictoriaMetrics({**SETTINGS, "data": "/proc", "owner": store.owner()}, tmp_path)
    with pytest.raises(BackupError, match="/proc is a mount point"):
        proc.fits({}, RECORD)
