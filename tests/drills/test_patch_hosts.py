"""Updates of Debian's packages, and reboots: one host at a time, while the API is in use."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from api_load import Load
from cluster import Cluster
from failover import credentials
from playbook import Run, play
from probe import Probe
from scenario import measured

# Nobody waits long for what does not come.
SOON = ("-e", json.dumps({"patch_hosts_soak": 2, "k3s_cluster_timeout": 120}))
SOURCES = "/etc/apt/sources.list.d/drill.list"
FAILS = "/etc/drill-fails"

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
build security drill-tool 2 'date +%s.%N >/var/lib/drill-tool.stamp'
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
rm -rf /srv/drill {SOURCES} {FAILS} /run/reboot-required /run/reboot-required.pkgs /var/lib/drill-tool.stamp
dpkg --purge --force-all drill-tool drill-held drill-other drill-fails >/dev/null 2>&1
apt-get -qq update
"""
VERSIONS = "dpkg-query -W -f '${Package}=${Version}=${db:Status-Status} ' 'drill-*'"


@pytest.fixture
def archives(cluster: Cluster) -> Iterator[None]:
    """Give every server its packages and a newer version of each at hand; nothing of it remains."""
    play("bootstrap").succeeded()
    try:
        for host in cluster.servers:
            cluster.on(host, "sh -s", stdin=ARCHIVES)
        yield
    finally:
        for host in cluster.servers:
            cluster.on(host, "sh -s", stdin=NO_ARCHIVES)


def versions(cluster: Cluster, host: str) -> dict[str, str]:
    """Return the versions of the drill's packages; one that is not completely installed has its state with it."""
    found = [entry.split("=") for entry in cluster.on(host, VERSIONS).split()]
    return {name.removeprefix("drill-"): v + ("" if state == "installed" else state) for name, v, state in found}


def boots(cluster: Cluster) -> dict[str, str]:
    return {host: cluster.on(host, "cat /proc/sys/kernel/random/boot_id").strip() for host in cluster.servers}


def closed(cluster: Cluster) -> list[str]:
    nodes = cluster.kubectl(cluster.servers[0], "get nodes")["items"]
    return [node["metadata"]["name"] for node in nodes if node["spec"].get("unschedulable")]


def said(run: Run) -> str:
    """Return what a run printed, in one line."""
    return " ".join(run.output.split())


def turns(run: Run) -> list[str]:
    """Return the servers in the order that the plan tells."""
    return list(dict.fromkeys(re.findall(r"maintain (\w+): ", said(run))))


@pytest.mark.long
def test_hosts_get_security_updates_and_a_reboot_where_it_is_needed_while_the_api_is_in_use(
    cluster: Cluster, archives: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    rebooted = cluster.servers[1]
    cluster.on(rebooted, "touch /run/reboot-required && echo drill-tool >/run/reboot-required.pkgs")
    before = boots(cluster)
    predicted = play("patch_hosts", "--check").succeeded()
    order = turns(predicted)
    assert sorted(order) == cluster.servers
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
    assert turns(run) == order
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


@pytest.mark.long
def test_a_package_that_fails_on_one_host_reaches_no_other(cluster: Cluster, archives: None) -> None:
    everything = ("-e", "patch_hosts_packages=all", *SOON)
    first, second, third = turns(play("patch_hosts", "--check", *everything).succeeded())
    cluster.on(second, f"touch {FAILS}")
    before = boots(cluster)
    run = play("patch_hosts", *everything)
    assert run.returncode != 0
    assert f"Maintenance of {second} failed, and nothing more is changed. It runs, open for pods." in said(run)
    assert f"Done before it: {first}; not begun: {third}." in said(run)
    assert "error processing package drill-fails" in said(run)
    assert f"Patched: {first}; not patched:" in said(run)
    assert versions(cluster, first) == {"tool": "2", "held": "1", "other": "2", "fails": "2"}
    assert versions(cluster, second)["fails"] == "2half-configured"
    assert versions(cluster, third) == {"tool": "1", "held": "1", "other": "1", "fails": "1"}
    assert closed(cluster) == []
    cluster.on(second, f"rm {FAILS}")
    play("patch_hosts", *everything).succeeded()
    for host in cluster.servers:
        assert versions(cluster, host) == {"tool": "2", "held": "1", "other": "2", "fails": "2"}
    assert boots(cluster) == before
    assert cluster.is_complete()
