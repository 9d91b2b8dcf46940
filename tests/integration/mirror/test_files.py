"""Other files are fetched by their checksums, from a server on loopback and from this machine."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror import collect, store, tree
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror.errors import MirrorError
from archive import Archive

CONTENT = os.urandom(3_000_000)
CHART = "/charts/chart-1.2.tgz"


@pytest.fixture
def wanted(archive: Archive, tmp_path: Path) -> collect.Wanted:
    (archive.root / "charts").mkdir()
    (archive.root / CHART.lstrip("/")).write_bytes(CONTENT)
    own = tmp_path / "own.tar.gz"
    own.write_bytes(b"a collection")
    chart = {"name": "chart-1.2.tgz", "sha256": hashlib.sha256(CONTENT).hexdigest(), "url": f"{archive.url}{CHART}"}
    given = {"name": "own.tar.gz", "sha256": hashlib.sha256(b"a collection").hexdigest(), "src": str(own)}
    return collect.Wanted(("amd64",), files=(chart, given))


@pytest.fixture
def run(wanted: collect.Wanted, mirror: Path) -> Callable[..., store.Result]:
    return lambda **more: collect.run(wanted, mirror, lambda message: None, **more)


def test_files_come_once(run: Callable[..., store.Result], mirror: Path, archive: Archive, tmp_path: Path) -> None:
    told = run(dry=True)
    assert not mirror.exists() and archive.requests == []
    done = run()
    assert told == done and done.added == ["files/chart-1.2.tgz", "files/own.tar.gz"]
    assert tree.faults(mirror, tree.read(mirror)) == []
    assert (tmp_path / "own.tar.gz").exists()
    archive.requests.clear()
    assert not run().changed and archive.requests == []


def test_a_download_that_broke_off_goes_on(run: Callable[..., store.Result], mirror: Path, archive: Archive) -> None:
    archive.cuts[CHART] = 2_000_000
    run()
    assert (mirror / "files/chart-1.2.tgz").read_bytes() == CONTENT
    assert archive.resumed == [(CHART, 2_000_000)]


def test_another_content_is_refused_and_nothing_of_it_is_kept(
    run: Callable[..., store.Result], mirror: Path, archive: Archive
) -> None:
    file = archive.root / CHART.lstrip("/")
    file.write_bytes(CONTENT[:-1] + bytes([CONTENT[-1] ^ 1]))
    with pytest.raises(MirrorError, match=r"chart-1\.2\.tgz.* is not what was pinned"):
        run()
    assert not (mirror / "manifest.json").exists() and not list(mirror.rglob("chart*"))
    file.write_bytes(CONTENT)
    run()
    assert tree.faults(mirror, tree.read(mirror)) == []


def test_what_can_not_be_had_is_named(run: Callable[..., store.Result], archive: Archive, tmp_path: Path) -> None:
    (archive.root / CHART.lstrip("/")).unlink()
    with pytest.raises(MirrorError, match=r"chart-1\.2\.tgz can't be had: .*404"):
        run()
