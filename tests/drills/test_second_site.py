"""The site goes on in its second location after the first was lost (S1), and moves back."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from backups import backed_up, canary, names, program
from cluster import Cluster, lab, wait_until
from playbook import play
from scenario import measured, scenario

HERE, THERE = "server1", "standby1"
HOSTS = f"{HERE},{THERE},storage1,offsite1"

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def site() -> Iterator[dict[str, Any]]:
    """Have a server and an object storage in each of two locations, and the site in the first."""
    os.environ["LAB_HOSTS"] = HOSTS
    lab("up", "--fresh", timeout=3600)
    output = lab("exec", "--", str(Path("inventories/lab/hosts.py")), "--list").stdout
    yield json.loads(output)["all"]["vars"]
    for name in ("LAB_HOSTS", "LAB_ACTIVE"):
        os.environ.pop(name, None)


@pytest.fixture(scope="module")
def here(site: dict[str, Any]) -> Cluster:
    return Cluster([HERE], site)


@pytest.fixture(scope="module")
def there(site: dict[str, Any]) -> Cluster:
    return Cluster([THERE], site)


def confirmed(verb: str) -> tuple[str, str]:
    return "-e", f"{verb}_confirm=lab"


def rests(cluster: Cluster) -> bool:
    """Tell whether k3s neither runs nor would be started by the next boot."""
    said = cluster.on(cluster.servers[0], "systemctl is-active k3s.service; systemctl is-enabled k3s.service; true")
    return said.split()[0] in ("inactive", "failed") and "enabled" not in said.split()[1:]


def containers(cluster: Cluster) -> int:
    return int(cluster.on(cluster.servers[0], "ps -eo args | grep -c '[c]ontainerd-shim'; true").split()[0])


def test_a_standby_has_what_it_takes_and_runs_nothing(here: Cluster, there: Cluster) -> None:
    play("bootstrap", "-e", "site_recovery=fresh").succeeded()
    assert here.writes(HERE)
    assert there.on(THERE, "k3s --version").startswith("k3s version")
    assert rests(there)
    assert "rc=0" in program(there, THERE, "gate")
    assert play("bootstrap").succeeded().changed() == 0


def test_a_standby_is_not_activated_while_the_site_lives(here: Cluster) -> None:
    os.environ["LAB_ACTIVE"] = "b"
    try:
        unfenced = play("activate_standby", *confirmed("activate"))
        answering = play("activate_standby", *confirmed("activate"), "-e", f"activate_fenced={HERE}")
    finally:
        os.environ["LAB_ACTIVE"] = "a"
    assert unfenced.returncode and unfenced.changed() == 0
    assert f"and stays so: {HERE} (found: nothing)" in " ".join(unfenced.output.split())
    assert answering.returncode and answering.changed() == 0
    assert "of the lost location answers. Nothing was changed" in " ".join(answering.output.split())
    assert here.writes(HERE)


@scenario(
    id="S1",
    title="The location of all servers is lost",
    initial_cluster="gone with its location",
    target_cluster="its API goes on if its machines are elsewhere; nothing can be created, healed or updated",
    end_users="none from the loss of the initial cluster itself",
    detection="nothing of the location answers",
    remedy="cut off what is left of the location; let `k3s_servers` and `standby_servers` change places in the"
    " inventory, and take the lost hosts out of `dns_servers` and `time_servers`; where names are served in both,"
    " `promote_dns`; then the playbook `activate_standby`",
)
def test_the_site_goes_on_in_the_second_location(here: Cluster, there: Cluster) -> None:
    canary(here, "from-here")
    backed_up("-e", "backup_reason=last")
    lab("kill", HERE, "storage1")
    os.environ["LAB_ACTIVE"] = "b"
    began = time.monotonic()
    play("activate_standby", *confirmed("activate"), "-e", f"activate_fenced={HERE}").succeeded()
    measured("S1", "from the remedy's first command to a site that runs elsewhere", time.monotonic() - began)
    assert there.writes(THERE) and "from-here" in names(there)


def test_the_lost_location_comes_back_and_does_not_act(here: Cluster, there: Cluster) -> None:
    """Its own storage has not heard of the restore, but the second one has."""
    lab("start", "storage1", HERE)
    wait_until("the gate refuses its data", lambda: "rc=3" in program(here, HERE, "gate"), timeout=60)
    assert not here.succeeds(HERE, "get nodes")
    play("bootstrap").succeeded()
    assert rests(here) and containers(here) == 0
    assert here.on(HERE, "ls /var/lib/rancher/k3s/server/before-reset").startswith("left-")
    assert play("bootstrap").succeeded().changed() == 0


def test_the_site_returns_with_all_that_it_has_become(here: Cluster, there: Cluster) -> None:
    canary(there, "from-there")
    os.environ["LAB_ACTIVE"] = "a"
    began = time.monotonic()
    play("return_site", *confirmed("return")).succeeded()
    measured("S1", "from the command to a site that runs in the first location again", time.monotonic() - began)
    assert {"from-here", "from-there"} <= names(here)
    assert rests(there) and containers(there) == 0 < containers(here)
    assert play("bootstrap").succeeded().changed() == 0
