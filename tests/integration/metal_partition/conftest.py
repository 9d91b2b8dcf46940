"""A real API server with a control plane's Secret, a stand-in for metal-api, and hosts on this machine."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.utils.collection_loader import _collection_finder

ROOT = Path(__file__).resolve().parents[3]
TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent), str(TESTS / "metal_stack"), str(TESTS / "metal")]
_collection_finder._AnsibleCollectionFinder(paths=[str(ROOT / ".ansible/collections")])._install()

from cluster import Cluster, Etcd  # noqa: E402
from devices import Partition, Roles  # noqa: E402
from fake.v1.server import Server  # noqa: E402


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    directory = tmp_path_factory.mktemp("partition")
    etcd = Etcd(directory / "etcd")
    running = Cluster(directory / "cluster", etcd, "partition")
    try:
        running.await_ready()
        yield running
    finally:
        running.stop()
        etcd.stop()


@pytest.fixture
def api() -> Iterator[Any]:
    with Server() as running:
        yield running


@pytest.fixture
def partition(cluster: Cluster, api: Any, tmp_path: Path) -> Iterator[Partition]:
    described = Partition(tmp_path, cluster, api, Roles(tmp_path / "upstream"))
    described.have_control_plane()
    yield described
    described.ended.set()
    cluster.request(f"/api/v1/namespaces/{described.namespace}/configmaps", "DELETE")
    cluster.request(f"/api/v1/namespaces/{described.namespace}/secrets", "DELETE")
