"""What keeps good backups from being lost: B3 an emptied database, B4 a rebuilt cluster, B6 a lost password."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path

import pytest
from alerts import fires, green, resolves
from backups import backed_up, canary, info, names, program, restore
from cluster import Cluster, lab
from object_store import CARRIED, access, carry, s3
from playbook import play
from scenario import measured, scenario

pytestmark = [pytest.mark.usefixtures("backed_up_site"), pytest.mark.long]

# Of a kind that nothing else in the lab has: what the sets before held is known.
ROWS = 6
KIND = "networkpolicies.networking.k8s.io"
ANOTHER = "a6d0c1f27be94358b1f7c2d09e3a54f8"
PASSWORD = "/etc/metalstack/backup/password"
METRICS = "/var/lib/prometheus/node-exporter/metalstack_backup.prom"


def fill(cluster: Cluster) -> None:
    rows = [
        {
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": f"row{number}", "namespace": "default"}, "spec": {"podSelector": {}},
        }
        for number in range(ROWS)
    ]  # fmt: skip
    cluster.apply(cluster.servers[0], json.dumps({"apiVersion": "v1", "kind": "List", "items": rows}))


def empty(cluster: Cluster) -> None:
    cluster.on(cluster.servers[0], f"k3s kubectl delete {KIND} --all -n default")


def rows(cluster: Cluster) -> int:
    return len(cluster.kubectl(cluster.servers[0], f"get {KIND} -n default")["items"])


def shown(cluster: Cluster, host: str) -> str:
    """What a host tells of its own last backups."""
    return cluster.on(host, f"cat {METRICS} 2>/dev/null", check=False)


def reset(cluster: Cluster) -> None:
    play("reset", "-e", f"reset_confirm={cluster.site['site_name']}").succeeded()


def generations(keys: list[str]) -> set[str]:
    return {key for key in keys if "/lineages/" in key}


def words(output: str) -> str:
    return " ".join(output.split())


@scenario(
    id="B3",
    title="A database that was emptied is backed up",
    initial_cluster="what was emptied is lost until it is restored; good backups stay, and are what a restore takes",
    target_cluster="as far as it depends on what was emptied",
    end_users="none",
    detection="the playbook `status`: the newest backup holds less than those before; `metalstack_backup_suspect` is 1;"
    " the playbook `prune_backups` refuses",
    remedy="the playbooks `reset` and `restore`, which takes the newest set that is not suspect, or the one that"
    " `restore_set` names. When it is known why there is less: the playbook `backup` with `backup_promote`",
)
def test_a_database_that_was_emptied_replaces_no_good_backup(cluster: Cluster) -> None:
    identities = cluster.identities()
    fill(cluster)
    good = backed_up("-e", "backup_reason=good")
    empty(cluster)
    began = time.monotonic()
    emptied = backed_up("-e", "backup_reason=emptied")
    told = play("status")
    measured("B3", "until a backup was made of it and the playbook status has told", time.monotonic() - began)
    assert told.returncode and "the newest backup of k3s holds what those before held" in told.output
    assert f"{KIND} is 0, the median of the last 1 sets is {ROWS}" in words(told.output)
    # Of the set that was asked for, or of the interval's own, which may be made at any moment.
    assert any('metalstack_backup_suspect{component="k3s"} 1' in shown(cluster, host) for host in cluster.servers)
    fires(cluster, "BackupSuspect", "k3s")
    before = s3(cluster, cluster.servers[0], "list")
    pruned = play("prune_backups")
    assert pruned.returncode and f"set {emptied} is the newest with k3s" in words(pruned.output)
    assert set(before) <= set(s3(cluster, cluster.servers[0], "list"))

    began = time.monotonic()
    reset(cluster)
    restored = restore(cluster).succeeded()
    measured("B3", "from the remedy's first command to the older state on three servers", time.monotonic() - began)
    assert f"Set {good} of lineage" in words(restored.output)
    assert rows(cluster) == ROWS and cluster.is_complete() and cluster.identities() == identities
    assert play("bootstrap").succeeded().changed() == 0

    # From here on it is known why they are gone.
    empty(cluster)
    known = backed_up("-e", "backup_reason=known")
    assert play("status").returncode
    began = time.monotonic()
    promote = ("-e", f"backup_promote={known}")
    assert play("backup", *promote, "--check").succeeded().changed()
    assert play("status").returncode
    assert play("backup", *promote).succeeded().changed()
    resolves(cluster, "BackupSuspect", "k3s")
    green()
    measured("B3", "until a set that is known to hold less counts as good", time.monotonic() - began)
    assert play("backup", *promote).succeeded().changed() == 0
    for host in cluster.servers:
        if info(cluster, host)["k3s"].get("set") == known:
            assert 'metalstack_backup_suspect{component="k3s"} 0' in shown(cluster, host)
    backed_up("-e", "backup_reason=next")
    green()
    assert play("prune_backups").succeeded().changed() == 0


@scenario(
    id="B4",
    title="A cluster that was rebuilt from nothing would be backed up where the old one was",
    initial_cluster="the new one is empty; the backups of the old one stay as they are",
    target_cluster="runs on; nobody manages it",
    end_users="none",
    detection="the playbook `bootstrap` refuses and names the lineage that the storage holds; whoever leaves the"
    " storage out to get around that is refused when it comes back, and the playbook `status` is red. The alert"
    " tells when there are backups of two clusters all the same",
    remedy="the playbooks `reset` and `restore` bring the old one back; a cluster that has nothing to do with it needs"
    " another bucket or name",
)
def test_a_cluster_that_was_rebuilt_is_not_backed_up_beside_the_old_one(cluster: Cluster) -> None:
    host = cluster.servers[0]
    (identity,) = cluster.identities()
    canary(cluster, "of-the-old-one")
    kept = backed_up("-e", "backup_reason=kept")
    before, asks = s3(cluster, host, "list"), access(cluster, host)
    # New hosts, and somebody founds a cluster on them without the storage, which would have asked what is meant.
    lab("wipe", *cluster.servers)
    nowhere = json.dumps({"site_object_storage": {}, "site_object_storage_second": {}})
    play("bootstrap", "-e", nowhere).succeeded()
    assert identity not in cluster.identities()
    began = time.monotonic()
    refused = play("bootstrap")
    measured("B4", "until a cluster beside the backups of another one is refused", time.monotonic() - began)
    assert refused.returncode and f"holds backups of {identity}" in words(refused.output)
    # Before anything was installed for it.
    for server in cluster.servers:
        assert "rc=127" in program(cluster, server, "create", "--component=k3s")
        assert not cluster.on(server, "systemctl list-timers --all --no-legend 'metalstack-backup*'").strip()
    told = play("status")
    assert told.returncode and "it lists the site's sets" in told.output
    carry(cluster, host, asks)
    after = s3(cluster, host, "list", CARRIED)
    assert set(before) <= set(after) and generations(after) == generations(before)

    began = time.monotonic()
    reset(cluster)
    took = time.monotonic() - began
    asked = play("bootstrap", "-e", "site_recovery=fresh")
    assert asked.returncode and f"holds that of {identity}" in words(asked.output)
    began = time.monotonic()
    restored = restore(cluster).succeeded()
    took += time.monotonic() - began
    measured("B4", "from the remedy's first command to the old cluster on three servers", took)
    assert f"Set {kept} of lineage" in words(restored.output)
    assert cluster.identities() == {identity} and "of-the-old-one" in names(cluster) and cluster.is_complete()
    assert play("bootstrap").succeeded().changed() == 0
    backed_up("-e", "backup_reason=next")
    green()


@scenario(
    id="B6",
    title="The backup password is lost, or is another one",
    initial_cluster="none while a server lives; after the loss of all of them nothing can be restored without it",
    target_cluster="none",
    end_users="none",
    detection="the playbook `status`: the escrow of `site_backup_password` was never confirmed, or its confirmation is"
    " of another one. One that is not that of the hosts is refused (V29). Where it is wrong on a host, the verification"
    " at night does not open the newest set: `metalstack_backup_verified` is 0",
    remedy="take it from the escrow, or, while a server lives, from `/etc/metalstack/backup/password` there",
)
def test_a_lost_backup_password_is_told_refused_and_taken_from_the_escrow(cluster: Cluster) -> None:
    host, escrowed = cluster.servers[2], cluster.site["site_backup_password"]
    another = ("-e", f"site_backup_password={ANOTHER}")
    fingerprint = hashlib.sha256(escrowed.encode()).hexdigest()[:16]
    confirmed = ("-e", json.dumps({"site_escrow_fingerprints": {"site_backup_password": fingerprint}}))
    said = "escrow of site_backup_password:"
    assert f"{said} never confirmed" in green().output
    assert f"{said} confirmed" in green(*confirmed).output
    # As when it was lost and init has generated another one.
    assert f"{said} of an older value" in green(*confirmed, *another).output

    identities = cluster.identities()
    canary(cluster, "behind-the-password")
    kept = backed_up("-e", "backup_reason=kept")
    began = time.monotonic()
    refused = play("bootstrap", *another)
    measured("B6", "until another password than that of the hosts is refused", time.monotonic() - began)
    assert refused.returncode and refused.changed() == 0 and "V29" in refused.output
    assert all(cluster.on(server, f"cat {PASSWORD}").strip() == escrowed for server in cluster.servers)

    for server in cluster.servers:
        cluster.on(server, f"cat > {PASSWORD}", stdin=ANOTHER)
    failed = program(cluster, host, "verify", "--component=k3s")
    assert "rc=1" in failed and "backup password" in failed, failed
    metrics = cluster.on(host, f"cat {METRICS}")
    assert 'metalstack_backup_verified{component="k3s"} 0' in metrics
    assert "the last backup of k3s was found whole" in play("status").output
    fires(cluster, "BackupNotReadable", "k3s")
    refused = play("bootstrap")
    assert refused.returncode and refused.changed() == 0 and "V29" in refused.output
    for server in cluster.servers:
        cluster.on(server, f"rm {PASSWORD}")
    assert play("bootstrap").succeeded().changed() == len(cluster.servers)
    assert "rc=0" in program(cluster, host, "verify", "--component=k3s")
    resolves(cluster, "BackupNotReadable", "k3s")

    before, asks = s3(cluster, host, "list"), access(cluster, host)
    lab("wipe", *cluster.servers)
    began = time.monotonic()
    refused = restore(cluster, *another)
    measured("B6", "until a restore with another password is refused", time.monotonic() - began)
    assert refused.returncode and "give the password that was escrowed" in words(refused.output)
    assert refused.changed() == 0
    carry(cluster, host, asks)
    after = s3(cluster, host, "list", CARRIED)
    assert set(before) <= set(after) and generations(after) == generations(before)
    left = "ls -d /var/lib/rancher/k3s/server/db /var/lib/metalstack/backup/record.json 2>/dev/null; true"
    assert [cluster.on(server, left) for server in cluster.servers] == [""] * len(cluster.servers)

    began = time.monotonic()
    restored = restore(cluster).succeeded()
    measured("B6", "restore of three servers with the escrowed one", time.monotonic() - began)
    assert f"Set {kept} of lineage" in words(restored.output)
    assert cluster.identities() == identities and "behind-the-password" in names(cluster) and cluster.is_complete()
    assert play("bootstrap").succeeded().changed() == 0
    backed_up("-e", "backup_reason=next")
    green()


def test_a_storage_that_was_taken_out_leaves_nothing_but_whose_data_these_are(cluster: Cluster) -> None:
    nowhere = ("-e", json.dumps({"site_object_storage": {}, "site_object_storage_second": {}}))
    look = (
        f"ls -d {Path(PASSWORD).parent} /usr/local/bin/metalstack-backup"
        f" {METRICS} /etc/systemd/system/k3s.service.d/*gate* 2>/dev/null;"
        " systemctl list-units --all --no-legend 'metalstack-backup*.timer' | grep -v not-found; true"
    )
    known = "cat /var/lib/metalstack/backup/record.json"
    started = "systemctl show -p ActiveEnterTimestampMonotonic k3s.service"
    before = [cluster.on(host, command) for host in cluster.servers for command in (known, started)]
    predicted = play("bootstrap", "--check", *nowhere).succeeded().changed()
    assert predicted and all(len(cluster.on(host, look).splitlines()) > 6 for host in cluster.servers)
    assert play("bootstrap", *nowhere).succeeded().changed() == predicted
    assert [cluster.on(host, look) for host in cluster.servers] == [""] * len(cluster.servers)
    assert play("bootstrap", *nowhere).succeeded().changed() == 0
    play("bootstrap").succeeded()
    assert [cluster.on(host, command) for host in cluster.servers for command in (known, started)] == before
    backed_up("-e", "backup_reason=again")
    assert play("bootstrap").succeeded().changed() == 0
    green()
