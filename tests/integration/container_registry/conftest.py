"""A host whose registry is the role's, and another registry that is its upstream: Debian's own programs, both."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible.utils.collection_loader import _collection_finder

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [
    *(str(ROOT), str(Path(__file__).parent)),
    *(str(ROOT / "tests" / name) for name in ("standing", "integration/release")),
]
_collection_finder._AnsibleCollectionFinder(paths=[str(ROOT / ".ansible/collections")])._install()

import serving  # noqa: E402
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._site import authority  # noqa: E402
from registry import Registry  # noqa: E402
from serving import Host  # noqa: E402

from lab import debian, settings  # noqa: E402


@pytest.fixture(scope="session")
def tree() -> Path:
    return debian.tree(settings.from_environment().cache, "trixie", serving.PACKAGES)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers of earlier tests are nothing to remember."""
    monkeypatch.setenv("METALSTACK_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def upstream(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    running = Registry(tree, tmp_path_factory.mktemp("upstream") / "registry")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def site() -> str:
    """The authority of a site."""
    return authority.generate("example")


@pytest.fixture(scope="module")
def host(tree: Path, site: str, upstream: Registry) -> Iterator[Host]:
    with serving.host(tree, site, [{"name": upstream.address, "url": f"http://{upstream.address}"}]) as found:
        yield found
