"""The drills run on the lab that is up; each leaves the cluster as it found it, or says so in its name."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).parent)]

from alerts import LATE, TOLD_SECONDS, UNWATCHED, watch  # noqa: E402
from backups import begun, with_storage  # noqa: E402
from cluster import Cluster, described, lab, wait_until  # noqa: E402
from name_servers import OTHER, Api, change, on_all, told  # noqa: E402
from playbook import play  # noqa: E402
from scenario import chosen  # noqa: E402


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let scenarios be named, whose drills alone are run."""
    parser.addoption("--scenario", default="", help="run the drills of these failure scenarios alone, such as N6,S2")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Function]) -> None:
    """Leave out the drills of other scenarios than the one that was named."""
    chosen(config, items)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what was not waited for, and what was waited for longer than it should be."""
    if LATE:
        late = ", ".join(f"{alert} {took:.0f} s" for alert, took in sorted(LATE.items()))
        terminalreporter.write_line(f"Told after more than {TOLD_SECONDS} s: {late}")
    if UNWATCHED:
        left = ", ".join(sorted(set(UNWATCHED)))
        terminalreporter.write_line(f"The lab is not monitored (LAB_MONITORED=1), nobody has waited for: {left}")


@pytest.fixture(scope="session", autouse=True)
def watched() -> None:
    """Have the first drill find the site watched where the lab is monitored."""
    watch()


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """Return the cluster that the lab's inventory describes."""
    return described()


@pytest.fixture(scope="module")
def backed_up_site(cluster: Cluster) -> Iterator[None]:
    """Give the lab object storages, and have the site backed up."""
    with_storage(cluster)
    play("bootstrap").succeeded()
    begun(cluster)
    yield
    del os.environ["LAB_HOSTS"]


@pytest.fixture(scope="module")
def backed_up_site_with_agent(cluster: Cluster) -> Iterator[None]:
    """Give the lab object storages and an agent, and have the site backed up."""
    with_storage(cluster)
    os.environ["LAB_HOSTS"] += ",agent1"
    lab("up", "--no-artifacts", timeout=900)
    play("bootstrap").succeeded()
    begun(cluster)
    yield
    del os.environ["LAB_HOSTS"]


@pytest.fixture(scope="module")
def api(cluster: Cluster) -> Api:
    """Return the API of the primary, once it answers."""
    wait_until("the API at its address", lambda: Api(cluster)("admin", "GET", "")[0] == 200)
    return Api(cluster)


@pytest.fixture
def foreign(api: Api) -> Iterator[str]:
    """Give a zone that a client makes which knows nothing of the site."""
    body = {
        "name": OTHER,
        "kind": "Master",
        "nameservers": ["server1.lab.example."],
        **change(f"a.{OTHER}", "192.0.2.1"),
    }
    status, answer = api("gardener", "POST", "/zones", body)
    assert status == 201, answer
    yield OTHER
    assert api("admin", "DELETE", f"/zones/{OTHER}")[0] == 204
    told("seconds until a removed zone is gone everywhere", round(on_all(f"a.{OTHER}", "REFUSED"), 1))
