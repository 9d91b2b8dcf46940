"""Names survive the loss of any server, of all of them, and of what they hold; only those who may can change them.

The site's own bootstrap has put PowerDNS on all three servers; the first is the primary.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alerts import fires, resolves
from cluster import TREE, Cluster, lab, wait_until
from name_client import Client, served
from names import ask
from playbook import play, play_file, said, start
from scenario import measured, scenario
from test_secrets import in_logs

LOAD = Path(__file__).with_name("resolve_load.py").read_text()
ADDRESSES = {"server1": "198.51.100.11", "server2": "198.51.100.12", "server3": "198.51.100.13"}
ADDRESS = "198.51.100.9"
STRANGER = "203.0.113.77"
OTHER = "made-by-another.example."
ROLE = "tests/drills/powerdns.yml"
TARGET = "/api/v1/servers/localhost"
# Which of the addresses take a connection to the port of PowerDNS itself.
BARE = """
import contextlib, socket, sys
for address in sys.argv[1:]:
    with contextlib.suppress(OSError), socket.create_connection((address, 8081), 2):
        print(address)
"""
WHOLE = f"http://h{TARGET}/zones"


def told(name: str, value: object) -> None:
    """A measured number, for the log of the suite."""
    print(f"\n    {name}: {value}", file=sys.stderr)


class Api:
    """The API of the primary as a client sees it."""

    def __init__(self, cluster: Cluster) -> None:
        self.secret = str(cluster.site["site_dns_api_key"])
        self.transfer_secret = str(cluster.site["site_dns_transfer_secret"])
        pem = str(cluster.site["site_ca"])
        self.authority = pem[pem.index("-----BEGIN CERTIFICATE") :]

    def key(self, client: str) -> str:
        """As the lab's inventory makes the keys of its clients."""
        return hashlib.sha256(f"{client}{self.secret}".encode()).hexdigest()

    def __call__(self, client: str, method: str, path: str, body: Any = None, **more: str) -> tuple[int, Any]:
        key = self.secret if client == "admin" else self.key(client)
        request = {"address": ADDRESS, "method": method, "path": path, "key": key, "body": body, **more}
        status, answer = ask("api", authority=self.authority, **request)
        return status, answer


@pytest.fixture(scope="module")
def api(cluster: Cluster) -> Api:
    wait_until("the API at its address", lambda: Api(cluster)("admin", "GET", "")[0] == 200)
    return Api(cluster)


def on_all(name: str, wanted: Any, rtype: str = "A", hosts: tuple[str, ...] = tuple(ADDRESSES)) -> float:
    """Seconds until all servers answer so."""
    return wait_until(f"{name} is {wanted}", lambda: all(served(host, name, rtype) == wanted for host in hosts))


def change(name: str, value: str) -> dict[str, Any]:
    records = [{"content": value, "disabled": False}]
    return {"rrsets": [{"name": name, "type": "A", "ttl": 60, "changetype": "REPLACE", "records": records}]}


@pytest.fixture
def foreign(api: Api) -> Iterator[str]:
    """A zone that a client makes which knows nothing of the site."""
    body = {
        "name": OTHER,
        "kind": "Master",
        "nameservers": ["server1.lab.example."],
        **change(f"a.{OTHER}", "192.0.2.1"),
    }
    status, answer = api("gardener", "POST", "/zones", body)
    assert status == 201, answer
    yield OTHER
    assert api("admin", "DELETE", f"/zones/{OTHER}")[0] == 204
    told("seconds until a removed zone is gone everywhere", round(on_all(f"a.{OTHER}", "REFUSED"), 1))


def restore(zone: str, text: str) -> None:
    """Bring a zone back from its export, by the collection's own module."""
    arguments = {"restore_zone": zone, "restore_text": text}
    play_file("tests/drills/restore_zone.yml", "-e", json.dumps(arguments), timeout=120).succeeded()


def red(host: str, condition: str) -> None:
    """The playbook status names what does not hold."""
    run = play("status")
    assert run.returncode and f"{host}: {condition}" in " ".join(run.output.split()), run.output[-3000:]


def green() -> None:
    """Again, a while after everything was started."""
    wait_until("the status is green", lambda: play("status").returncode == 0, timeout=300, every=5)


def test_every_server_knows_the_names_of_the_site(cluster: Cluster) -> None:
    for name, address in {**ADDRESSES, "api": cluster.vip, "dns": ADDRESS}.items():
        on_all(f"{name}.lab.example", [address])
    on_all("ntp.lab.example", sorted(ADDRESSES.values()))
    on_all("ingress.lab.example", sorted(f"{name}.lab.example." for name in ADDRESSES), rtype="NS")
    assert ask("records", server=ADDRESS, name="api.lab.example", rtype="A") == [cluster.vip]


def test_a_zone_of_another_client_appears_on_all_servers_and_is_given_to_nobody_without_the_key(foreign: str) -> None:
    told("seconds until a foreign zone is everywhere", round(on_all(f"a.{foreign}", ["192.0.2.1"]), 1))
    for address in ADDRESSES.values():
        assert ask("transfer", server=address, zone=foreign) in ("NOTAUTH", "REFUSED")


@pytest.mark.parametrize(
    ("client", "method", "path", "body", "status"),
    [
        ("nobody", "GET", "/zones", None, 401),
        ("gardener", "GET", "/zones", None, 200),
        ("team", "PATCH", "/zones/shoot.lab.example.", change("t.shoot.lab.example.", "192.0.2.3"), 204),
        ("team", "PUT", "/zones/shoot.lab.example./notify", None, 200),
        ("team", "GET", "/zones/lab.example.", None, 200),
        ("team", "PATCH", "/zones/lab.example.", change("t.lab.example.", "192.0.2.3"), 403),
        ("team", "PATCH", "/zones/shoot.lab.example./metadata", change("t.shoot.lab.example.", "192.0.2.3"), 403),
        ("team", "DELETE", "/zones/shoot.lab.example.", None, 403),
        ("team", "PUT", "/zones/shoot.lab.example.", {"kind": "Native"}, 403),
        ("team", "GET", "/tsigkeys", None, 403),
        ("team", "GET", "/zones/shoot.lab.example./cryptokeys", None, 403),
        ("reader", "GET", "/zones/lab.example.", None, 200),
        ("reader", "PATCH", "/zones/shoot.lab.example.", change("t.shoot.lab.example.", "192.0.2.3"), 403),
        ("afar", "GET", "/zones", None, 403),
        # A whole URI, of which PowerDNS would read what comes after the @.
        ("reader", "GET", f"{WHOLE}?@h{TARGET}/tsigkeys/transfer.invalid.", None, 200),
        ("reader", "GET", f"http://h{TARGET}/tsigkeys/transfer.invalid.", None, 403),
        ("team", "PATCH", f"{WHOLE}?@h{TARGET}/zones/lab.example.", change("t.lab.example.", "192.0.2.3"), 403),
    ],
)
def test_a_client_of_the_api_does_what_it_may(api: Api, client: str, method: str, path: str, body: Any, status: int):
    found, answer = api(client, method, path, body)
    assert found == status, answer
    assert str(api.transfer_secret) not in str(answer)


def test_the_api_is_out_of_reach_for_a_stranger(api: Api) -> None:
    lab("exec", "--", "ip", "address", "add", f"{STRANGER}/32", "dev", "lab-a")
    try:
        assert api("admin", "GET", "/zones", source=STRANGER) == (0, "TimeoutError")
        # Nor is PowerDNS's own webserver anywhere but on the host itself.
        assert lab("exec", "--", sys.executable, "-c", BARE, *ADDRESSES.values(), ADDRESS).stdout.split() == []
        assert ask("records", server=ADDRESS, name="api.lab.example", rtype="A")
    finally:
        lab("exec", "--", "ip", "address", "del", f"{STRANGER}/32", "dev", "lab-a")
    assert api("admin", "GET", "/zones")[0] == 200


def test_a_zone_is_updated_with_its_key_alone(cluster: Cluster) -> None:
    secret = hashlib.sha256(f"acme{cluster.site['site_dns_transfer_secret']}".encode()).hexdigest()
    request = {"server": ADDRESS, "zone": "ingress.lab.example", "name": "_acme-challenge.x", "text": "proof"}
    assert ask("update", **request) == "REFUSED"
    assert ask("update", **request, key="acme", secret=secret) == "NOERROR"
    assert ask("update", **{**request, "zone": "lab.example"}, key="acme", secret=secret) == "REFUSED"
    on_all("_acme-challenge.x.ingress.lab.example", ['"proof"'], rtype="TXT")


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
    fires(cluster, "DnsZoneEmptied", "lab.example.")
    missing = play_file(ROLE, "--check", "--diff", timeout=300)
    assert missing.changed() and "+api.lab.example." in missing.output, missing.output[-3000:]
    begin = time.monotonic()
    restore("lab.example.", text)
    on_all("api.lab.example", [cluster.vip])
    measured("D3", "until the zone is back", time.monotonic() - begin)
    resolves(cluster, "DnsZoneEmptied")
    assert names == {(one["name"], one["type"]) for one in api("admin", "GET", "/zones/lab.example.")[1]["rrsets"]}


@pytest.mark.long
def test_the_primary_is_lost_another_one_is_promoted_and_the_way_back(cluster: Cluster, api: Api, foreign: str) -> None:
    on_all(f"a.{foreign}", ["192.0.2.1"])
    refused = play("promote_dns", "-e", "promote_dns_to=server2")
    assert refused.returncode and "server1 is the primary and is reached" in refused.output
    lab("kill", "server1")
    begin = time.monotonic()
    play("promote_dns", "-e", "promote_dns_to=server2").succeeded()
    measured("D1", "the primary dies: the playbook promote_dns", time.monotonic() - begin)
    wait_until("the API at its address", lambda: api("gardener", "GET", "/zones")[0] == 200)
    assert api("gardener", "PATCH", f"/zones/{foreign}", change(f"a.{foreign}", "192.0.2.2"))[0] == 204
    measured("D1", "the primary dies: from the playbook promote_dns until writes work again", time.monotonic() - begin)
    on_all(f"a.{foreign}", ["192.0.2.2"], hosts=("server2", "server3"))

    lab("start", "server1")
    wait_until(
        "the old one is told", lambda: "newer catalog" in cluster.on("server1", "journalctl -b -u pdns -u pdns-primary")
    )
    assert served("server1", "api.lab.example") == "Timeout"
    assert ADDRESS not in cluster.on("server1", "ip -br address")
    play_file(ROLE, "-e", "site_dns_primary=server2", timeout=300).succeeded()
    on_all(f"a.{foreign}", ["192.0.2.2"])
    assert play_file(ROLE, "-e", "site_dns_primary=server2", timeout=300).succeeded().changed() == 0

    begin = time.monotonic()
    play("promote_dns", "-e", "promote_dns_to=server1", "-e", "promote_dns_handover=true").succeeded()
    measured("D1", "the primary hands over: the playbook promote_dns", time.monotonic() - begin)
    wait_until("the API at its address", lambda: api("gardener", "GET", "/zones")[0] == 200)
    assert api("gardener", "PATCH", f"/zones/{foreign}", change(f"a.{foreign}", "192.0.2.4"))[0] == 204
    on_all(f"a.{foreign}", ["192.0.2.4"])
    assert play_file(ROLE, timeout=300).succeeded().changed() == 0


SIGNED = "signed-by-another.example."
# What `sqlite3 -readonly` would print; each server has Python.
KEYS = """
import sqlite3
database = sqlite3.connect("file:/var/lib/powerdns/pdns.sqlite3?mode=ro", uri=True)
for (content,) in database.execute("SELECT content FROM cryptokeys"):
    print(content)
"""


@pytest.fixture
def signed(api: Api) -> Iterator[str]:
    """A zone that a client makes and that is signed."""
    body = {
        "name": SIGNED,
        "kind": "Master",
        "dnssec": True,
        "nsec3param": "1 0 0 -",
        "nameservers": ["server1.lab.example."],
        **change(f"a.{SIGNED}", "192.0.2.1"),
    }
    status, answer = api("gardener", "POST", "/zones", body)
    assert status == 201, answer
    on_all(f"a.{SIGNED}", ["192.0.2.1"])
    yield SIGNED
    assert api("admin", "DELETE", f"/zones/{SIGNED}")[0] == 204
    # One that is made anew before would have an older serial than those who have it still.
    on_all(f"a.{SIGNED}", "REFUSED")


def signers(zone: str) -> list[Any]:
    """By which keys each server's answer is good."""
    return [ask("signers", server=address, zone=zone, name=f"a.{zone}") for address in ADDRESSES.values()]


def hand_over(to: str, *arguments: str) -> tuple[str, ...]:
    return ("-e", f"promote_dns_to={to}", "-e", "promote_dns_handover=true", *arguments)


@pytest.mark.long
def test_a_signed_zone_is_handed_over_with_its_keys_and_back(cluster: Cluster, api: Api, signed: str) -> None:
    wait_until("it is signed everywhere", lambda: all(isinstance(keys, list) for keys in signers(signed)))
    before = signers(signed)
    assert before[0] == before[1] == before[2]
    lines = cluster.on("server1", "python3 -", stdin=KEYS).splitlines()
    secrets = [line.split()[1] for line in lines if line.startswith("PrivateKey:")]
    assert secrets
    # As if the primary were lost, and the site has no object storage.
    lost = play("promote_dns", "-e", "promote_dns_to=server2", "--limit", "server2,server3")
    assert lost.returncode and "signed with keys that only the lost primary has" in said(lost), lost.output[-3000:]
    assert "promote_dns_accept_presigned" in said(lost) and lost.changed() == 0

    play("promote_dns", *hand_over("server2", "--check")).succeeded()
    assert cluster.on("server2", "python3 -", stdin=KEYS).strip() == "" and signers(signed) == before
    for number, (host, other) in enumerate((("server2", "server1"), ("server1", "server2")), 2):
        play("promote_dns", *hand_over(host)).succeeded()
        wait_until("the API at its address", lambda: api("gardener", "GET", "/zones")[0] == 200)
        assert api("gardener", "PATCH", f"/zones/{signed}", change(f"a.{signed}", f"192.0.2.{number}"))[0] == 204
        on_all(f"a.{signed}", [f"192.0.2.{number}"])
        wait_until("it is signed by the same keys", lambda: signers(signed) == before)
        assert cluster.on(other, "python3 -", stdin=KEYS).strip() == ""
        assert play("promote_dns", *hand_over(host)).succeeded().changed() == 0
    assert play_file(ROLE, timeout=300).succeeded().changed() == 0
    assert not in_logs(secrets)


@pytest.mark.long
def test_a_hand_over_that_was_killed_at_any_place_is_completed_by_the_same_command(
    cluster: Cluster, api: Api, signed: str, tmp_path: Path
) -> None:
    """Each kill is in a hand-over of its own, to and fro; names are answered by somebody all the while."""
    wait_until("it is signed everywhere", lambda: all(isinstance(keys, list) for keys in signers(signed)))
    before = signers(signed)
    tasks = (
        "Read those of the primary that is to be relieved",
        "Take no more writes",
        "Wait until the others have everything",
        "Fall silent",
        "Configure and start PowerDNS",
        "Tell the secondaries which zones there are",
        "Follow the primary",
        "Wait until they serve what it has",
    )
    for number, task in enumerate(tasks):
        to = ("server2", "server1")[number % 2]
        directory = tmp_path / str(number)
        directory.mkdir()
        with Client(list(ADDRESSES), f"a.{signed}", "192.0.2.1") as client:
            run = start("promote_dns", directory, *hand_over(to))
            try:
                run.wait_for(lambda record, name=task: str(record.get("task")).endswith(name))  # type: ignore[misc]
                # It is under way by then.
                time.sleep(1)
            finally:
                run.kill()
            play("promote_dns", *hand_over(to)).succeeded()
        assert client.false == [], task
        wait_until("the API at its address", lambda: api("gardener", "GET", "/zones")[0] == 200)
        wait_until("all follow and are signed", lambda: signers(signed) == before)
        assert play("promote_dns", *hand_over(to)).succeeded().changed() == 0, task
        told(f"seconds without an answer, killed at {task!r}", round(client.longest, 1))
    assert play_file(ROLE, timeout=300).succeeded().changed() == 0
    green()


def test_what_was_not_asked_for_is_refused(cluster: Cluster) -> None:
    for arguments, word in ((["-e", "promote_dns_to=server9"], "one of"), ([], "found: nothing")):
        run = play("promote_dns", *arguments)
        assert run.returncode and word in run.output and run.changed() == 0
