"""Names survive the loss of a server (D1), of all with what they hold (D2), and a zone that was emptied (D3)."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from alerts import fires, resolves
from cluster import TREE, Cluster, lab
from name_client import served
from name_servers import ADDRESSES, ROLE, Api, change, green, on_all, told
from playbook import play, play_file
from scenario import also, measured, scenario

# A table beside those of the site, as somebody else's firewall would have it: no other name server is heard.
CUT = """
add table inet drill
add chain inet drill input { type filter hook input priority 0; }
add chain inet drill output { type filter hook output priority 0; }
add rule inet drill input iifname != "lo" meta l4proto { tcp, udp } th dport 53 drop
add rule inet drill output oifname != "lo" meta l4proto { tcp, udp } th dport 53 drop
"""
LOAD = Path(__file__).with_name("resolve_load.py").read_text()


def restore(zone: str, text: str) -> None:
    """Bring a zone back from its export, by the collection's own module."""
    arguments = {"restore_zone": zone, "restore_text": text}
    play_file("tests/drills/restore_zone.yml", "-e", json.dumps(arguments), timeout=120).succeeded()


def red(host: str, condition: str) -> None:
    """The playbook status names what does not hold."""
    run = play("status")
    assert run.returncode and f"{host}: {condition}" in " ".join(run.output.split()), run.output[-3000:]


def load(cluster: Cluster, host: str, name: str, resolvers: list[str]) -> subprocess.Popen[str]:
    """Fifty questions a second by the libc of a host, with resolvers of its own if any are given."""
    lines = "".join(f"nameserver {one}\\n" for one in resolvers)
    own = (
        f"printf '{lines}options timeout:1 attempts:2 rotate\\n' > /run/d1 && mount --bind /run/d1 /etc/resolv.conf &&"
    )
    inner = f"{own if resolvers else ''} exec python3 - 15 {name}"
    command = [sys.executable, "-m", "lab", "ssh", host, "--", f'unshare --mount sh -c "{inner}"']
    process = subprocess.Popen(command, cwd=TREE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin
    process.stdin.write(LOAD)
    process.stdin.close()
    process.stdin = None
    return process


@scenario(
    id="D1",
    title="A DNS server dies",
    initial_cluster="none: whoever asks goes on to another server",
    target_cluster="none",
    end_users="none",
    detection="the playbook `status`: it gives no answer, services are red",
    remedy="start it again, or run the playbook `bootstrap`",
)
@pytest.mark.parametrize(
    ("name", "resolvers"),
    [("server1.lab.example", ["198.51.100.11", "198.51.100.12"]), ("nX.lab.example", [])],
    ids=["two servers in resolv.conf", "the host's own resolver"],
)
def test_d1_one_server_dies_and_no_question_goes_unanswered(cluster: Cluster, name: str, resolvers: list[str]) -> None:
    process = load(cluster, "server3", name, resolvers)
    time.sleep(4)
    lab("kill", "server2")
    try:
        output, _ = process.communicate(timeout=90)
        red("server2", "PowerDNS answers")
        fires(cluster, "DnsServerDown", "server2")
    finally:
        lab("start", "server2")
    found = json.loads(output)
    told("D1", found)
    assert found["asked"] == 750
    assert found["failed"] == []
    by = "two servers in resolv.conf" if resolvers else "the host's own resolver"
    measured("D1", f"the slowest of 750 answers while a server dies, by {by}", found["slowest"])
    on_all("api.lab.example", [cluster.vip])
    resolves(cluster, "DnsServerDown")
    resolves(cluster, "HostDown")
    green()


@scenario(
    id="D2",
    title="All DNS servers die, and their databases with them",
    initial_cluster="names that the hosts' resolvers do not keep resolve no more",
    target_cluster="nothing that has to resolve a name of the site works, once its TTL is over",
    end_users="the same",
    detection="the playbook `status`: no server has an answer, services are red",
    remedy="run the playbook `bootstrap`, which brings the site's own zones back, then load those that others wrote"
    " from the newest backup or their export",
)
def test_d2_all_servers_die_with_what_they_hold_and_are_restored(cluster: Cluster, api: Api, foreign: str) -> None:
    on_all(f"a.{foreign}", ["192.0.2.1"])
    text = api("admin", "GET", f"/zones/{foreign}/export")[1]["zone"]
    known = "getent ahostsv4 api.lab.example"
    assert cluster.vip in cluster.on("server3", known)
    try:
        for host in ADDRESSES:
            cluster.on(host, "systemctl kill --signal=KILL pdns && systemctl stop pdns && rm /var/lib/powerdns/pdns.*")
        assert all(served(host, "api.lab.example") == "Timeout" for host in ADDRESSES)
        red("server1", "PowerDNS answers")
        fires(cluster, "DnsServersDown")
        # What the hosts' own resolvers know, they go on saying.
        assert cluster.vip in cluster.on("server3", known)
    finally:
        begin = time.monotonic()
        play_file(ROLE, timeout=300).succeeded()
    restore(foreign, text)
    on_all("api.lab.example", [cluster.vip])
    on_all(f"a.{foreign}", ["192.0.2.1"])
    measured("D2", "until all names are back", time.monotonic() - begin)
    resolves(cluster, "DnsServersDown")
    resolves(cluster, "DnsZonesLost")
    green()


def test_an_empty_primary_does_not_empty_the_others(cluster: Cluster, foreign: str) -> None:
    on_all(f"a.{foreign}", ["192.0.2.1"])
    cluster.on("server1", "systemctl stop pdns && mkdir /root/kept && mv /var/lib/powerdns/pdns.sqlite3* /root/kept")
    try:
        run = play_file(ROLE, timeout=300)
        assert run.returncode and "has no zones, while" in run.output
        assert served("server2", f"a.{foreign}") == ["192.0.2.1"]
    finally:
        back = "rm -f /var/lib/powerdns/pdns.sqlite3* && mv /root/kept/* /var/lib/powerdns && rmdir /root/kept"
        cluster.on("server1", f"{back} && systemctl start pdns")
    play_file(ROLE, timeout=300).succeeded()


@scenario(
    id="D3",
    title="A zone is emptied",
    initial_cluster="what it named is not found",
    target_cluster="the same, once the TTLs are over",
    end_users="the same",
    detection="whoever asks is told that there is no such name; the playbook `bootstrap` with `--check --diff` shows"
    " what is missing of the site's own names. The playbook `status` is red where the site's own zone names nothing any"
    " more, and where a zone holds other records on a secondary than on the primary, whatever its serial; that another"
    " zone was emptied everywhere only the next backup tells, when it holds less than half of all records",
    remedy="the site's own zones come back by the playbook `bootstrap`, others with `pdns_zone` from the zone's text in"
    " the newest backup or from its export",
)
def test_d3_a_zone_is_not_emptied_by_mistake_and_comes_back_from_its_export(cluster: Cluster, api: Api, foreign: str):
    on_all(f"a.{foreign}", ["192.0.2.1"])
    refused = play_file("tests/drills/empty_zone.yml", timeout=120)
    assert refused.returncode and "max_delete" in refused.output
    text = api("admin", "GET", "/zones/lab.example./export")[1]["zone"]
    names = {(one["name"], one["type"]) for one in api("admin", "GET", "/zones/lab.example.")[1]["rrsets"]}
    gone = [
        {"name": name, "type": rtype, "changetype": "DELETE"} for name, rtype in names if rtype not in ("SOA", "NS")
    ]
    assert api("gardener", "PATCH", "/zones/lab.example.", {"rrsets": gone})[0] == 204
    on_all("api.lab.example", "NXDOMAIN")
    told = play("status")
    assert told.returncode and "lab.example. names the site" in told.output
    fires(cluster, "DnsZoneEmptied", "lab.example")
    missing = play_file(ROLE, "--check", "--diff", timeout=300)
    assert missing.changed() and "+api.lab.example." in missing.output, missing.output[-3000:]
    begin = time.monotonic()
    restore("lab.example.", text)
    on_all("api.lab.example", [cluster.vip])
    measured("D3", "until the zone is back", time.monotonic() - begin)
    resolves(cluster, "DnsZoneEmptied")
    assert names == {(one["name"], one["type"]) for one in api("admin", "GET", "/zones/lab.example.")[1]["rrsets"]}


@also("D3")
@pytest.mark.long
def test_a_server_that_does_not_follow_is_told_until_it_does(cluster: Cluster, api: Api, foreign: str) -> None:
    on_all(f"a.{foreign}", ["192.0.2.1"])
    cluster.on("server3", "nft -f -", stdin=CUT)
    try:
        assert api("gardener", "PATCH", f"/zones/{foreign}", change(f"a.{foreign}", "192.0.2.2"))[0] == 204
        on_all(f"a.{foreign}", ["192.0.2.2"], hosts=("server1", "server2"))
        found = play("status")
        assert found.returncode and "server3" in found.output, found.output[-3000:]
        fires(cluster, "DnsSerialsDiffer", foreign.rstrip("."))
    finally:
        cluster.on("server3", "nft delete table inet drill")
    # Of a change it is told at once.
    assert api("gardener", "PATCH", f"/zones/{foreign}", change(f"a.{foreign}", "192.0.2.3"))[0] == 204
    on_all(f"a.{foreign}", ["192.0.2.3"])
    resolves(cluster, "DnsSerialsDiffer")
    green()
