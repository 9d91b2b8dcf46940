"""A registry, a publisher and a stage of each test's own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible.utils.collection_loader import _collection_finder

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
_collection_finder._AnsibleCollectionFinder(paths=[str(ROOT / ".ansible/collections")])._install()

from ansible_collections.metalstack.autonomous.tests.unit.plugins.modules import conftest as modules  # noqa: E402
from published import Key, Publisher  # noqa: E402
from registry import LOGIN, PACKAGE, SUITE, Registry  # noqa: E402
from stages import CACHE, Answer, Stage  # noqa: E402

from lab import debian  # noqa: E402

answer = modules.answer


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers of earlier tests are nothing to remember."""
    monkeypatch.setenv("METALSTACK_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def server() -> Path:
    """The release of Debian that has the registry."""
    return debian.tree(CACHE, SUITE, (PACKAGE,))


@pytest.fixture
def registry(server: Path, tmp_path: Path) -> Iterator[Registry]:
    running = Registry(server, tmp_path / "registry")
    yield running
    running.stop()


@pytest.fixture
def closed_registry(server: Path, tmp_path: Path) -> Iterator[Registry]:
    """One that wants a login."""
    running = Registry(server, tmp_path / "closed", LOGIN)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def key() -> Key:
    return Key()


@pytest.fixture
def publisher(registry: Registry, key: Key) -> Publisher:
    return Publisher(registry, key)


@pytest.fixture
def stage(answer: Answer, tmp_path: Path, registry: Registry, key: Key) -> Stage:
    return Stage(answer, tmp_path / "stages", "initial", registry.address, key.public)
