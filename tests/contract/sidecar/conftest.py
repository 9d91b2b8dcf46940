"""Runs on LAB_BRS_BINARY, metal-stack's own backup-restore-sidecar, or (without it) on the model in lab/sidecar.

All of it is in a network of its own, whose loopback is all there is: the sidecar has ports that cannot be chosen. What
passes on the original is recorded in proven.yml, for the closing line.
"""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

TREE = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(TREE), str(Path(__file__).parent), str(TREE / "tests/integration/object_storage")]

import gateway  # noqa: E402
import sidecar  # noqa: E402
import storage as storages  # noqa: E402
from sidecar import MakeSidecar, Sidecar  # noqa: E402
from storage import Storage  # noqa: E402

RECORD = Path(__file__).parent / "proven.yml"
HEADER = "---\n# The backup-restore-sidecar that each case last passed on. Written by the suite itself.\n"
PASSED = pytest.StashKey[set[str]]()
CLONE_NEWNET = 0x40000000


@pytest.fixture(scope="session")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    """Return an object storage with accounts, and enter the network that it is in."""
    gateway.program()
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare: a network of one's own takes root")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for name in [name for name in os.environ if name.lower().endswith("_proxy") or name.startswith("AWS_")]:
        del os.environ[name]
    with storages.serving(tmp_path_factory.mktemp("storage")) as serving:
        yield serving


@pytest.fixture
def bucket(storage: Storage) -> str:
    """Return a bucket that no other test has."""
    return storage.bucket()


@pytest.fixture
def make_sidecar(storage: Storage, bucket: str, tmp_path: Path) -> Iterator[MakeSidecar]:
    """Return a maker of sidecars of one stage, of which one runs at a time."""
    made: list[Sidecar] = []

    def make(name: str = "pod", **options: Any) -> Sidecar:
        made.append(Sidecar(tmp_path / name, storage, bucket, **options))
        return made[-1]

    yield make
    for one in made:
        one.kill()


@pytest.fixture
def pod(make_sidecar: MakeSidecar) -> Sidecar:
    """Return a sidecar with empty volumes that runs not yet."""
    return make_sidecar()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[PASSED] = set()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[Any]:
    report = yield
    if report.when == "call" and report.passed:
        item.config.stash[PASSED].add(item.name)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    proven = (yaml.safe_load(RECORD.read_text()) or {}) if RECORD.exists() else {}
    release = re.match(r"v\d\S+", sidecar.version())
    if release and config.stash[PASSED]:
        proven |= dict.fromkeys(config.stash[PASSED], release[0])
        RECORD.write_text(HEADER + yaml.safe_dump(proven))
    cases = {item.name for item in terminalreporter._session.items}
    terminalreporter.write_line(f"on {sidecar.version()}")
    unproven = len(cases - proven.keys())
    terminalreporter.write_line(f"contract sidecar: {len(cases)} cases, {unproven} unproven on the original")
