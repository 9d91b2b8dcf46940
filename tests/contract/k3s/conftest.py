"""Runs on K3S_CONTRACT_BINARY, a real k3s or (without one) the stand-in, in a lab of its own.

A case that passes on a real k3s is recorded in proven.yml with its version, for the closing line.
K3S_CONTRACT_KEEP=1 leaves the lab up, to look at.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

TREE = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(TREE), str(Path(__file__).parent)]

import cluster  # noqa: E402
import hosts  # noqa: E402
from hosts import Host  # noqa: E402

from lab import images, settings  # noqa: E402
from lab.instance import Lab  # noqa: E402
from lab.k3s.pack import pack  # noqa: E402

RECORD = Path(__file__).parent / "proven.yml"
HEADER = "---\n# The real k3s that each case last passed on. Written by the suite itself.\n"
VERSION = pytest.StashKey[str]()
PASSED = pytest.StashKey[set[str]]()


@pytest.fixture(scope="session")
def machines(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Host]]:
    """Return pristine hosts with k3s and images in place and nothing running."""
    binary = cluster.binary()
    if binary is None:
        binary = tmp_path_factory.mktemp("stand-in") / "k3s"
        pack(binary)
    hosts.lab("down")
    hosts.lab("up")
    try:
        here = settings.from_environment(hosts.ENVIRONMENT)
        archive = images.ensure(here.cache, Lab.existing(here).record.base).read_bytes()
        all_hosts = {name: Host(name) for name in hosts.ADDRESSES}
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda host: cluster.install(host, binary, archive), all_hosts.values()))
        request.config.stash[VERSION] = all_hosts["server1"].run("k3s --version | head -1").strip()
        yield all_hosts
    finally:
        if not os.environ.get("K3S_CONTRACT_KEEP"):
            hosts.lab("down")


@pytest.fixture(scope="session")
def readiness(machines: dict[str, Host]) -> str:
    """Return what the API of the first server said when systemd had just been told that it is ready."""
    return cluster.found(machines["server1"])


@pytest.fixture(scope="session")
def founder(machines: dict[str, Host], readiness: str) -> Host:
    """Return the first server of a cluster."""
    return machines["server1"]


@pytest.fixture(scope="session")
def servers(machines: dict[str, Host], founder: Host) -> list[Host]:
    """Return the three servers of the cluster."""
    for name in ("server2", "server3"):
        cluster.join(machines[name], founder)
    return [founder, machines["server2"], machines["server3"]]


@pytest.fixture(scope="session")
def agent(machines: dict[str, Host], founder: Host) -> Host:
    """Return an agent of the cluster."""
    cluster.join_agent(machines["agent1"], founder)
    return machines["agent1"]


def pytest_configure(config: pytest.Config) -> None:
    config.stash[PASSED] = set()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These leave another cluster behind than they found, the last ones most."""
    last = (
        *("test_certificates", "test_secrets_encrypt", "test_agent_token", "test_token"),
        *("test_authorities", "test_snapshot_reset"),
    )
    items.sort(key=lambda item: last.index(item.path.stem) if item.path.stem in last else -1)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    if report.when == "call" and report.passed:
        item.config.stash[PASSED].add(item.name)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    version = config.stash.get(VERSION, "")
    proven = (yaml.safe_load(RECORD.read_text()) or {}) if RECORD.exists() else {}
    release = re.search(r"v\d\S+", version)
    if release and "stand-in" not in version and config.stash[PASSED]:
        proven |= dict.fromkeys(config.stash[PASSED], release[0])
        RECORD.write_text(HEADER + yaml.safe_dump(proven))
    cases = {item.name for item in terminalreporter._session.items}
    if version:
        terminalreporter.write_line(f"on {version}")
    terminalreporter.write_line(
        f"contract k3s: {len(cases)} cases, {len(cases - proven.keys())} unproven on a real k3s"
    )
