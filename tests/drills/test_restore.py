"""What backups are for: N6 all servers gone, with C2 and D4, S2 an old one returns, a site that begins anew."""

from __future__ import annotations

import datetime
import json
import time
from pathlib import Path

import acting
import old_disk
import pytest
from alerts import fires, green, resolves
from backups import (
    GARDEN_STATUS,
    OFFSITE,
    STORAGE,
    backed_up,
    canary,
    dns_keys,
    garden,
    garden_status,
    names,
    program,
    record,
    restore,
    token_of_a_set,
    zone,
)
from cluster import Cluster, lab, wait_until
from names import ask
from playbook import play, said
from scenario import also, measured, scenario
from versions import before

from lab import topology

ANOTHER = "a6d0c1f27be94358b1f7c2d09e3a54f8"

pytestmark = pytest.mark.usefixtures("backed_up_site")


def untouched(cluster: Cluster) -> bool:
    """Tell whether no server has anything of a backup or of k3s on it."""
    look = "ls -d /etc/metalstack/backup /var/lib/metalstack/backup /etc/rancher /usr/local/bin/k3s 2>/dev/null; true"
    return not any(cluster.on(host, look).strip() for host in cluster.servers)


def served(host: str) -> bool:
    """Tell whether a server answers for a name of the site."""
    found = ask("records", server=str(topology.host(host).address), name="before.shoot.lab.example", rtype="A")
    return found == ["192.0.2.66"]


def older(cluster: Cluster) -> str:
    """Return what an inventory says that wants an older version, whose program is never installed."""
    present = cluster.site["site_k3s_version"]
    version, known = before(present), cluster.site["site_artifacts"]["k3s"][present]
    artifacts = {**cluster.site["site_artifacts"], "k3s": {version: known}}
    return json.dumps({"site_k3s_version": version, "site_artifacts": artifacts})


@scenario(
    id="B10",
    title="What was restored is older than what was done since",
    initial_cluster="as with N6; CronJobs, and what is labelled for it, stand still until what runs was compared with"
    " the set, or until somebody lets them go",
    target_cluster="machines, addresses and shoots that were made or deleted after the set are not known, and nothing"
    " acts on that meanwhile",
    end_users="none by itself",
    detection="the report of the restore says how old the set is; what partitions and firewalls have beside what is"
    " restored; the playbook `status` names what is held",
    remedy="the playbook `restore` with `-e site_recovery_release=false`; put the state right, then run the playbook"
    " `bootstrap`, which lets go what was held",
)
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
    detection="the receiver outside of the site hears the alert Watchdog no more (`site_monitoring_deadman_url`), since"
    " who watches the site is lost with it; whoever asks the API or the DNS from outside; the playbook `status` is red",
    remedy="install the hosts anew and run the playbook `restore`, or the playbook `bootstrap` with"
    " `site_recovery: restore`",
)
def test_all_servers_are_lost_and_come_back(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """N6: disks and all. What the set held is there again, what came after it is not, and backups go on."""
    first, identities = cluster.servers[0], cluster.identities()
    canary(cluster, "before")
    acting.begin(cluster)
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
    # B10: nothing acts before what runs was compared, and all does then.
    [moment] = [one["at"] for one in report["facts"]["confirmed"] if one["component"] == "k3s"]
    confirmed = datetime.datetime.fromisoformat(moment).timestamp()
    began_to_act = [min(times) for times in acting.goes_on(cluster).values()]
    assert min(began_to_act) >= int(confirmed)
    measured("B10", "from the comparison until what was held acts again", max(began_to_act) - confirmed)
    assert {"CronJob/default/ticks", "Job/default/works-now"} < set(report["facts"]["held"])
    assert report["facts"]["released"] == report["facts"]["held"]
    acting.end(cluster)
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


@pytest.fixture
def restored_since(cluster: Cluster) -> str:
    """Return a server of whose disk there is a copy from before the site was restored."""
    host = cluster.servers[2]
    if not old_disk.kept(host):
        backed_up("-e", "backup_reason=old")
        old_disk.keep(host)
        lab("wipe", *cluster.servers)
        restore(cluster).succeeded()
    return host


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
    initial_cluster="none: its k3s does not start, nor its PowerDNS if it was the primary",
    target_cluster="none: no second Gardener acts on it",
    end_users="none: nobody gets a name of the past",
    detection="`is what was before a restore` in the journal of its k3s.service, or pdns.service, which is not up",
    remedy="run the playbook `reset` with `--limit` to that host, then the playbook `bootstrap`; where it is the"
    " primary of the DNS, `promote_dns` between the two",
)
@pytest.mark.long
def test_an_old_server_that_returns_does_not_start_its_data(cluster: Cluster, restored_since: str) -> None:
    """S2, E5: the disk of a server from before the restore."""
    host = restored_since
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
        fires(cluster, "EtcdDataOfFormerGeneration", host)
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
    resolves(cluster, "EtcdDataOfFormerGeneration")
    green()


@pytest.mark.long
def test_nothing_is_restored_in_the_place_of_data(cluster: Cluster) -> None:
    """Whoever means to go back to an older set would else be told that all is well, with the data of now."""
    refused = restore(cluster)
    assert refused.returncode and refused.changed() == 0
    assert f"no server whose Kubernetes lives (found: {', '.join(cluster.servers)}" in " ".join(refused.output.split())
    for host in cluster.servers:
        cluster.on(host, "systemctl stop k3s.service", timeout=120)
    refused = restore(cluster, "-e", "restore_set=20260101T000000Z")
    assert refused.returncode and refused.changed() == 0
    told = " ".join(refused.output.split())
    assert f"{', '.join(cluster.servers)} still has data of Kubernetes, in whose place nothing is restored" in told
    play("bootstrap").succeeded()
    wait_until("the cluster is complete", cluster.is_complete)


@also("N6", "B10")
@pytest.mark.long
def test_the_first_object_storage_is_lost_together_with_all_servers(cluster: Cluster, tmp_path: Path) -> None:
    """N6: what was copied to the other place is enough, and backups go on there. B10: what acts waits for a word."""
    canary(cluster, "elsewhere")
    acting.begin(cluster)
    name = backed_up("-e", "backup_reason=elsewhere")
    identities = cluster.identities()
    moved = tmp_path / "moved.json"
    site = {"site_object_storage": cluster.site["site_object_storage_second"], "site_object_storage_second": {}}
    moved.touch(mode=0o600)
    moved.write_text(json.dumps(site))
    lab("kill", STORAGE)
    lab("wipe", *cluster.servers)
    began = time.monotonic()
    # As a CI deploys it that finds empty hosts.
    held = ("-e", "site_recovery_release=false", "-e", f"@{moved}")
    run = play("bootstrap", "-e", "site_recovery=restore", *held).succeeded()
    measured("N6", "the same from the second object storage, with the first one gone", time.monotonic() - began)
    assert name in run.output
    assert cluster.is_complete() and cluster.identities() == identities
    assert "elsewhere" in names(cluster)
    again = play("bootstrap", *held).succeeded()
    assert again.changed() == 0
    for one in (run, again):
        assert "Held since a restore, as site_recovery_release says: CronJob/default/ticks" in said(one)
    # A set that is made meanwhile is one of what is held.
    backed_up("-e", "backup_reason=held", *held)
    assert acting.acted(cluster) == {}
    assert "CronJob/default/ticks" in said(play("status", "-e", f"@{moved}"))
    assert play("bootstrap", "-e", f"@{moved}").succeeded().changed() == 1
    acting.goes_on(cluster)
    acting.end(cluster)
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
    green()
