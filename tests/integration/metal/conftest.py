"""Both servers, as stand-ins that keep the real ones' rules, and the modules run against them in this process."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.utils.collection_loader import _collection_finder

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(Path(__file__).parent))
_collection_finder._AnsibleCollectionFinder(paths=[str(ROOT / ".ansible/collections")])._install()

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import retry  # noqa: E402
from ansible_collections.metalstack.autonomous.tests.unit.plugins.modules import in_process  # noqa: E402
from fake import world  # noqa: E402
from fake.v1.server import Server as ServerV1  # noqa: E402
from fake.v2.server import Server as ServerV2  # noqa: E402

SERVERS = {"v1": ServerV1, "v2": ServerV2}
Call = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def servers() -> Iterator[dict[str, Any]]:
    with ServerV1() as v1, ServerV2() as v2:
        yield {"v1": v1, "v2": v2}


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest, servers: dict[str, Any]) -> Any:
    """Each of the two, empty."""
    server = servers[request.param]
    server.reset()
    return server


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "FIRST_PAUSE", 0.0)


def credentials(server: Any) -> dict[str, Any]:
    if server.version == "v1":
        return {"api_hmac": world.HMAC_KEY}
    return {"api_token": world.token()}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Call:
    """Runs a module's `main` in this process with exactly these options, and masks what is secret as Ansible does."""
    return in_process.runner(monkeypatch, masked=True)


@pytest.fixture
def call(run: Call) -> Call:
    """Runs a module against a server, with credentials unless others are given."""

    def call(server: Any, module: Any, check: bool = False, **parameters: Any) -> dict[str, Any]:
        if not {"api_token", "api_hmac"} & set(parameters):
            parameters |= credentials(server)
        return run(module, check, **{"api_url": server.url, "api_version": server.version, **parameters})

    return call
