"""What the tests of a real chronyd share: a release, a short place, a host to be given the time, and its modules."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible.module_utils import basic
from ansible.utils.collection_loader import _collection_finder

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
_collection_finder._AnsibleCollectionFinder(paths=[str(ROOT / ".ansible/collections")])._install()

import chronyd  # noqa: E402
from ansible_collections.metalstack.autonomous.tests.unit.plugins.modules import in_process  # noqa: E402

from lab import debian, settings  # noqa: E402


@pytest.fixture(scope="module", params=chronyd.RELEASES)
def tree(request: pytest.FixtureRequest) -> Path:
    return debian.tree(settings.from_environment().cache, request.param, chronyd.PACKAGES)


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory with a short name: a socket's path has at most 107 octets."""
    with tempfile.TemporaryDirectory(prefix="chrony-") as directory:
        yield Path(directory)


@pytest.fixture
def host(tree, place) -> Iterator[chronyd.Daemon]:
    with chronyd.running(chronyd.Daemon(tree, place / "host", "127.0.0.31")) as daemon:
        yield daemon


@pytest.fixture
def call(tree, tmp_path, monkeypatch):
    chronyd.put_client(tree, tmp_path / "bin")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    said: list[str] = []
    monkeypatch.setattr(basic.AnsibleModule, "warn", lambda _module, warning: said.append(warning))

    answer = in_process.runner(monkeypatch)

    def run(module, check=False, **parameters):
        said.clear()
        return {**answer(module, check, **parameters), "warnings": list(said)}

    return run
