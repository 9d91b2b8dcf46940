"""Two real API servers on one etcd for the whole suite; each test has them empty but for what a site's cluster has."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ansible.utils.collection_loader import _collection_finder

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
_collection_finder._AnsibleCollectionFinder(paths=[str(ROOT / ".ansible/collections")])._install()

from cluster import Cluster, Etcd  # noqa: E402
from controllers import Controllers  # noqa: E402
from playing import NAMESPACE, Stage  # noqa: E402
from upstream import Upstream  # noqa: E402


@pytest.fixture(scope="session")
def etcd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Etcd]:
    running = Etcd(tmp_path_factory.mktemp("etcd") / "etcd")
    yield running
    running.stop()


def served(directory: Path, etcd: Etcd, name: str) -> Iterator[Cluster]:
    running = Cluster(directory / name, etcd, name)
    try:
        running.await_ready()
        running.define_gateways()
        running.define_storage_class()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def first(etcd: Etcd, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    yield from served(tmp_path_factory.mktemp("cluster"), etcd, "initial")


@pytest.fixture(scope="session")
def second(etcd: Etcd, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    yield from served(tmp_path_factory.mktemp("cluster"), etcd, "target")


@pytest.fixture
def controllers(first: Cluster) -> Iterator[Controllers]:
    running = Controllers(first)
    yield running
    running.stop()


def empty(cluster: Cluster) -> None:
    """Remove what a control plane has left. No controller runs that would empty a namespace."""
    for path in (
        *(f"/apis/apps/v1/namespaces/{NAMESPACE}/{plural}" for plural in ("statefulsets", "deployments")),
        *(f"/api/v1/namespaces/{NAMESPACE}/{plural}" for plural in ("secrets", "configmaps")),
        "/api/v1/namespaces/kube-system/configmaps",
        "/api/v1/namespaces/garden/configmaps",
    ):
        cluster.request(path, "DELETE")


@pytest.fixture
def upstream(tmp_path: Path) -> Upstream:
    return Upstream(tmp_path / "upstream")


@pytest.fixture
def stage(first: Cluster, controllers: Controllers, upstream: Upstream, tmp_path: Path) -> Iterator[Stage]:
    """A stage whose workloads run."""
    yield Stage(tmp_path, first, upstream)
    empty(first)


@pytest.fixture
def other(second: Cluster, tmp_path: Path) -> Iterator[Callable[[Upstream], Stage]]:
    """A way to have a second stage, in another cluster."""
    running = Controllers(second)
    yield lambda upstream: Stage(tmp_path, second, upstream, name="target")
    running.stop()
    empty(second)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    given = os.environ.get("METAL_ROLES")
    roles = f"metal-stack's own roles, from {given}, and stand-ins of them" if given else "stand-ins of metal-stack's"
    terminalreporter.write_line(f"on {roles}; the API servers are real ones, their controllers are stand-ins")
