"""Two runs at once: the second one refuses and changes nothing, and names the first one's owner and age."""

from __future__ import annotations

import datetime
import json
import re
from pathlib import Path

import pytest
from alerts import fires, resolves
from cluster import Cluster
from playbook import play, start
from scenario import also

LOCK = "/var/lib/metalstack-autonomous/lock"


def test_second_run_refuses_while_the_first_one_holds_the_site(cluster: Cluster, tmp_path: Path) -> None:
    first = start("bootstrap", tmp_path)
    try:
        first.wait_for(lambda record: str(record.get("phase", "")).startswith("host_firewall/"))
        second = play("bootstrap")
        assert second.returncode != 0
        assert second.changed() == 0
        assert "is held by" in second.output, second.output[-3000:]
        first.process.wait(timeout=300)
        assert first.process.returncode == 0, first.tail()
    finally:
        if first.process.poll() is None:
            first.kill()


@also("X1")
@pytest.mark.long
def test_lock_of_a_dead_owner_is_taken_over(cluster: Cluster, tmp_path: Path) -> None:
    """X1: of a site that is watched already, which is told of a run that has ended and let nothing go."""
    dead = start("bootstrap", tmp_path)
    try:
        dead.wait_for(lambda record: str(record.get("phase", "")).startswith("host_firewall/"))
    finally:
        dead.kill()
    fires(cluster, "BootstrapHalfWay", "bootstrap")
    play("bootstrap").succeeded()
    resolves(cluster, "BootstrapHalfWay")


@pytest.mark.long
def test_lock_of_another_controller_is_taken_over_on_request_only(cluster: Cluster) -> None:
    since = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1, hours=2)
    owner = {"controller": "elsewhere", "machine": "another", "pid": 1, "start": "then 1", "user": "someone"}
    owner |= {"playbook": "playbooks/patch_hosts.yml", "since": since.isoformat(timespec="seconds")}
    cluster.on(cluster.servers[0], f"cat > {LOCK}", stdin=json.dumps(owner))
    refused = play("bootstrap")
    told = "".join(refused.output.split())
    assert refused.returncode != 0 and "playbooks/patch_hosts.ymlofsomeoneoncontrollerelsewhere" in told, told[-3000:]
    assert re.search(r"since[^,]+,1d2h(\d+min)?\)", told) and "site_lock_takeover=true" in told
    assert refused.changed() == 0
    play("bootstrap", "-e", "site_lock_takeover=true").succeeded()
    assert "no lock" in cluster.on(cluster.servers[0], f"test -e {LOCK} || echo no lock")
