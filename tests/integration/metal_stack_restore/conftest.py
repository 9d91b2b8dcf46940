"""A restore through the role, from end to end.

What is real: kube-apiserver and etcd, PostgreSQL and Valkey of Debian, the object storage (versitygw), the role with
ansible-playbook. What is not: the roles that it deploys (upstream.py of metal_stack), what makes pods of StatefulSets
and processes of pods (pods.py), and, unless LAB_BRS_BINARY names the original, the sidecar (lab/sidecar).

All of it is in a network of its own, whose loopback and pods are all there is. That takes root.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible.utils.collection_loader import _collection_finder

ROOT = Path(__file__).resolve().parents[3]
SUITES = ("integration/metal_stack", "integration/metal_database", "integration/object_storage", "contract/sidecar")
sys.path[:0] = [str(ROOT), str(Path(__file__).parent), *(str(ROOT / "tests" / one) for one in SUITES)]
# How drills describe what they drill; all else of theirs has names of its own here.
sys.path.append(str(ROOT / "tests/drills"))
_collection_finder._AnsibleCollectionFinder(paths=[str(ROOT / ".ansible/collections")])._install()

import front  # noqa: E402
import gateway  # noqa: E402
import pod  # noqa: E402
from cluster import Etcd, programs  # noqa: E402
from one_site import DATABASES, Site, Storage  # noqa: E402
from scenario import chosen  # noqa: E402
from upstream import Upstream  # noqa: E402

from lab import debian, settings  # noqa: E402
from plugins.plugin_utils._pki import certificate  # noqa: E402

CLONE_NEWNET = 0x40000000
# Where pods reach the object storage as well.
ADDRESS = "198.19.255.1"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let scenarios be named, whose drills alone are run."""
    parser.addoption("--scenario", default="", help="run the drills of these failure scenarios alone, such as B3,C9")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Function]) -> None:
    """Leave out the drills of other scenarios than the one that was named."""
    chosen(config, items)


@pytest.fixture(scope="session")
def tree() -> Path:
    """What all containers have, and a network of its own once all is there that is fetched."""
    found = debian.tree(settings.from_environment().cache, "trixie", pod.PACKAGES)
    for name in ("etcd", "kubernetes"):
        programs(name)
    gateway.program()
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare: a network of one's own takes root")
    for words in (("link", "set", "lo", "up"), ("address", "add", f"{ADDRESS}/32", "dev", "lo")):
        subprocess.run(["ip", *words], check=True)
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]
    return found


@pytest.fixture(scope="session")
def etcd(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Etcd]:
    running = Etcd(tmp_path_factory.mktemp("etcd") / "etcd")
    yield running
    running.stop()


@pytest.fixture(scope="session")
def storage(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    directory = tmp_path_factory.mktemp("storage")
    issued = gateway.issue(directory, certificate.Subject((), (ADDRESS,)))
    with gateway.running(directory, {}) as port, front.serving(port, issued, ADDRESS) as server:
        yield Storage(server, issued.authority.read_text())


@pytest.fixture(scope="module")
def site(tree: Path, etcd: Etcd, storage: Storage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One stage, and the cluster that it is in, which a test may lose."""
    directory = tmp_path_factory.mktemp("site")
    with Site(directory, tree, etcd, storage, Upstream(directory / "upstream")) as running:
        yield running


@pytest.fixture(scope="module")
def saved(site: Site) -> Site:
    """It has rows, a backup of them, and what tells of them."""
    site.play("fresh")
    site.write()
    site.back_up()
    site.play("fresh")
    assert all(site.sentinels(name) for name in DATABASES)
    site.escrow()
    return site


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    command = [pod.BINARY] if pod.BINARY else [sys.executable, "-m", "lab.sidecar.standin"]
    said = subprocess.run([*command, "--version"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
    terminalreporter.write_line(f"on {said.strip()}; the kubelet and metal-roles are stand-ins")
