"""B9: a restore that was killed, of the whole site, of one server and of one component.

Nothing partial is taken for the data of the site, and the same command ends it.
"""

from __future__ import annotations

import time
from pathlib import Path

import acting
import pytest
from alerts import fires, green, resolves
from backups import backed_up, canary, names, program, record, restore, zone
from cluster import RESETS, Cluster, lab, wait_until
from object_store import s3
from playbook import play, said, start
from scenario import also, measured, scenario
from test_restore_component import ZONE, asked

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
# Of one server that enters anew: the task, seconds after that, whether what it had is kept aside by then.
OF_A_SERVER = [
    ("Keep it from coming back by itself", 0.5, False),
    ("Put its data aside", 0.0, False),
    ("Forget the node that lost its data", 0.0, True),
    ("Start k3s and wait until the server takes part", 1.0, True),
    ("Remove what was kept", 0.0, False),
]
ASIDE = "/var/lib/rancher/k3s/server/before-reset"
# There from just before the data are replaced until what runs was compared with the set.
MARKER = "/var/lib/metalstack/backup/restoring-powerdns.json"
KILLER = "drill-killer"
# Ends the module that replaces them, which is a Python without a name of its own.
KILL = f"until test -e {MARKER}; do sleep 0.005; done; pkill -KILL -x python3"

pytestmark = pytest.mark.usefixtures("backed_up_site")


def killed(task: str, seconds: float, directory: Path, *arguments: str) -> None:
    """Run the playbook restore until a task has begun, and for so many seconds more; then it ends at once."""
    directory.mkdir()
    interrupted = start("restore", directory, *arguments)
    try:
        interrupted.wait_for(lambda record: record.get("task") == task)
        time.sleep(seconds)
        assert interrupted.process.poll() is None, f"it ended before it could be killed:\n{interrupted.tail()}"
    finally:
        interrupted.kill()


@scenario(
    id="B9",
    title="A restore is killed half-way",
    initial_cluster="gone, as before; what is half in place does not start",
    target_cluster="runs on",
    end_users="none while names resolve",
    detection="the run ended without a word of success; the playbook `status` is red; `a restore was cut off on this"
    " host` if k3s is started. Of a component alone, whose site is watched meanwhile, the alert tells, too",
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
        killed(task, seconds, tmp_path / str(number), *confirm)
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
    green()


@also("B9", "E1")
@pytest.mark.long
def test_one_server_that_enters_anew_is_taken_in_by_the_command_that_was_killed_again_and_again(
    cluster: Cluster, tmp_path: Path
) -> None:
    """B9: the others take writes all the while, and what the server had is kept until it votes again."""
    first, victim = cluster.servers[:2]
    identities = cluster.identities()
    confirm = ("-e", f"restore_confirm={cluster.site['site_name']}", "-e", "restore_mode=single")
    single = (*confirm, "-e", f"restore_server={victim}")
    for number, (task, seconds, aside) in enumerate(OF_A_SERVER):
        canary(cluster, f"while-killed-{number}")
        killed(task, seconds, tmp_path / str(number), *single)
        # The one that stops may have led etcd.
        wait_until("the others take writes", lambda: cluster.writes(first))
        if aside:
            assert "left-" in cluster.on(victim, f"ls {ASIDE}")
    began = time.monotonic()
    play("restore", *single).succeeded()
    measured("B9", "of one server: from the same command until three servers vote", time.monotonic() - began)
    assert cluster.is_complete() and cluster.identities() == identities
    assert {f"while-killed-{number}" for number in range(len(OF_A_SERVER))} <= names(cluster)
    assert cluster.kubectl(victim, "get secret while-killed-0")
    assert "gone" in cluster.on(victim, f"test -e {ASIDE} || echo gone")
    assert play("bootstrap").succeeded().changed() == 0


@also("B9", "D5")
@pytest.mark.long
def test_a_component_is_restored_by_the_command_that_was_killed_again_and_again(
    cluster: Cluster, tmp_path: Path
) -> None:
    """B9: names are answered all the while, and what is replaced was backed up before."""
    first, second = cluster.servers[:2]
    kept, since = f"kept.{ZONE}", f"since.{ZONE}"
    zone(cluster, first, "PATCH", record("kept", "192.0.2.71"))
    zone(cluster, first, "PATCH", record("since"))
    name = backed_up("-e", "backup_reason=killed")
    zone(cluster, first, "PATCH", record("kept", "192.0.2.99"))
    zone(cluster, first, "PATCH", record("since", "192.0.2.72"))
    wait_until("the secondaries follow", lambda: all(asked(host, since) for host in cluster.servers))
    arguments = ("-e", "restore_component=powerdns", "-e", f"restore_set={name}")
    confirmed = ("-e", f"restore_confirm={cluster.site['site_name']}", *arguments)

    killed("Stop what uses them", 0.5, tmp_path / "stopped", *confirmed)
    assert asked(second, kept) == "192.0.2.99"
    # What replaces the data is killed on the host, then the run.
    cluster.on(first, f"systemd-run -q --collect --unit={KILLER} sh -c '{KILL}'")
    (tmp_path / "half").mkdir()
    interrupted = start("restore", tmp_path / "half", *confirmed)
    try:
        active = f"systemctl is-active {KILLER}.service; true"
        wait_until("it is half in place", lambda: cluster.on(first, active).strip() != "active", timeout=300)
    finally:
        interrupted.kill()
        cluster.on(first, f"systemctl stop {KILLER}.service; true")
    # The data are in place, and nobody has compared them.
    killed("Start what uses them", 0.0, tmp_path / "unconfirmed", *confirmed)
    assert '"done": true' in cluster.on(first, f"cat {MARKER}")
    refused = program(cluster, first, "create", "--component=powerdns")
    assert "rc=1" in refused and "is not confirmed" in refused
    told = play("status")
    assert told.returncode and f"the restore of powerdns from {name} is not confirmed" in said(told)
    assert asked(second, kept)
    fires(cluster, "RestoreNotFinished", "powerdns")
    for task in ("Compare what runs with the set", "Wait until the secondaries serve them"):
        killed(task, 0.0, tmp_path / task, *confirmed)
        assert asked(second, kept)

    began = time.monotonic()
    restore(cluster, *arguments).succeeded()
    measured("B9", "of one component: from the same command until all servers have it", time.monotonic() - began)
    for host in cluster.servers:
        assert (asked(host, kept), asked(host, since)) == ("192.0.2.71", "")
    assert "replaced" not in cluster.on(first, "ls /var/lib/powerdns")
    assert any("/catalogue/powerdns/" in key and "-before-restore" in key for key in s3(cluster, first, "list"))
    resolves(cluster, "RestoreNotFinished")
    assert play("bootstrap").succeeded().changed() == 0
    backed_up("-e", "backup_reason=next")
