"""One component of a site that lives comes back from a set, and a set is made around each change of the cluster."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from alerts import fires, resolves
from backups import STORAGE, backed_up, info, program, record, restore, zone
from cluster import Cluster, lab, wait_until
from failing_version import SOON, failing_version, running
from names import ask
from object_store import s3
from playbook import play, said
from scenario import also, measured, scenario

from lab import topology

pytestmark = pytest.mark.usefixtures("backed_up_site")
ZONE = "shoot.lab.example"
# What another deployment keeps on a server.
ROWS = "/var/lib/drill/rows"
MONITORED = ("-e", json.dumps({"site_monitoring": True}))
STORE, STORE_UNIT = "/var/lib/victoria-metrics/store", "victoria-metrics.service"


def asked(host: str, name: str, rtype: str = "A") -> str:
    """Return the first record that a server itself has of a name in the zone of the drills."""
    found = ask("records", server=str(topology.host(host).address), name=name, rtype=rtype)
    return found[0] if isinstance(found, list) and found else ""


def serial(host: str) -> int:
    return int((asked(host, ZONE, "SOA") or "- - 0").split()[2])


def sets(cluster: Cluster) -> set[str]:
    found = s3(cluster, cluster.servers[0], "list")
    return {Path(key).stem for key in found if "/catalogue/k3s/" in key and "verified" not in key}


@scenario(
    id="D5",
    title="Zones were deleted or spoilt, and all name servers follow",
    initial_cluster="none while its components go by addresses",
    target_cluster="its API and its services are not found by name any more once TTLs are over",
    end_users="names vanish once TTLs are over",
    detection="whoever asks for the names from outside; where a lot is gone the next set is suspect, says the playbook"
    " `status`",
    remedy="the playbook `restore` with `restore_component: powerdns`, and `restore_set` for another set than the"
    " newest that is not suspect",
)
def test_zones_come_back_from_a_set_and_every_server_has_them(cluster: Cluster) -> None:
    """A record was changed and the zone deleted; what was made since the set goes."""
    first, kept, since = cluster.servers[0], f"kept.{ZONE}", f"since.{ZONE}"
    zone(cluster, first, "PATCH", record("kept", "192.0.2.71"))
    zone(cluster, first, "PATCH", record("since"))
    name = backed_up("-e", "backup_reason=zones")
    zone(cluster, first, "PATCH", record("kept", "192.0.2.99"))
    zone(cluster, first, "PATCH", record("since", "192.0.2.72"))
    wait_until("the secondaries follow", lambda: all(asked(host, since) for host in cluster.servers))
    served = [serial(host) for host in cluster.servers]
    component = ("-e", "restore_component=powerdns", "-e", f"restore_set={name}")
    assert play("restore", *component).changed() == 0
    restore(cluster, *component, "--check").succeeded()
    assert asked(first, since) == "192.0.2.72"
    began = time.monotonic()
    restore(cluster, *component).succeeded()
    measured("D5", "until all servers have the zones of the set", time.monotonic() - began)
    for host, before in zip(cluster.servers, served, strict=True):
        assert (asked(host, kept), asked(host, since)) == ("192.0.2.71", "")
        assert serial(host) > before
    assert "replaced" not in cluster.on(first, "ls /var/lib/powerdns")
    zone(cluster, first, "DELETE")
    wait_until("the secondaries follow", lambda: not any(serial(host) for host in cluster.servers))
    fires(cluster, "DnsZonesLost", ZONE)
    restore(cluster, *component).succeeded()
    wait_until("the zone is everywhere", lambda: all(asked(host, kept) for host in cluster.servers))
    resolves(cluster, "DnsZonesLost", ZONE)
    assert play("bootstrap").succeeded().changed() == 0
    backed_up("-e", "backup_reason=after")


@pytest.mark.long
def test_a_promoted_name_server_has_the_keys_of_signed_zones_from_a_set(cluster: Cluster) -> None:
    """The primary is lost, and its keys with it, but for the newest set."""
    first, second = cluster.servers[:2]

    def signers(hosts: list[str]) -> list[object]:
        servers = [str(topology.host(host).address) for host in hosts]
        return [ask("signers", server=server, zone=ZONE, name=f"kept.{ZONE}") for server in servers]

    try:
        # What an earlier run has left: sets of before have no key of the zone, or another one.
        zone(cluster, first, "PUT", json.dumps({"dnssec": False}))
        zone(cluster, first, "PATCH", record("kept", "192.0.2.71"))
        zone(cluster, first, "PUT", json.dumps({"dnssec": True}))
        zone(cluster, first, "PATCH", record("kept", "192.0.2.72"))
        own = signers([first])[0]
        assert isinstance(own, list)
        wait_until("it is signed everywhere", lambda: signers(cluster.servers) == [own] * len(cluster.servers))
        before = signers(cluster.servers)
        without = ("-e", f"promote_dns_to={second}")
        others = [host for host in cluster.servers if host != first]
        lost = play("promote_dns", *without, "--limit", ",".join(others))
        assert lost.returncode and lost.changed() == 0 and "accept_presigned" in lost.output, lost.output[-3000:]
        backed_up("-e", "backup_reason=signed")
        lab("kill", first)
        try:
            play("promote_dns", *without, "--check").succeeded()
            run = play("promote_dns", *without).succeeded()
            assert "are read out of set" in " ".join(run.output.split())
            for host in others:
                assert cluster.on(host, "ls -d /run/metalstack-signing-keys 2>&1; true").startswith("ls: cannot")
            zone(cluster, second, "PATCH", record("kept", "192.0.2.73"))
            wait_until(
                "the change is served", lambda: all(asked(host, f"kept.{ZONE}") == "192.0.2.73" for host in others)
            )
            assert signers(others) == before[1:]
        finally:
            lab("start", first)
        play("bootstrap", "-e", f"site_dns_primary={second}").succeeded()
        play("promote_dns", "-e", f"promote_dns_to={first}", "-e", "promote_dns_handover=true").succeeded()
        wait_until("the former one signs again", lambda: signers(cluster.servers) == before)
    finally:
        zone(cluster, first, "PUT", json.dumps({"dnssec": False}))
        zone(cluster, first, "PATCH", record("kept"))
    assert play("bootstrap").succeeded().changed() == 0


def known(cluster: Cluster, host: str) -> list[str]:
    """Return what the store of a host has of the drill's own series."""
    question = "http://127.0.0.1:8428/api/v1/query?nocache=1&query=last_over_time(drill_word%5B6h%5D)"
    found = json.loads(cluster.on(host, f"curl -sS -m 10 '{question}'"))["data"]["result"]
    return [one["value"][1] for one in found]


def tell(cluster: Cluster, value: int, hours_ago: int) -> None:
    """Have every store take a sample of then, which is long before what one that starts asks the others for."""
    then = time.time() - 3600 * hours_ago
    for host in cluster.servers:
        write = "curl -sS -m 10 --data-binary @- http://127.0.0.1:8428/api/v1/import/prometheus"
        cluster.on(host, write, stdin=f"drill_word {value} {then * 1000:.0f}\n")
        wait_until("it is known", lambda host=host: known(cluster, host) == [str(value)])  # type: ignore[misc]


@also("M1")
@pytest.mark.long
def test_metrics_come_back_from_a_set_and_every_store_has_them(cluster: Cluster) -> None:
    """Two stores are lost with what they hold; what was told before the set is known again."""
    first, *lost = cluster.servers
    component = ("-e", "restore_component=victoria_metrics", *MONITORED)
    unmonitored = ("-e", json.dumps({"site_monitoring": False}))
    refused = restore(cluster, "-e", "restore_component=victoria_metrics", *unmonitored)
    assert refused.returncode and "site_monitoring is false" in refused.output and refused.changed() == 0
    play("bootstrap", *MONITORED).succeeded()
    try:
        tell(cluster, 1, hours_ago=2)
        assert "rc=0" in program(cluster, first, "create", "--component=metrics")
        tell(cluster, 2, hours_ago=1)
        for host in lost:
            cluster.on(host, f"systemctl stop {STORE_UNIT} && rm -r {STORE}/*")
            cluster.on(host, f"systemctl start {STORE_UNIT}")
        began = time.monotonic()
        restore(cluster, *component).succeeded()
        measured("M1", "until every store has the metrics of the set", time.monotonic() - began)
        for host in cluster.servers:
            wait_until("what the set held is known", lambda host=host: known(cluster, host) == ["1"])  # type: ignore[misc]
        assert play("bootstrap", *MONITORED).succeeded().changed() == 0
    finally:
        play("bootstrap").succeeded()


def accounts(host: str) -> dict[str, object]:
    """Return how the inventory names them."""
    return {
        "name": "accounts",
        "hosts": [host],
        "paths": [ROWS],
        "pre_command": ["/bin/sh", "-c", 'echo dumped > "$BACKUP_STAGE/word"'],
        "post_check": ["/bin/sh", "-c", f'test -s "$BACKUP_DIRECTORY{ROWS}"'],
    }


@also("N6", "M1")
@pytest.mark.long
def test_a_site_that_lost_all_servers_has_its_metrics_again_once_all_else_is_back(cluster: Cluster) -> None:
    """One store cannot be restored: nothing waits for it, and the next run brings it back, too.

    So does what the inventory has named.
    """
    first, second, third = cluster.servers
    ours = (*MONITORED, "-e", json.dumps({"site_backup_components": [accounts(first)]}))
    cluster.on(first, f"install -D /dev/null {ROWS} && echo alice > {ROWS}")
    play("bootstrap", *ours).succeeded()
    try:
        tell(cluster, 1, hours_ago=2)
        backed_up("-e", "backup_reason=watched", *ours)
        lab("wipe", *cluster.servers)
        cluster.on(second, f"mkdir -p {STORE} && mount -t tmpfs -o size=8g tmpfs {STORE}")
        began = time.monotonic()
        run = restore(cluster, *ours)
        took = time.monotonic() - began
        measured("N6", "restore of three servers that are monitored, with two of their three stores", took)
        told = said(run)
        assert run.returncode and f"the metrics of {second} are not: {STORE} is a mount point" in told, told[-4000:]
        # The cluster was compared with its set, and backed up, before.
        order = [told.index(task) for task in ("Compare what runs with what was restored", "Restore the samples")]
        assert order == sorted(order) and cluster.is_complete()
        assert any(name.endswith("-after-bootstrap") for name in sets(cluster))
        assert cluster.on(first, f"cat {ROWS}").strip() == "alice"
        for host in (first, third):
            wait_until("what the set held is known", lambda host=host: known(cluster, host) == ["1"])  # type: ignore[misc]
        assert "rc=0" in program(cluster, second, "create", "--component=k3s")
        cluster.on(second, f"systemctl stop {STORE_UNIT} && umount {STORE} && systemctl start {STORE_UNIT}")
        play("bootstrap", *ours).succeeded()
        wait_until("what the set held is known", lambda: known(cluster, second) == ["1"])
        assert play("bootstrap", *ours).succeeded().changed() == 0
    finally:
        play("bootstrap").succeeded()
        cluster.on(first, f"rm -rf {Path(ROWS).parent}")


@pytest.mark.long
def test_a_component_that_the_inventory_names_is_backed_up_and_comes_back_alone(cluster: Cluster) -> None:
    first = cluster.servers[0]
    named = ("-e", json.dumps({"site_backup_components": [accounts(first)], "site_backup_rpo": {"accounts": 86400}}))
    timers = "systemctl list-timers --all --no-legend 'metalstack-backup@accounts.timer'"
    cluster.on(first, f"install -D /dev/null {ROWS} && echo alice > {ROWS}")
    refused = restore(cluster, "-e", "restore_component=accounts")
    assert refused.returncode and "found: accounts; k3s is restored" in said(refused) and refused.changed() == 0
    play("bootstrap", *named).succeeded()
    try:
        assert [bool(cluster.on(host, timers).strip()) for host in cluster.servers] == [True, False, False]
        name = backed_up("-e", "backup_reason=accounts", *named)
        assert info(cluster, first)["accounts"]["set"] == name
        assert "accounts" in play("status", *named).output
        cluster.on(first, f"echo mallory > {ROWS}")
        component = ("-e", "restore_component=accounts", "-e", f"restore_set={name}", *named)
        restore(cluster, *component, "--check").succeeded()
        assert cluster.on(first, f"cat {ROWS}").strip() == "mallory"
        restore(cluster, *component).succeeded()
        assert cluster.on(first, f"cat {ROWS}").strip() == "alice"
        assert cluster.on(first, f"ls {Path(ROWS).parent}").split() == [Path(ROWS).name]
        assert play("bootstrap", *named).succeeded().changed() == 0
    finally:
        play("bootstrap").succeeded()
        cluster.on(first, f"rm -r {Path(ROWS).parent}")
    assert not cluster.on(first, timers).strip()


def test_a_set_is_made_before_and_after_a_change_of_the_cluster(cluster: Cluster) -> None:
    """With the object storage down, the change is made all the same."""
    known = sets(cluster)
    changed = play("bootstrap", "-e", json.dumps({"k3s_cluster_max_pods": 250})).succeeded()
    assert changed.changed() and cluster.is_complete()
    reasons = sorted(name.partition("-")[2] for name in sets(cluster) - known if "bootstrap" in name)
    assert reasons == ["after-bootstrap", "before-bootstrap"]
    lab("kill", STORAGE)
    try:
        without = play("bootstrap").succeeded()
    finally:
        lab("start", STORAGE)
    assert "no set was made" in without.output and cluster.is_complete()
    assert play("bootstrap").succeeded().changed() == 0
    assert "rc=0" in program(cluster, cluster.servers[0], "create", "--component=k3s")


def test_an_upgrade_needs_a_set_that_was_verified_and_names_it(cluster: Cluster, tmp_path: Path) -> None:
    """The version fails, so that no server keeps it."""
    failing = failing_version(cluster, tmp_path)
    known = sets(cluster)
    lab("kill", STORAGE)
    try:
        refused = play("upgrade", *failing)
    finally:
        lab("start", STORAGE)
    assert refused.returncode != 0
    assert "Make the set and verify it" in refused.output and "Stop k3s" not in refused.output, refused.output[-4000:]
    run = play("upgrade", *failing, *SOON)
    assert run.returncode != 0 and f"It runs {running(cluster)} again" in " ".join(run.output.split()), run.output[
        -4000:
    ]
    # Beside one of a timer, whose turn may just have come.
    [made] = (name for name in sets(cluster) - known if "-" in name)
    assert made.endswith("-before-upgrade")
    assert f"restore_set={made}" in run.output
    assert cluster.is_complete()
    assert play("bootstrap").succeeded().changed() == 0
