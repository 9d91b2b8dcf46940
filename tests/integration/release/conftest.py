"""A registry, a publisher and a stage of each test's own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.utils.collection_loader import _collection_finder

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
_collection_finder._AnsibleCollectionFinder(paths=[str(ROOT / ".ansible/collections")])._install()

from ansible_collections.metalstack.autonomous.plugins.modules import (  # noqa: E402
    metal_stack_release,
    metal_stack_release_info,
)
from ansible_collections.metalstack.autonomous.tests.unit.plugins.modules import conftest as modules  # noqa: E402
from published import Key, Publisher  # noqa: E402
from registry import LOGIN, PACKAGE, SUITE, Registry  # noqa: E402

from lab import debian, settings  # noqa: E402

answer = modules.answer
Answer = Callable[..., dict[str, Any]]
# Of what is built and fetched; the modules have one of each test's own.
CACHE = settings.from_environment().cache


class Stage:
    """Runs the modules for one stage."""

    def __init__(self, answer: Answer, path: Path, name: str, address: str, key: str) -> None:
        self.answer, self.path, self.name, self.address, self.key = answer, path, name, address, key

    @property
    def directory(self) -> Path:
        return self.path / self.name

    def vector(self, tag: str, **more: Any) -> dict[str, Any]:
        return {
            "url": f"oci://{self.address}/metal-stack/releases:{tag}",
            "variable_mapping_path": "metal_stack_release.mapping",
            "include_role_defaults": "metal-roles/common/roles/defaults",
            "oci_cosign_verify_key": self.key,
            **more,
        }

    def install(self, tag: str = "v0.22.18", **options: Any) -> dict[str, Any]:
        given = {"path": str(self.path), "stage": self.name, "vectors": [self.vector(tag)], **options}
        return self.answer(metal_stack_release, **given)

    def info(self, tag: str = "", **options: Any) -> dict[str, Any]:
        vectors = {"vectors": [self.vector(tag)]} if tag else {}
        given = {"path": str(self.path), "stage": self.name, **vectors, **options}
        return self.answer(metal_stack_release_info, **given)

    def tree(self) -> dict[str, str]:
        """Everything that the stage has on disk."""
        return {
            str(path.relative_to(self.path)): str(path.readlink()) if path.is_symlink() else path.read_text()
            for path in sorted(self.directory.rglob("*"))
            if path.is_symlink() or path.is_file()
        }


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
