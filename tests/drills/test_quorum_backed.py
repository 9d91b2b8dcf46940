"""The quorum is lost while the object storage is down; it learns of the survivor's generation once it is back."""

from __future__ import annotations

import json

import old_disk
import pytest
from backups import STORAGE, backed_up, canary, names, program, restore
from cluster import Cluster, lab, wait_until
from playbook import play

pytestmark = pytest.mark.usefixtures("backed_up_site")


def generation(cluster: Cluster, host: str) -> tuple[int, bool]:
    """Return the generation that a host belongs to, and whether the object storage may not know of it yet."""
    known = json.loads(cluster.on(host, "cat /var/lib/metalstack/backup/record.json"))
    return known["generation"], "claim" in known


def told(cluster: Cluster, host: str) -> str:
    """Return what k3s of a host has said last."""
    return cluster.on(host, "journalctl -b -u k3s.service -o cat --no-pager | tail -50")


def test_a_survivor_goes_on_without_the_storage_and_tells_it_later(cluster: Cluster) -> None:
    """N5, B1, S2: nothing waits for the storage, and an old disk starts neither before that is back nor afterwards."""
    first, second, third = cluster.servers
    backed_up("-e", "backup_reason=before")
    before, _open = generation(cluster, first)
    canary(cluster, "unbacked")
    assert "unbacked" in names(cluster)
    old_disk.keep(third)
    lab("kill", second, STORAGE)
    lab("wipe", second, third)
    try:
        run = restore(cluster, "-e", "restore_mode=survivor").succeeded()
        assert "and reaches none of these is not kept from starting" in " ".join(run.output.split())
        assert "unbacked" in names(cluster)
        assert [generation(cluster, host) for host in cluster.servers] == [(before + 1, True)] * 3
        with old_disk.running(third):
            # Those who live know of it before the storage does.
            lives, stored = (f"{who} generation {before + 1}" for who in ("lives in", "the object storage has"))
            wait_until("the others keep the old server from starting", lambda: lives in told(cluster, third))
            lab("start", STORAGE)
            assert "rc=0" in program(cluster, second, "create", "--component=k3s")
            assert generation(cluster, second) == (before + 1, False)
            wait_until("the storage does, too", lambda: stored in told(cluster, third))
    finally:
        lab("start", STORAGE)
    wait_until("the cluster is complete", cluster.is_complete)
    assert play("bootstrap").succeeded().changed() == 0
    assert [generation(cluster, host) for host in cluster.servers] == [(before + 1, False)] * 3
    backed_up("-e", "backup_reason=after")
