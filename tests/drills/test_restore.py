"""Backups and what they are for: N6 all servers gone, S2 an old one returns, B1 B2 B4 B5 B9 C2 of the object storage.

From here on the lab has a host for object storage, outside of the cluster, which is why this comes after the others.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import old_disk
import pytest
from backups import (
    GARDEN_STATUS,
    OFFSITE,
    STORAGE,
    backed_up,
    canary,
    dns_keys,
    garden,
    garden_status,
    info,
    names,
    program,
    record,
    restore,
    token_of_a_set,
    zone,
)
from cluster import Cluster, lab, wait_until
from names import ask
from object_store import s3
from playbook import play
from scenario import also, measured, scenario

from lab import topology

METRICS = "/var/lib/prometheus/node-exporter/metalstack_backup.prom"
ANOTHER = "a6d0c1f27be94358b1f7c2d09e3a54f8"

WORKED, WHOLE = "the last backup of k3s worked", "the last backup of k3s was found whole"

pytestmark = pytest.mark.usefixtures("backed_up_site")


def test_a_live_cluster_begins_to_be_backed_up(cluster: Cluster) -> None:
    first = backed_up("-e", "backup_reason=first")
    assert first.endswith("-first")
    for component in ("k3s", "powerdns"):
        assert info(cluster, cluster.servers[0])[component]["set"] == first
    timers = cluster.on(cluster.servers[1], "systemctl list-timers --all --no-legend 'metalstack-backup*'")
    for timer in ("metalstack-backup@k3s.timer", "metalstack-backup-verify.timer", "metalstack-backup-copy.timer"):
        assert timer in timers
    copied = program(cluster, cluster.servers[0], "copy")
    assert "rc=0" in copied and json.loads(copied.splitlines()[0])["set"] >= first


def test_timers_of_several_hosts_make_one_set_together(cluster: Cluster) -> None:
    outcomes = [program(cluster, host, "create", "--component=k3s") for host in cluster.servers]
    assert all("rc=0" in outcome for outcome in outcomes), outcomes
    assert sum('"made": true' in outcome for outcome in outcomes) <= 1
    assert sum("another host has made it" in outcome for outcome in outcomes) >= 2


@scenario(
    id="B1",
    title="The object storage is down, or the key was revoked",
    initial_cluster="none; no backups meanwhile. Servers that restart start all the same",
    target_cluster="none",
    end_users="none",
    detection="`metalstack_backup_success` is 0; playbook `status`: the last backup did not work, or is overdue;"
    " `alarm:` in the journal of k3s.service",
    remedy="mend the storage or the key; what was missed is made up for within a quarter of the interval",
)
def test_an_outage_of_the_object_storage_is_none_of_the_cluster(cluster: Cluster) -> None:
    """B1: backups fail and say so, a server starts all the same."""
    host = cluster.servers[2]
    lab("kill", STORAGE)
    try:
        failed = program(cluster, host, "create", "--component=k3s")
        assert "rc=1" in failed and "cannot list" in failed
        assert info(cluster, host)["k3s"]["success"] is False
        metrics = cluster.on(host, f"cat {METRICS}")
        assert 'metalstack_backup_success{component="k3s"} 0' in metrics
        began = time.monotonic()
        told = play("status")
        measured("B1", "until the playbook status has told of the outage", time.monotonic() - began)
        assert told.returncode and WORKED in told.output
        assert "it lists the site's sets" in told.output
        began = time.monotonic()
        cluster.on(host, "systemctl restart k3s.service", timeout=180)
        measured("B1", "a server starts without the object storage", time.monotonic() - began)
        alarms = cluster.on(host, "journalctl -b -u k3s.service -o cat --no-pager | grep '^alarm:'")
        assert "alarm: the object storage gives no answer" in alarms
        wait_until("the cluster is complete", cluster.is_complete)
        run = play("bootstrap").succeeded()
        assert run.changed() == 0 and "nothing is backed up meanwhile" in " ".join(run.output.split())
    finally:
        lab("start", STORAGE)
    assert "rc=0" in program(cluster, host, "create", "--component=k3s")
    # What timers of others have failed at meanwhile, their next run mends.
    assert f"{host}: {WORKED}" not in play("status").output
    assert all("rc=0" in program(cluster, each, "copy") for each in cluster.servers)


def test_a_revoked_key_is_named(cluster: Cluster) -> None:
    """B1: the storage answers, and says no."""
    host = cluster.servers[2]
    edit = 'sed -i.kept \'s/"access_key": ".*"/"access_key": "revoked"/\' /etc/metalstack/backup/backup.json'
    cluster.on(host, edit)
    try:
        assert "check the keys" in program(cluster, host, "create", "--component=k3s")
    finally:
        cluster.on(host, "cd /etc/metalstack/backup && mv backup.json.kept backup.json")


@scenario(
    id="B2",
    title="Backups would go to a wrong bucket, another site's, or one that was emptied",
    initial_cluster="none; nothing is written there",
    target_cluster="none",
    end_users="none",
    detection="`metalstack_backup_success` is 0, with `does not know the data on this host` in the journal and in the"
    " playbook `status`",
    remedy="correct `site_object_storage`, or bring the old contents back, and run the playbook `bootstrap`",
)
@pytest.mark.long
def test_a_storage_that_does_not_know_the_data_gets_no_backup(cluster: Cluster) -> None:
    """B2, B4: another bucket, another prefix, or a storage that was emptied."""
    host, file = cluster.servers[2], "/etc/metalstack/backup/backup.json"
    before = s3(cluster, host, "list")
    refusals = (
        ("bucket", "wrong-bucket", "wrong-bucket"),
        ("site", "elsewhere", "does not know the data on this host"),
    )
    for field, wrong, why in refusals:
        cluster.on(host, f'sed -i \'s/"{field}": ".*"/"{field}": "{wrong}"/\' {file}')
        refused = program(cluster, host, "create", "--component=k3s")
        assert "rc=1" in refused and why in refused, refused
        assert 'metalstack_backup_success{component="k3s"} 0' in cluster.on(host, f"cat {METRICS}")
        told = play("status")
        assert told.returncode and WORKED in told.output
        began = time.monotonic()
        assert play("bootstrap").succeeded().changed() == 1
        assert "rc=0" in program(cluster, host, "create", "--component=k3s")
        measured("B2", f"from the remedy until backups go on ({field})", time.monotonic() - began)
        assert f"{host}: {WORKED}" not in play("status").output
    assert set(before) <= set(s3(cluster, host, "list"))


@scenario(
    id="B5",
    title="A backup was damaged in the object storage",
    initial_cluster="none",
    target_cluster="none",
    end_users="none",
    detection="the verification at night: `metalstack_backup_verified` is 0, playbook `status`",
    remedy="bring back the older versions of the objects, which the hosts' keys cannot remove; until then name an older"
    " set (`restore_set`)",
)
def test_a_flipped_byte_is_found_and_the_set_before_is_whole(cluster: Cluster) -> None:
    """B5: the newest set is damaged in the storage; verification says so, and an older one still opens."""
    host = cluster.servers[0]
    canary(cluster, "bulk")
    kept = backed_up("-e", "backup_reason=kept")
    before = set(packs(cluster))
    cluster.on(host, "head -c 300000 /dev/urandom | base64 -w0 > /tmp/noise && k3s kubectl create configmap noise"
               " --from-file=/tmp/noise -n default && rm /tmp/noise")  # fmt: skip
    damaged = backed_up("-e", "backup_reason=damaged")
    new = sorted(set(packs(cluster)) - before)
    assert new
    flip(cluster, new)
    cluster.on(host, "rm -rf /var/lib/metalstack/backup/cache; k3s kubectl delete configmap noise -n default")
    began = time.monotonic()
    broken = program(cluster, host, "verify", "--level=2", "--component=k3s")
    measured("B5", "until the verification has found the damage", time.monotonic() - began)
    assert "rc=1" in broken, (damaged, broken)
    assert 'metalstack_backup_verified{component="k3s"} 0' in cluster.on(host, f"cat {METRICS}")
    told = play("status")
    assert told.returncode and WHOLE in told.output
    # What a restore would name meanwhile: it is restored, beside what runs, and holds all that its manifest names.
    restored = program(cluster, host, "verify", "--level=3", "--component=k3s", f"--set={kept}", timeout=600)
    assert "rc=0" in restored, restored
    # As an operator brings back the versions before, which the writer's key could not remove.
    began = time.monotonic()
    flip(cluster, new)
    assert "rc=0" in program(cluster, host, "verify", "--level=2", "--component=k3s")
    measured("B5", "from the remedy until the newest backup is whole again", time.monotonic() - began)
    assert 'metalstack_backup_verified{component="k3s"} 1' in cluster.on(host, f"cat {METRICS}")
    assert f"{host}: {WHOLE}" not in play("status").output


@scenario(
    id="B7",
    title="Backups stop without a word",
    initial_cluster="none; what a restore would lose grows",
    target_cluster="none",
    end_users="none",
    detection="`metalstack_backup_last_success_seconds` is older than two intervals on all hosts; the playbook"
    " `status`: services are red",
    remedy="run the playbook `bootstrap`, which starts the timers again",
)
@pytest.mark.long
def test_backups_that_stopped_are_told_and_taken_up_again(cluster: Cluster) -> None:
    for host in cluster.servers:
        cluster.on(host, "systemctl disable --now 'metalstack-backup@k3s.timer'")
    # As if two intervals had passed.
    began = time.monotonic()
    found = play("status", "-e", '{"site_backup_interval": 1}')
    measured("B7", "until the playbook status has told", time.monotonic() - began)
    assert found.returncode and "k3s was backed up in time" in found.output
    for host in cluster.servers:
        # What an alert compares with the clock: nothing has moved it on.
        last = info(cluster, host)["k3s"].get("last_success")
        metrics = cluster.on(host, f"cat {METRICS}")
        assert last is None or f'last_success_seconds{{component="k3s"}} {last:.15g}' in metrics
    began = time.monotonic()
    assert play("bootstrap").succeeded().changed() == len(cluster.servers)
    measured("B7", "from the remedy until the timers run again", time.monotonic() - began)
    for host in cluster.servers:
        assert cluster.on(host, "systemctl is-active metalstack-backup@k3s.timer").strip() == "active"
    play("status").succeeded()


def test_a_restore_is_rehearsed_beside_the_cluster(cluster: Cluster) -> None:
    host = cluster.servers[0]
    canary(cluster, "rehearsed")
    name = backed_up("-e", "backup_reason=rehearsal")
    started = cluster.on(host, "systemctl show -p ActiveEnterTimestampMonotonic k3s.service")
    began = time.monotonic()
    outcome = program(cluster, host, "rehearse", "--days=0", timeout=600)
    assert "rc=0" in outcome, outcome
    measured("N6", "rehearsal of a restore on a server that goes on serving", time.monotonic() - began)
    found = json.loads(outcome.splitlines()[0])
    assert {one["component"]: one["verified"] for one in found} == {"k3s": True, "powerdns": True}
    assert all(one["set"] >= name for one in found)
    assert started == cluster.on(host, "systemctl show -p ActiveEnterTimestampMonotonic k3s.service")
    assert cluster.is_complete()
    # Nothing of it is left, and the other servers need not do it again.
    left = cluster.on(
        host, "ls /var/lib/metalstack/backup; systemctl list-units --no-legend 'metalstack-backup-apart*'"
    )
    assert "rehearsal" not in left.split() and "apart" not in left
    again = program(cluster, cluster.servers[1], "rehearse", "--component=k3s")
    assert "rc=0" in again and '"verified": false' in again
    assert "rehearsed" in play("status").succeeded().output.lower()


@pytest.mark.long
def test_what_is_taken_out_of_the_inventory_is_taken_off_the_hosts(cluster: Cluster) -> None:
    host = cluster.servers[0]
    look = "systemctl list-unit-files --no-legend 'metalstack-backup*.timer'; ls /etc/metalstack/backup"
    backed_up("-e", "backup_reason=kept")
    ours = ("metalstack-backup-copy.timer", "metalstack-backup-rehearse.timer", "ca-second.pem")
    before = cluster.on(host, look)
    assert all(one in before for one in ours)
    # Both storages, from each server.
    assert play("probe_storage").succeeded().output.count("where: https://") == 2 * len(cluster.servers)
    without = ("-e", json.dumps({"site_object_storage_second": {}, "backup_rehearse": False}))
    predicted = play("bootstrap", "--check", *without).succeeded().changed()
    assert predicted and cluster.on(host, look) == before
    assert play("bootstrap", *without).succeeded().changed() == predicted
    assert not any(one in cluster.on(host, look) for one in ours)
    assert play("bootstrap", *without).succeeded().changed() == 0
    assert "rc=0" in program(cluster, host, "verify", "--component=k3s")
    metrics = cluster.on(host, "cat /var/lib/prometheus/node-exporter/metalstack_backup.prom")
    assert "metalstack_backup_verified" in metrics and "metalstack_backup_copy_success" not in metrics
    play("bootstrap").succeeded()
    assert all(one in cluster.on(host, look) for one in ours)


def test_nothing_young_is_pruned(cluster: Cluster) -> None:
    host = cluster.servers[0]
    before = s3(cluster, host, "list")
    predicted = play("prune_backups", "--check", "--diff").succeeded()
    assert predicted.changed() == 0 and "younger than 7 days" in predicted.output
    assert play("prune_backups").succeeded().changed() == 0
    assert set(before) <= set(s3(cluster, host, "list"))


@scenario(
    id="B8",
    title="All backups are deleted with the keys of a host",
    initial_cluster="none; nothing is backed up meanwhile",
    target_cluster="none",
    end_users="none",
    detection="`metalstack_backup_success` is 0, with `does not know the data on this host`; the playbook"
    " `prune_backups` refuses: somebody has deleted them",
    remedy="take away the delete markers with the pruner's keys: nothing is removed for good before `hidden_days`; or"
    " make the second object storage the first",
)
@pytest.mark.long
def test_backups_that_were_deleted_are_there_still(cluster: Cluster) -> None:
    host = cluster.servers[0]
    kept = backed_up("-e", "backup_reason=deleted")
    before = s3(cluster, host, "delete")
    assert s3(cluster, host, "list") == []
    began = time.monotonic()
    refused = program(cluster, host, "create", "--component=k3s")
    assert "rc=1" in refused and "does not know the data on this host" in refused
    assert 'metalstack_backup_success{component="k3s"} 0' in cluster.on(host, f"cat {METRICS}")
    told = play("status")
    measured("B8", "until a backup was refused and the playbook status has told", time.monotonic() - began)
    assert told.returncode and WORKED in told.output
    pruned = play("prune_backups")
    assert pruned.returncode and "somebody has deleted" in " ".join(pruned.output.split())
    began = time.monotonic()
    s3(cluster, host, "undelete", **cluster.site["site_object_storage"]["pruner"])
    measured("B8", "until all that was deleted is there again", time.monotonic() - began)
    assert set(before) <= set(s3(cluster, host, "list"))
    assert "rc=0" in program(cluster, host, "verify", "--level=2", "--component=k3s", f"--set={kept}")
    assert "rc=0" in program(cluster, host, "create", "--component=k3s")


def untouched(cluster: Cluster) -> bool:
    """Tell whether no server has anything of a backup or of k3s on it."""
    look = "ls -d /etc/metalstack/backup /var/lib/metalstack/backup /etc/rancher /usr/local/bin/k3s 2>/dev/null; true"
    return not any(cluster.on(host, look).strip() for host in cluster.servers)


def served(host: str) -> bool:
    """Tell whether a server answers for a name of the site."""
    found = ask("records", server=str(topology.host(host).address), name="before.shoot.lab.example", rtype="A")
    return found == ["192.0.2.66"]


def flip(cluster: Cluster, files: list[str]) -> None:
    """Turn a byte in the middle of each file around; twice, and it is as before."""
    code = (
        "import sys\nfor name in sys.argv[1:]:\n    file = open(name, 'r+b')\n    middle = file.seek(0, 2) // 2\n"
        "    file.seek(middle)\n    byte = file.read(1)[0] ^ 255\n    file.seek(middle)\n    file.write(bytes([byte]))"
    )
    cluster.on(STORAGE, f"python3 - {' '.join(files)}", stdin=code)


def packs(cluster: Cluster) -> list[str]:
    return cluster.on(STORAGE, "find /var/lib/objects -path '*/restic/*/data/*' -type f").split()


def older(cluster: Cluster) -> str:
    """Return what an inventory says that wants an older version, whose program is never installed."""
    known = cluster.site["site_artifacts"]["k3s"][cluster.site["site_k3s_version"]]
    artifacts = {**cluster.site["site_artifacts"], "k3s": {"v1.34.4+k3s1": known}}
    return json.dumps({"site_k3s_version": "v1.34.4+k3s1", "site_artifacts": artifacts})


@scenario(
    id="C2",
    title="The token of k3s is lost",
    initial_cluster="none; a restore with another token is refused before anything is changed",
    target_cluster="none",
    end_users="none",
    detection="the playbook `status`: the escrow of `site_k3s_token` was never confirmed, or its confirmation is of"
    " another one",
    remedy="take it from the escrow, or, with the backup password, from `server/token` in any backup of k3s",
)
@scenario(
    id="D4",
    title="A restore needs the DNS that was lost, too",
    initial_cluster="none: a restore goes by addresses alone and brings time and names back first",
    target_cluster="as with N6",
    end_users="as with N6",
    detection="as with N6",
    remedy="the playbook `restore`; `site_object_storage` has to name its endpoint by address, or by a name that others"
    " serve (V37)",
)
@scenario(
    id="N6",
    title="All servers of the initial cluster are lost, disks and all",
    initial_cluster="gone",
    target_cluster="runs on; nothing heals or is rescheduled there, nothing new can be made",
    end_users="none while names resolve: put a DNS server outside of the initial cluster",
    detection="whoever asks the API or the DNS from outside",
    remedy="install the hosts anew and run the playbook `restore`, or the playbook `bootstrap` with"
    " `site_recovery: restore`",
)
def test_all_servers_are_lost_and_come_back(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """N6: disks and all. What the set held is there again, what came after it is not, and backups go on."""
    first, identities = cluster.servers[0], cluster.identities()
    canary(cluster, "before")
    garden(cluster)
    zone(cluster, first, "PATCH", record("before", "192.0.2.66"))
    # One that nothing is signed with, so that the names stay as they are.
    key = "add-zone-key shoot.lab.example zsk inactive unpublished"
    cluster.on(first, f"pdnsutil --config-dir=/etc/powerdns/metalstack {key}")
    keys = dns_keys(cluster, first)
    assert keys.count("[]") == 0, "there is a key of each kind"
    kubeconfig = cluster.on(first, "cat /etc/rancher/k3s/k3s.yaml")
    name = backed_up("-e", "backup_reason=disaster")
    canary(cluster, "after")
    # C2: what tells that the token may be lost, and where it is found.
    assert "escrow of site_k3s_token: never confirmed" in play("status").output
    assert cluster.site["site_k3s_token"] in token_of_a_set(cluster, first)
    wait_until("all servers answer for it", lambda: all(served(host) for host in cluster.servers))
    old_disk.keep(cluster.servers[2])
    lab("wipe", *cluster.servers)

    # Neither the API nor a name is answered, and what asks from outside is told.
    assert not any(cluster.writes(host) or served(host) for host in cluster.servers)
    began = time.monotonic()
    told = play("status")
    measured("N6", "until the playbook status has told", time.monotonic() - began)
    assert told.returncode and "gate: red" in told.output
    confirm = f"restore_confirm={cluster.site['site_name']}"
    for playbook, given, why in (
        ("bootstrap", (), "set site_recovery to restore"),
        ("restore", (), "Expected: -e restore_confirm="),
        ("restore", (confirm, f"site_backup_password={ANOTHER}"), "give the password that was escrowed"),
        ("restore", (confirm, "restore_set=20200101T000000Z"), "there is no set 20200101T000000Z"),
        ("restore", (confirm, older(cluster)), "which may not read it"),
        (
            "restore",
            (confirm, "site_k3s_token=0123456789abcdef0123456789abcdef"),
            "is not the one that the set was made",
        ),
    ):
        began = time.monotonic()
        refused = play(playbook, *(word for one in given for word in ("-e", one)))
        measured("C2", "until a restore that cannot be made is refused", time.monotonic() - began)
        assert refused.returncode and why in " ".join(refused.output.split()), refused.output[-4000:]
        assert refused.changed() == 0
        # Not even what it takes to ask was installed.
        assert untouched(cluster)

    monkeypatch.setenv("METALSTACK_REPORTS", str(tmp_path))
    began = time.monotonic()
    restore(cluster).succeeded()
    for one in ("N6", "D4"):
        measured(one, "restore of three servers from hosts ready, with time and DNS", time.monotonic() - began)
    wait_until("all servers answer for it", lambda: all(served(host) for host in cluster.servers), timeout=30)
    monkeypatch.delenv("METALSTACK_REPORTS")
    [file] = tmp_path.iterdir()
    report = json.loads(file.read_text())
    assert report["ok"] and report["facts"]["restored"]["set"] == name
    compared = {one["component"]: one["report"] for one in report["facts"]["confirmed"]}
    assert compared["k3s"]["objects"] > 20 and compared["powerdns"]["zones"]
    assert (compared["k3s"]["encrypted"], compared["k3s"]["kubeconfig"]) == (True, "taken")
    assert compared["powerdns"]["tsigkeys"] and compared["powerdns"]["cryptokeys"]
    assert abs(sum(one["seconds"] for one in report["phases"]) - report["seconds"]) < 10
    assert cluster.is_complete() and cluster.identities() == identities
    assert "before" in names(cluster) and "after" not in names(cluster)
    secret = cluster.kubectl(first, "get secret before")["data"]["word"]
    assert secret == "a2VwdC10aHJvdWdoLWl0LWFsbA=="
    assert garden_status(cluster) == GARDEN_STATUS["status"]
    assert "192.0.2.66" in zone(cluster, first, "GET")
    assert dns_keys(cluster, first) == keys
    cluster.on(first, "cat > /run/old-kubeconfig", stdin=kubeconfig)
    cluster.on(first, "k3s kubectl --kubeconfig /run/old-kubeconfig get nodes; rm /run/old-kubeconfig")
    assert play("bootstrap").succeeded().changed() == 0
    backed_up("-e", "backup_reason=next")


@scenario(
    id="E5",
    title="An old member of etcd comes back after a restore",
    initial_cluster="none: it starts no datastore, so it takes part in no vote",
    target_cluster="none",
    end_users="none",
    detection="`is what was before a restore` in the journal of its k3s.service, which is not up",
    remedy="run the playbook `reset` with `--limit` to that host, then the playbook `bootstrap`",
)
@scenario(
    id="S2",
    title="An old server comes back after the site was restored elsewhere",
    initial_cluster="none: its k3s does not start",
    target_cluster="none: no second Gardener acts on it",
    end_users="none",
    detection="`is what was before a restore` in the journal of its k3s.service, which is not up",
    remedy="run the playbook `reset` with `--limit` to that host, then the playbook `bootstrap`",
)
def test_an_old_server_that_returns_does_not_start_its_data(cluster: Cluster) -> None:
    """S2, E5: the disk of a server from before the restore."""
    host = cluster.servers[2]
    with old_disk.running(host) as disk:
        wait_until("the old server says why it does not start", lambda: "is what was before a restore" in cluster.on(
            host, "journalctl -b -u k3s.service -o cat --no-pager | tail -50"))  # fmt: skip
        assert cluster.on(host, "pgrep -c '^(etcd|k3s)'; true").strip() == "0"
        refused = program(cluster, host, "create", "--component=k3s")
        assert "rc=1" in refused and "before a restore" in refused
        began = time.monotonic()
        gate = program(cluster, host, "gate")
        measured("S2", "until the gate has refused", time.monotonic() - began)
        assert "rc=3" in gate, gate
        told = play("status")
        assert told.returncode and f"{host}:" in told.output
        # The others go on, and it votes no more until it was taken off and has entered as a new one.
        assert cluster.writes(cluster.servers[0])
        disk.stays = True
        began = time.monotonic()
        play("reset", "--limit", host, "-e", f"reset_confirm={cluster.site['site_name']}").succeeded()
        play("bootstrap").succeeded()
        for one in ("S2", "E5"):
            measured(one, "from the remedy until it has entered as a new one", time.monotonic() - began)
    wait_until("the cluster is complete", cluster.is_complete)
    assert play("bootstrap").succeeded().changed() == 0
    play("status").succeeded()


@also("N6")
@pytest.mark.long
def test_the_first_object_storage_is_lost_together_with_all_servers(cluster: Cluster, tmp_path: Path) -> None:
    """N6: what was copied to the other place is enough, and backups go on there."""
    canary(cluster, "elsewhere")
    name = backed_up("-e", "backup_reason=elsewhere")
    identities = cluster.identities()
    moved = tmp_path / "moved.json"
    site = {"site_object_storage": cluster.site["site_object_storage_second"], "site_object_storage_second": {}}
    moved.touch(mode=0o600)
    moved.write_text(json.dumps(site))
    lab("kill", STORAGE)
    lab("wipe", *cluster.servers)
    began = time.monotonic()
    run = restore(cluster, "-e", f"@{moved}").succeeded()
    measured("N6", "the same from the second object storage, with the first one gone", time.monotonic() - began)
    assert name in run.output
    assert cluster.is_complete() and cluster.identities() == identities
    assert "elsewhere" in names(cluster)
    assert play("bootstrap", "-e", f"@{moved}").succeeded().changed() == 0
    backed_up("-e", "backup_reason=next", "-e", f"@{moved}")


@pytest.mark.long
def test_a_site_is_founded_from_nothing_when_that_is_said(cluster: Cluster) -> None:
    lab("wipe", *cluster.servers, STORAGE, OFFSITE)
    refused = play("bootstrap")
    assert refused.returncode and "for a new site set site_recovery to fresh" in " ".join(refused.output.split())
    play("bootstrap", "-e", "site_recovery=fresh").succeeded()
    assert cluster.is_complete()
    backed_up("-e", "backup_reason=first")
    assert play("bootstrap").succeeded().changed() == 0
    play("status").succeeded()
