"""An archive, a mirror of it, and a host: a minimal Debian whose apt is the real one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible.utils.collection_loader import _collection_finder

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
_collection_finder._AnsibleCollectionFinder(paths=[str(ROOT / ".ansible/collections")])._install()

from archive import Archive  # noqa: E402
from machine import Machine  # noqa: E402
from python_index import Index  # noqa: E402

from lab import debian, settings  # noqa: E402


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers of earlier tests are nothing to remember."""
    monkeypatch.setenv("METALSTACK_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def tree() -> Path:
    return debian.tree(settings.from_environment().cache, "trixie", ("python3-apt",))


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    running = Archive(tmp_path / "debian")
    yield running
    running.stop()


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    return tmp_path / "mirror"


@pytest.fixture
def machine(tree: Path, tmp_path: Path, archive: Archive) -> Machine:
    made = Machine(tree, tmp_path / "machine")
    made.write("etc/drill.gpg", archive.keyring.read_bytes())
    return made


@pytest.fixture
def index(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> Index:
    return Index(archive, monkeypatch)
