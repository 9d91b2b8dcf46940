"""What the tests share: a release's programs on the path, and a component whose store is in a directory."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from ansible.utils.collection_loader import _collection_finder

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
_collection_finder._AnsibleCollectionFinder(paths=[str(ROOT / ".ansible/collections")])._install()

import store  # noqa: E402
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._pki import certificate  # noqa: E402
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._site import authority  # noqa: E402
from playing import READER, WRITER  # noqa: E402
from running import Client  # noqa: E402

from lab import debian, settings  # noqa: E402


@pytest.fixture(scope="session", params=store.RELEASES)
def tree(request: pytest.FixtureRequest) -> Path:
    return debian.tree(settings.from_environment().cache, request.param, store.PACKAGES)


@pytest.fixture
def programs(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put_programs(tree, tmp_path / "bin")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")


@pytest.fixture(scope="module")
def site() -> str:
    """The authority of a site."""
    return authority.generate("site")


@pytest.fixture(scope="module")
def ca(site: str) -> str:
    return certificate.authority(site).pem


@pytest.fixture(scope="module")
def reader(ca: str) -> Client:
    return Client(ca, "reader", READER)


@pytest.fixture(scope="module")
def writer(ca: str) -> Client:
    return Client(ca, "partition-a", WRITER)
