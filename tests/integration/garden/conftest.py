"""A runtime cluster for the whole suite, and nothing of a garden in it for each test.

What is real: kube-apiserver, etcd, Gardener's definitions and its operator's chart, the kubernetes client. What is not:
gardener-operator and the resource manager (operator_stand_in.py), which make no virtual garden but write of it what
these write; its API is a second real kube-apiserver.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils import basic
from ansible.utils.collection_loader import _collection_finder

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent), str(ROOT / "tests/integration/metal_stack")]
sys.path += [str(ROOT / "tests/integration/gardener"), str(ROOT / "tests/drills")]
_collection_finder._AnsibleCollectionFinder(paths=[str(ROOT / ".ansible/collections")])._install()

import described  # noqa: E402
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import waiting  # noqa: E402
from ansible_collections.metalstack.autonomous.plugins.modules import gardener_garden  # noqa: E402
from ansible_collections.metalstack.autonomous.tests.unit.plugins.modules import in_process  # noqa: E402
from cluster import Etcd  # noqa: E402
from garden import CertificateAuthority, write_pair  # noqa: E402
from operator_stand_in import Operator  # noqa: E402
from runtime import OF_CHART, Runtime, version  # noqa: E402

Run = in_process.Run


@pytest.fixture(scope="session")
def etcd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Etcd]:
    running = Etcd(tmp_path_factory.mktemp("etcd") / "etcd")
    yield running
    running.stop()


@pytest.fixture(scope="session")
def _served(etcd: Etcd, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    running = Runtime(tmp_path_factory.mktemp("runtime") / "runtime", etcd, "runtime")
    try:
        running.prepare()
        running.space()
        running.define(OF_CHART)
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def virtual(etcd: Etcd, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """The API of the virtual garden."""
    directory = tmp_path_factory.mktemp("virtual")
    authority = CertificateAuthority("virtual-garden")
    write_pair(directory / "tls", authority.issue("api.garden.site-a.example.org"))
    running = Runtime(
        directory / "virtual", etcd, "virtual",
        tls_cert_file=directory / "tls.crt", tls_private_key_file=directory / "tls.key",
    )  # fmt: skip
    running.authority = authority.pem
    try:
        running.await_ready()
        yield running
    finally:
        running.stop()


@pytest.fixture
def runtime(_served: Runtime) -> Iterator[Runtime]:
    """With an operator that is installed, and nothing else of a garden."""
    _served.operator()
    yield _served
    _served.empty()


@pytest.fixture
def operator(runtime: Runtime) -> Iterator[Operator]:
    """The stand-in, which runs."""
    with Operator(runtime, version()).running() as running:
        yield running


@pytest.fixture
def run(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a module's `main` in this process with the kubeconfig of the runtime cluster."""
    answer = in_process.runner(monkeypatch)
    monkeypatch.setattr(waiting, "POLL_SECONDS", 0.2)
    warned: list[str] = []
    monkeypatch.setattr(basic.AnsibleModule, "warn", lambda _, text: warned.append(text))

    def run(module: Any, check: bool = False, **options: Any) -> dict[str, Any]:
        warned.clear()
        result = answer(module, check, **{"kubeconfig": str(runtime.kubeconfig), "_ansible_diff": True, **options})
        return {**result, "warned": list(warned)}

    return run


@pytest.fixture
def have(run: Run) -> Callable[..., dict[str, Any]]:
    """Have a garden as a site describes it. more: of it."""

    def have(check: bool = False, options: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        given = {"garden": described.garden(**more), "secrets": described.SECRETS, "timeout": 60, **(options or {})}
        return run(gardener_garden, check, **given)

    return have


@pytest.fixture(scope="module")
def bare(etcd: Etcd, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """A cluster without anything of Gardener's, not even its definitions; of each module another one."""
    directory = tmp_path_factory.mktemp("bare")
    running = Runtime(directory / "cluster", etcd, directory.name)
    try:
        running.prepare()
        yield running
    finally:
        running.stop()


@pytest.fixture
def beside(bare: Runtime, virtual: Runtime) -> Iterator[Operator]:
    """The operator, whose pods run as soon as its chart is there."""
    with Operator(bare, version(), virtual).installed() as running:
        yield running


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.write_line("the API servers are real ones, gardener-operator and its webhooks are a stand-in")
