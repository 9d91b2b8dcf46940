"""Updates of Debian's packages, and reboots: one host at a time, while the API is in use."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alerts import fires, resolves, watch, watched_for
from api_load import Load
from cluster import Cluster, described, lab, wait_until
from failover import credentials
from name_client import Client
from playbook import Interruption, Run, play, said, start
from probe import Probe
from scenario import measured, scenario

SERVERS, OUTSIDE = "server1,server2,server3", "ns1"

# Nobody waits long for what does not come.
SOON = ("-e", json.dumps({"patch_hosts_soak": 2, "k3s_cluster_timeout": 120}))
# Where hosts are measured meanwhile, what comes takes longer.
MEASURED = ("-e", json.dumps({"k3s_cluster_timeout": 240}))
SOURCES = "/etc/apt/sources.list.d/drill.list"
FAILS, HANGS = "/etc/drill-fails", "/etc/drill-hangs"

# Two archives as Debian has them, each with a newer version of what is installed.
ARCHIVES = f"""
set -eu
rm -rf /srv/drill
mkdir -p /srv/drill/installed /srv/drill/security /srv/drill/stable
cd /srv/drill
build() {{ # ARCHIVE NAME VERSION POSTINST
    mkdir -p build/DEBIAN
    printf 'Package: %s\\nVersion: %s\\nArchitecture: all\\nMaintainer: drill <drill@example.org>\\n' $2 $3 \\
        >build/DEBIAN/control
    printf 'Description: changes nothing\\n' >>build/DEBIAN/control
    printf '#!/bin/sh\\nset -e\\n%s\\n' "$4" >build/DEBIAN/postinst
    chmod 755 build/DEBIAN/postinst
    dpkg-deb --build build $1/$2_$3_all.deb >/dev/null
    rm -r build
}}
index() {{ # ARCHIVE LABEL SUITE
    cd $1
    for file in *.deb; do
        dpkg-deb --field $file
        printf 'Filename: ./%s\\nSize: %s\\n' $file $(stat -c %s $file)
        printf 'SHA256: %s\\n\\n' $(sha256sum $file | cut -d' ' -f1)
    done >Packages
    printf 'Origin: Debian\\nLabel: %s\\nSuite: %s\\nCodename: trixie\\nVersion: 13\\n' $2 $3 >Release
    printf 'Date: %s\\nSHA256:\\n' "$(date -Ru)" >>Release
    printf ' %s %s Packages\\n' $(sha256sum Packages | cut -d' ' -f1) $(stat -c %s Packages) >>Release
    cd ..
}}
for name in drill-tool drill-held drill-other drill-fails; do build installed $name 1 ''; done
build security drill-tool 2 'date +%s.%N >/var/lib/drill-tool.stamp; while test -e {HANGS}; do sleep 0.2; done'
build security drill-held 2 ''
build stable drill-other 2 ''
build stable drill-fails 2 'test ! -e {FAILS}'
index security Debian-Security stable-security
index stable Debian stable
dpkg -i installed/*.deb >/dev/null
apt-mark hold drill-held >/dev/null
printf 'deb [trusted=yes] copy:/srv/drill/%s ./\\n' security stable >{SOURCES}
apt-get -qq update
"""
NO_ARCHIVES = f"""
rm -rf /srv/drill {SOURCES} {FAILS} {HANGS} /run/reboot-required /run/reboot-required.pkgs /var/lib/drill-tool.stamp
dpkg --purge --force-all drill-tool drill-held drill-other drill-fails >/dev/null 2>&1
apt-get -qq update
"""
VERSIONS = "dpkg-query -W -f '${Package}=${Version}=${db:Status-Status} ' 'drill-*'"


pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Found a site of three servers, whatever the lab was before."""
    os.environ["LAB_HOSTS"] = SERVERS
    lab("up", "--fresh", timeout=3600)
    play("bootstrap").succeeded()
    yield described()
    del os.environ["LAB_HOSTS"]


@pytest.fixture
def archives(cluster: Cluster) -> Iterator[None]:
    """Give every server its packages and a newer version of each at hand; nothing of it remains."""
    try:
        for host in cluster.servers:
            cluster.on(host, "sh -s", stdin=ARCHIVES, timeout=300)
        yield
    finally:
        for host in cluster.servers:
            cluster.on(host, "sh -s", stdin=NO_ARCHIVES, timeout=300)


@pytest.fixture
def name_server(archives: None, cluster: Cluster) -> Iterator[str]:
    """Give the site a name server of its own in another network, which has the packages, too."""
    os.environ["LAB_HOSTS"] = f"{SERVERS},{OUTSIDE}"
    lab("up", "--no-artifacts")
    play("bootstrap").succeeded()
    cluster.on(OUTSIDE, "sh -s", stdin=ARCHIVES, timeout=300)
    yield OUTSIDE
    cluster.on(OUTSIDE, "sh -s", stdin=NO_ARCHIVES, timeout=300)


@pytest.fixture
def watched_site(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the site watch itself for this drill; the next run of bootstrap takes that off again."""
    watched_for(monkeypatch)
    watch()


def versions(cluster: Cluster, host: str) -> dict[str, str]:
    """Return the versions of the drill's packages; one that is not completely installed has its state with it."""
    found = [entry.split("=") for entry in cluster.on(host, VERSIONS).split()]
    return {name.removeprefix("drill-"): v + ("" if state == "installed" else state) for name, v, state in found}


def boots(cluster: Cluster, *more: str) -> dict[str, str]:
    hosts = [*cluster.servers, *more]
    return {host: cluster.on(host, "cat /proc/sys/kernel/random/boot_id").strip() for host in hosts}


def wants_reboot(cluster: Cluster, host: str) -> None:
    cluster.on(host, "touch /run/reboot-required && echo drill-tool >/run/reboot-required.pkgs")


def closed(cluster: Cluster) -> list[str]:
    nodes = cluster.kubectl(cluster.servers[0], "get nodes")["items"]
    return [node["metadata"]["name"] for node in nodes if node["spec"].get("unschedulable")]


def turns(run: Run) -> list[str]:
    """Return the servers in the order that the plan tells."""
    return list(dict.fromkeys(re.findall(r"maintain (\w+): ", said(run))))


def begun(run: Interruption) -> list[str]:
    """Return the same of a run that goes on; the plan of another one may differ, for etcd may have another leader."""

    def order() -> list[str]:
        return turns(Run(0, run.log.read_text(errors="replace")))

    wait_until("the plan is told", lambda: len(order()) == 3 or run.process.poll() is not None, timeout=600)
    return order()


def test_hosts_get_security_updates_and_a_reboot_where_it_is_needed_while_the_api_is_in_use(
    cluster: Cluster, archives: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    rebooted = cluster.servers[1]
    wants_reboot(cluster, rebooted)
    before = boots(cluster)
    predicted = play("patch_hosts", "--check").succeeded()
    assert sorted(turns(predicted)) == cluster.servers
    assert f"maintain {rebooted}: update drill-tool from 1 to 2, reboot, because drill-tool asked for it" in said(
        predicted
    )
    assert f"{rebooted}: drill-held stays as it is, held by apt-mark" in said(predicted)
    assert {versions(cluster, host)["tool"] for host in cluster.servers} == {"1"}
    assert boots(cluster) == before
    tls = credentials(cluster, tmp_path_factory.mktemp("tls"))
    with Load(cluster.vip, tls) as load, Probe(cluster.vip, 6443, tls) as probe:
        run = play("patch_hosts", *SOON).succeeded()
    measured("patch_hosts", "longest silence of the API's address, one reboot", probe.gap)
    print(f"{load.result['asked']} requests, {len(load.result['retried'])} retried: {load.result['retried']}")
    assert load.result["failed"] == []
    assert len(load.result["written"]) > 100
    order = turns(run)
    assert sorted(order) == cluster.servers
    for host in cluster.servers:
        assert versions(cluster, host) == {"tool": "2", "held": "1", "other": "1", "fails": "1"}
    after = boots(cluster)
    assert [host for host in cluster.servers if after[host] != before[host]] == [rebooted]
    stamps = {host: float(cluster.on(host, "cat /var/lib/drill-tool.stamp")) for host in cluster.servers}
    assert sorted(stamps, key=lambda host: stamps[host]) == order
    # Whoever came after the one that was rebooted waited for its k3s.
    up = float(cluster.on(rebooted, 'date -d "$(systemctl show -P ActiveEnterTimestamp k3s.service)" +%s'))
    assert all(stamps[host] > up for host in order[order.index(rebooted) + 1 :])
    assert closed(cluster) == []
    assert cluster.is_complete()
    again = play("patch_hosts").succeeded()
    assert (again.changed(), boots(cluster)) == (0, after)
    collection = "/api/v1/namespaces/default/configmaps?labelSelector=load%3Dapi"
    cluster.on(cluster.servers[0], f"k3s kubectl delete --raw '{collection}'", timeout=120)


def test_a_package_that_fails_on_one_host_reaches_no_other(cluster: Cluster, archives: None, tmp_path: Path) -> None:
    everything = ("-e", "patch_hosts_packages=all", *SOON)
    before = boots(cluster)
    going = start("patch_hosts", tmp_path, *everything)
    first, victim, third = begun(going)
    cluster.on(victim, f"touch {FAILS}")
    going.process.wait(timeout=900)
    run = Run(going.process.returncode, going.log.read_text(errors="replace"))
    assert run.returncode != 0
    assert f"Maintenance of {victim} failed, and nothing more is changed. It runs, open for pods." in said(run)
    assert f"Done before it: {first}; not begun: {third}." in said(run)
    assert "error processing package drill-fails" in said(run)
    assert f"Patched: {first}; not patched:" in said(run)
    assert versions(cluster, first) == {"tool": "2", "held": "1", "other": "2", "fails": "2"}
    assert versions(cluster, victim)["fails"] == "2half-configured"
    assert versions(cluster, third) == {"tool": "1", "held": "1", "other": "1", "fails": "1"}
    assert closed(cluster) == []
    cluster.on(victim, f"rm {FAILS}")
    play("patch_hosts", *everything).succeeded()
    for host in cluster.servers:
        assert versions(cluster, host) == {"tool": "2", "held": "1", "other": "2", "fails": "2"}
    assert boots(cluster) == before
    assert cluster.is_complete()


def hung(cluster: Cluster, host: str) -> Callable[[], bool]:
    """Tell whether a package is being installed on the host, and does not come to its end."""
    return lambda: versions(cluster, host)["tool"].startswith("2half")


@scenario(
    id="U4",
    title="A round of updates is killed half-way, with the machine that ran it",
    initial_cluster="one host may have a package that is half installed, or have its k3s stopped and be closed for"
    " pods; the others are as they were",
    target_cluster="none",
    end_users="none",
    detection="the playbook `status` tells a host that is not ready or closed; `dpkg --audit` there names the package",
    remedy="run `patch_hosts` again, from anywhere: it finishes what was begun, opens the host and goes on. The lock of"
    " a run on another machine is taken over with `-e site_lock_takeover=true`",
)
@pytest.mark.parametrize("moment", ["installs", "reboots"])
def test_a_run_that_was_killed_is_gone_on_with(
    cluster: Cluster, watched_site: None, archives: None, tmp_path: Path, moment: str
) -> None:
    before = boots(cluster)
    run = start("patch_hosts", tmp_path, *SOON)
    try:
        first, victim, third = begun(run)
        if moment == "installs":
            cluster.on(victim, f"touch {HANGS}")
            wait_until("a package hangs", hung(cluster, victim), timeout=600)
        else:
            wants_reboot(cluster, victim)
            run.wait_for(lambda record: record.get("task") == "Reboot")
    finally:
        run.kill()
    if moment == "installs":
        assert versions(cluster, victim)["tool"].startswith("2half")
        fires(cluster, "UpdatesHalfWay")
        cluster.on(victim, f"rm {HANGS}")
    else:
        assert closed(cluster) == [victim]
        fires(cluster, "NodeClosed", victim)
    assert versions(cluster, first)["tool"] == "2"
    assert versions(cluster, third)["tool"] == "1"
    begin = time.monotonic()
    play("patch_hosts", *SOON, *MEASURED).succeeded()
    measured("U4", f"the same command again, after it was killed while a host {moment}", time.monotonic() - begin)
    assert {versions(cluster, host)["tool"] for host in cluster.servers} == {"2"}
    after = boots(cluster)
    assert [host for host in cluster.servers if after[host] != before[host]] == [victim] * (moment == "reboots")
    assert closed(cluster) == []
    resolves(cluster, "UpdatesHalfWay" if moment == "installs" else "NodeClosed")
    assert cluster.is_complete()
    assert play("patch_hosts").succeeded().changed() == 0


def test_a_name_server_of_its_own_comes_first_and_stops_all_if_it_fails(cluster: Cluster, name_server: str) -> None:
    everything = ("-e", "patch_hosts_packages=all", *SOON)
    wants_reboot(cluster, name_server)
    cluster.on(name_server, f"touch {FAILS}")
    before = boots(cluster, name_server)
    name, address = f"api.{cluster.site['site_domain']}", cluster.vip
    with Client([name_server, *cluster.servers], name, address) as client:
        run = play("patch_hosts", *everything)
        assert run.returncode != 0
        assert "error processing package drill-fails" in said(run)
        assert "Patched: none; not patched:" in said(run)
        assert boots(cluster, name_server) == before
        assert {versions(cluster, host)["tool"] for host in cluster.servers} == {"1"}
        cluster.on(name_server, f"rm {FAILS}")
        play("patch_hosts", *everything).succeeded()
    measured("patch_hosts", "longest wait for a name of a client that asks the name servers in turn", client.longest)
    assert client.false == []
    hosts = [name_server, *cluster.servers]
    for host in hosts:
        assert versions(cluster, host) == {"tool": "2", "held": "1", "other": "2", "fails": "2"}
    stamps = {host: float(cluster.on(host, "cat /var/lib/drill-tool.stamp")) for host in hosts}
    assert min(hosts, key=lambda host: stamps[host]) == name_server
    after = boots(cluster, name_server)
    assert [host for host in hosts if after[host] != before[host]] == [name_server]
    up = float(cluster.on(name_server, 'date -d "$(systemctl show -P UserspaceTimestamp)" +%s'))
    # It was back before anybody else had a turn.
    assert all(stamps[host] > up for host in cluster.servers)
    assert cluster.is_complete()
    again = play("patch_hosts", *everything).succeeded()
    assert (again.changed(), boots(cluster, name_server)) == (0, after)
