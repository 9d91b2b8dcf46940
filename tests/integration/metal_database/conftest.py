"""A real kube-apiserver, PostgreSQL and Valkey of Debian, and what stands in for the rest.

What is real: kube-apiserver and etcd, the kubernetes client, both databases with psql and valkey-cli. What is not:
the kubelet (kubelet.py), which runs what it is told on this machine in a directory of Debian rather than in a
container, and the server of RethinkDB (rethinkdb_server.py), which no registry of packages has.

All of it is in a network of its own, whose loopback is all there is: the databases have the ports that metal-roles give
them. That takes root.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.utils.collection_loader import _collection_finder

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
_collection_finder._AnsibleCollectionFinder(paths=[str(ROOT / ".ansible/collections")])._install()

import api  # noqa: E402
import kubelet as kubelets  # noqa: E402
import objects  # noqa: E402
import rethinkdb_server  # noqa: E402
import servers  # noqa: E402
from ansible_collections.metalstack.autonomous.tests.unit.plugins.modules import in_process  # noqa: E402
from containers import Container  # noqa: E402

from lab import build, debian, settings  # noqa: E402

CLONE_NEWNET = 0x40000000
PASSWORD = "s3cret of a 'test'"
Run = in_process.Run


@pytest.fixture(scope="session")
def tree() -> Path:
    """Debian with both databases."""
    return debian.tree(settings.from_environment().cache, "trixie", servers.PACKAGES)


@pytest.fixture(scope="session")
def programs() -> dict[str, Path]:
    """Where etcd and Kubernetes are; built before this process loses its network."""
    cache = settings.from_environment().cache
    return {name: build.ensure(name, cache) for name in ("etcd", "kubernetes")}


@pytest.fixture(scope="session")
def network(tree: Path, programs: dict[str, Path]) -> None:
    """Enter a network of its own, once all is there that is fetched."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare: a network of one's own takes root")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]


@pytest.fixture(scope="session")
def server(network: None, programs: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[api.Server]:
    with api.running(programs, tmp_path_factory.mktemp("api")) as running:
        yield running


@pytest.fixture(scope="session")
def kubelet(server: api.Server) -> Iterator[kubelets.Kubelet]:
    with kubelets.Kubelet(server) as kubelet:
        yield kubelet


@pytest.fixture
def world(server: api.Server, kubelet: kubelets.Kubelet) -> Iterator[objects.World]:
    """An empty namespace."""
    world = objects.World(server, kubelet)
    yield world
    world.clear()


@pytest.fixture(scope="session")
def postgres(network: None, tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Postgres]:
    """A server with a database of metal-stack's masterdata, and another database."""
    with servers.Postgres(Container(tree, tmp_path_factory.mktemp("postgres")), PASSWORD) as running:
        yield running


@pytest.fixture
def masterdata(world: objects.World, postgres: servers.Postgres) -> objects.World:
    """A namespace in which masterdata-db runs."""
    world.claim("masterdata-db")
    world.pod("masterdata-db", "postgres", postgres.container)
    return world


@pytest.fixture
def valkey(network: None, tree: Path, tmp_path: Path) -> Iterator[servers.Valkey]:
    with servers.Valkey(Container(tree, tmp_path)) as running:
        yield running


@pytest.fixture
def rethinkdb(network: None, tree: Path, tmp_path: Path) -> Iterator[rethinkdb_server.Server]:
    """The stand-in of its server, with an environment that has its password."""
    container = Container(tree, tmp_path, {"RETHINKDB_PASSWORD": PASSWORD})
    with rethinkdb_server.Server(PASSWORD, container) as running:
        yield running


@pytest.fixture
def run(server: api.Server, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a module's `main` in this process on the namespace of the test."""

    answer = in_process.runner(monkeypatch)

    def run(module: Any, check: bool = False, **options: Any) -> dict[str, Any]:
        return answer(module, check, **{"kubeconfig": str(server.kubeconfig), **options})

    return run
