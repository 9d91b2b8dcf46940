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

from lab import debian, settings  # noqa: E402


@pytest.fixture(scope="session", params=store.RELEASES)
def tree(request: pytest.FixtureRequest) -> Path:
    return debian.tree(settings.from_environment().cache, request.param, store.PACKAGES)


@pytest.fixture
def programs(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put_programs(tree, tmp_path / "bin")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
