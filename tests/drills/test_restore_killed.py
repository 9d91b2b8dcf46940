"""B9: a restore that was killed; nothing partial is taken for the data of the site, and the same command ends it."""

from __future__ import annotations

import time
from pathlib import Path

import acting
import pytest
from backups import backed_up, canary, names, program, restore
from cluster import RESETS, Cluster, lab, wait_until
from playbook import play, start
from scenario import also, measured, scenario

DATASTORE = "/var/lib/rancher/k3s/server/db/etcd"
# (the task that has to have begun, seconds after that, whether the data are in place and nothing was compared by then)
KILLS = [
    ("Begin a generation, so that older data starts no more", 0.5, False),
    ("Restore the zones", 0.5, False),
    ("Start the API alone", 3.0, True),
    ("Have it know yet that it was reset", 0.0, True),
    ("Start the first server of a new cluster", 0.5, True),
    ("Start k3s and wait until the server takes part", 1.0, True),
    # A host goes on comparing by itself.
    ("Compare what runs with what was restored", 0.0, False),
]

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


@also("B9", "B10")
@pytest.mark.long
def test_a_restore_that_is_killed_again_and_again_is_ended_by_the_same_command(
    cluster: Cluster, tmp_path: Path
) -> None:
    """B9: at each of its steps; another set than the one that is half-way is refused, and nothing acts (B10)."""
    canary(cluster, "to-the-end")
    acting.begin(cluster)
    backed_up("-e", "backup_reason=end")
    identities = cluster.identities()
    lab("wipe", *cluster.servers)
    confirm = ("-e", f"restore_confirm={cluster.site['site_name']}")
    for number, (task, seconds, in_place) in enumerate(KILLS):
        directory = tmp_path / str(number)
        directory.mkdir()
        interrupted = start("restore", directory, *confirm)
        try:
            interrupted.wait_for(lambda record, task=task: record.get("task") == task)  # type: ignore[misc]
            time.sleep(seconds)
            assert interrupted.process.poll() is None, f"it ended before it could be killed:\n{interrupted.tail()}"
        finally:
            interrupted.kill()
        # A host that was told to compare does it to its end.
        assert play("status").returncode or task == KILLS[-1][0]
        assert acting.acted(cluster) == {}
        if in_place:
            refused = restore(cluster, "-e", "restore_set=20260101T000000Z")
            assert refused.returncode and refused.changed() == 0
            assert "was restored, and not all servers have entered yet" in " ".join(refused.output.split())
    run = restore(cluster)
    if run.returncode:
        assert "cut off at its very end, the playbook bootstrap does" in " ".join(run.output.split())
        play("bootstrap").succeeded()
    assert cluster.is_complete() and cluster.identities() == identities
    assert "to-the-end" in names(cluster)
    acting.goes_on(cluster)
    acting.end(cluster)
    assert play("bootstrap").succeeded().changed() == 0
    backed_up("-e", "backup_reason=next")
    play("status").succeeded()
