"""B9: a restore that was killed half-way; nothing partial is taken for the site's data."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from backups import backed_up, canary, names, program, restore
from cluster import RESETS, Cluster, lab, wait_until
from playbook import play, start
from scenario import measured, scenario

DATASTORE = "/var/lib/rancher/k3s/server/db/etcd"

pytestmark = pytest.mark.usefixtures("backed_up_site")


@scenario(
    id="B9",
    title="A restore is killed half-way",
    initial_cluster="gone, as before; what is half in place does not start",
    target_cluster="runs on",
    end_users="none while names resolve",
    detection="the run ended without a word of success; `a restore was cut off on this host` if k3s is started",
    remedy="run the same playbook `restore` again",
)
def test_a_restore_that_was_killed_starts_over(cluster: Cluster, tmp_path: Path) -> None:
    """B9: killed while the data are put in place; nothing partial is taken for the site's data."""
    canary(cluster, "again")
    backed_up("-e", "backup_reason=again")
    lab("wipe", *cluster.servers)
    confirm = ("-e", f"restore_confirm={cluster.site['site_name']}")
    interrupted = start("restore", tmp_path, *confirm)
    begun = f"test -e {DATASTORE} && {RESETS}"
    try:
        wait_until(
            "k3s is being restored",
            lambda: bool(cluster.on(cluster.servers[0], begun, check=False).strip()),
            timeout=300,
            every=0.1,
        )
        cluster.on(cluster.servers[0], f"kill -9 $({RESETS}); true")
    finally:
        interrupted.kill()
    first = cluster.servers[0]
    # Somebody starts it by hand.
    began = time.monotonic()
    gate = program(cluster, first, "gate")
    measured("B9", "until the gate has refused what is half in place", time.monotonic() - began)
    assert "rc=3" in gate and "a restore was cut off on this host" in gate
    assert play("status").returncode
    began = time.monotonic()
    restore(cluster).succeeded()
    measured("B9", "from the remedy until three servers are restored", time.monotonic() - began)
    assert cluster.is_complete()
    assert "again" in names(cluster)
