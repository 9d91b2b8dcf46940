"""Six servers, two backends of three releases; all of them are mandatory."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.utils.collection_loader import _collection_finder

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
_collection_finder._AnsibleCollectionFinder(paths=[str(ROOT / ".ansible/collections")])._install()

import daemons  # noqa: E402
import line as lines  # noqa: E402
from ansible_collections.metalstack.autonomous.tests.unit.plugins.modules import in_process  # noqa: E402

from lab import debian, settings  # noqa: E402

PAIRS = [(release, backend) for release in daemons.RELEASES for backend in daemons.BACKENDS]


@pytest.fixture(scope="session")
def tree() -> Callable[[str], Path]:
    return lambda release: debian.tree(settings.from_environment().cache, release, daemons.PACKAGES)


@pytest.fixture(scope="module", params=PAIRS, ids=lambda pair: "-".join(pair))
def server(
    request: pytest.FixtureRequest, tree: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[daemons.Daemon]:
    """One a module of tests, each of which uses zones of its own."""
    release, backend = request.param
    # 5.1 takes LUA records by the API only when told so.
    options = {"enable-lua-record-updates": "yes"} if release == "forky" else {}
    daemon = daemons.Daemon(tree(release), backend, tmp_path_factory.mktemp(f"{release}-{backend}"), options)
    daemon.start()
    yield daemon
    daemon.stop()


@pytest.fixture
def zone(numbers: Iterator[int]) -> str:
    """A name that no other test uses."""
    return f"z{next(numbers)}.example.com."


@pytest.fixture(scope="session")
def numbers() -> Iterator[int]:
    return itertools.count(1)


@pytest.fixture
def line(server: daemons.Daemon) -> Iterator[lines.BadLine]:
    """A way to the server's API that is good until a test spoils it."""
    line = lines.BadLine(server.api_port)
    yield line
    line.stop()


@pytest.fixture
def call(server: daemons.Daemon, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Runs a module's `main` in this process against the server."""

    answer = in_process.runner(monkeypatch)

    def run(module: Any, check: bool = False, bare: bool = False, **parameters: Any) -> dict[str, Any]:
        """With the way to the server's API, unless `bare`."""
        arguments = {**({} if bare else {"api_url": server.url}), **parameters}
        if not bare and "api_key_file" not in parameters:
            arguments.setdefault("api_key", daemons.KEY)
        return answer(module, check, **arguments)

    return run
