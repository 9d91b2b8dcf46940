"""Endpoints of a lab of the suite's own, asked from inside its network with what its inventory tells.

OBJECT_STORAGE_KEEP=1 leaves the lab up, to look at.
"""

from __future__ import annotations

import json
import os
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.loaders
import botocore.session
import pytest

TREE = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(TREE), str(Path(__file__).parent)]

import own_lab  # noqa: E402
import repository  # noqa: E402
from backed_up_host import MakeHost, write  # noqa: E402
from endpoint import Endpoint  # noqa: E402

from plugins.module_utils._backup import settings  # noqa: E402
from plugins.module_utils._backup.restic import Restic  # noqa: E402
from plugins.module_utils._backup.site import Site  # noqa: E402

NAMES = ("site_object_storage", "site_object_storage_second")


@pytest.fixture(scope="session", autouse=True)
def descriptions() -> Iterator[None]:
    """Have boto3 read its description of S3 once, and not for each client."""
    shared = botocore.loaders.create_loader()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", lambda _places: shared)
        yield


@pytest.fixture(scope="session")
def endpoints() -> Iterator[dict[str, Endpoint]]:
    """Return the endpoints by the names of their variables."""
    own_lab.lab("up", "--no-artifacts")
    try:
        own_lab.enter_network()
        told = own_lab.variables()
        yield {name: Endpoint(told[name]) for name in NAMES}
    finally:
        if not os.environ.get("OBJECT_STORAGE_KEEP"):
            own_lab.lab("down")


@pytest.fixture(params=NAMES)
def endpoint(request: pytest.FixtureRequest, endpoints: dict[str, Endpoint]) -> Endpoint:
    """Return one endpoint; a test that takes it runs once for each of them."""
    return endpoints[request.param]


@pytest.fixture
def first(endpoints: dict[str, Endpoint]) -> Endpoint:
    """Return the endpoint beside the cluster."""
    return endpoints[NAMES[0]]


@pytest.fixture
def second(endpoints: dict[str, Endpoint]) -> Endpoint:
    """Return the endpoint in the other site."""
    return endpoints[NAMES[1]]


@pytest.fixture
def key() -> str:
    """Return the name of an object that no other test has."""
    return f"tests/{uuid.uuid4().hex}"


FIELDS = ("endpoint", "region", "bucket", "access_key", "secret_key")


def storage(endpoint: Endpoint) -> dict[str, Any]:
    """Return what a host is told of an endpoint."""
    told = {name: endpoint.variables[name] for name in FIELDS}
    return {**told, "path_style": True, "ca_file": str(endpoint.ca)}


@pytest.fixture
def make_host(first: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeHost:
    """Return a maker of hosts of one site that no other test has. Their passwords are quick to try."""
    monkeypatch.setattr(Restic, "create", repository.create)
    site = f"t{uuid.uuid4().hex[:12]}"

    def make(
        name: str = "host1", password: str = "the-password-of-the-site", copies_to: Endpoint | None = None,
        second_changes: dict[str, Any] | None = None, **changes: Any,
    ) -> Site:  # fmt: skip
        home = tmp_path / name
        (home / "data").mkdir(parents=True, exist_ok=True)
        (home / "password").write_text(password)
        component = {"name": "accounts", "kind": "files", "paths": [str(home / "data")]}
        config = {
            "site": site, "host": name, "storage": {**storage(first), **changes},
            "second": {**storage(copies_to), **(second_changes or {})} if copies_to else {},
            "password_file": str(home / "password"), "set_components": ["accounts"], "components": [component],
            "interval": 3600, "level": 2, "state": str(home / "state"), "metrics": str(home / "metrics"),
        }  # fmt: skip
        return Site(settings.parse(json.dumps(config)))

    return make


@pytest.fixture
def host(make_host: MakeHost) -> Site:
    """Return a host whose data were begun to be backed up."""
    site = make_host()
    write(site, 8)
    site.belong("L1")
    return site
