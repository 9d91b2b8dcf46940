"""Keys of the DNS change hands: names are answered and zones transferred meanwhile, and the former keys are refused."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import secrets_file
from alerts import green
from backups import AFTER_ROTATION, STORAGE, backed_up, record, rehearsed, restore, zone
from cluster import Cluster, wait_until
from name_client import Client, served
from names import ask
from playbook import Run, play, play_file, said, start
from scenario import measured, scenario
from test_secrets import in_logs

from lab import topology

API, TRANSFER = "site_dns_api_key", "site_dns_transfer_secret"
FORMER = "site_dns_former_transfer_secret"
ADDRESS, ZONE = "198.51.100.9", "lab.example"
NAME = f"outside.shoot.{ZONE}"
KEPT = "/etc/powerdns/metalstack/former-*.json"
ROLE = "tests/drills/powerdns.yml"
# A name server of somebody else: it has two zones, and knows no catalog.
OUTSIDE = f"""
import sqlite3, sys
zones, primary, name, secret = ("{ZONE}", "shoot.{ZONE}"), *sys.stdin.read().split()
made = sqlite3.connect("/root/outside/pdns.sqlite3")
if not made.execute("SELECT name FROM sqlite_master").fetchall():
    made.executescript(open("/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql").read())
    for zone in zones:
        made.execute("INSERT INTO domains (name, type, master) VALUES (?, 'SLAVE', ?)", (zone, primary))
made.execute("DELETE FROM tsigkeys")
made.execute("INSERT INTO tsigkeys (name, algorithm, secret) VALUES (?, 'hmac-sha256', ?)", (name, secret))
made.execute("DELETE FROM domainmetadata")
made.execute(
    "INSERT INTO domainmetadata (domain_id, kind, content) SELECT id, 'AXFR-MASTER-TSIG', ? FROM domains", (name,)
)
made.commit()
"""
SERVICE = """
systemd-run -q --unit=outside pdns_server --config-dir=/root/outside --guardian=no --daemon=no --disable-syslog
"""


def named(secret: str) -> str:
    return f"transfer-{hashlib.sha256(secret.encode()).hexdigest()[:16]}.invalid"


class Inventory:
    """The file of secrets of a site, as the lab's inventory has none: what it holds is what the playbooks go by."""

    def __init__(self, cluster: Cluster, directory: Path) -> None:
        self.cluster, self.directory = cluster, directory
        self.file = directory / "group_vars/all/secrets.yml"
        self.file.parent.mkdir(parents=True)
        (directory / "hosts.yml").write_text("all: {}\n")
        secrets_file.write(self.file, **{name: cluster.site[name] for name in (API, TRANSFER)})
        self.more: tuple[str, ...] = ()

    def held(self) -> dict[str, str]:
        return secrets_file.read(self.file)

    @property
    def arguments(self) -> tuple[str, ...]:
        return ("-i", str(self.directory), "-e", f"rotate_secrets_file={self.file}", *self.more)

    def settle(self) -> None:
        """Have the lab go by it from here on."""
        secrets_file.take_over(self.cluster, **{name: self.held()[name] for name in (API, TRANSFER)})


@pytest.fixture
def inventory(
    cluster: Cluster, backed_up_site: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Inventory]:
    secrets_file.unlock(tmp_path, monkeypatch)
    made = Inventory(cluster, tmp_path / "inventory")
    yield made
    made.settle()


def killed(inventory: Inventory, directory: Path, kind: str, task: str, *arguments: str) -> None:
    """Begin a rotation, and end its runner as this task begins."""
    directory.mkdir()
    run = start("rotate", directory, "-e", f"rotate={kind}", *inventory.arguments, *arguments)
    try:
        run.wait_for(lambda record: str(record.get("task")).endswith(task))
        # The first server has its turn.
        time.sleep(2)
    finally:
        run.kill()


def rotated(inventory: Inventory, kind: str, *arguments: str) -> Run:
    return play("rotate", "-e", f"rotate={kind}", *inventory.arguments, *arguments)


def statuses(cluster: Cluster, key: str) -> dict[str, int]:
    """What each API says to a key: that of each server on its loopback, and by TLS at both addresses."""
    pem = str(cluster.site["site_ca"])
    authority = pem[pem.index("-----BEGIN CERTIFICATE") :]
    url = "http://127.0.0.1:8081/api/v1/servers/localhost"
    command = f"curl -s -o /dev/null -w '%{{http_code}}' -m 10 -H @- {url}"
    found = {host: int(cluster.on(host, command, stdin=f"X-API-Key: {key}\n")) for host in cluster.servers}
    for address in (ADDRESS, primary_address(cluster)):
        found[address] = ask("api", address=address, method="GET", path="", key=key, authority=authority)[0]
    return found


def primary_address(cluster: Cluster) -> str:
    active = "systemctl is-active -q pdns-primary && echo yes"
    [host] = [host for host in cluster.servers if cluster.on(host, active, check=False).strip() == "yes"]
    return str(topology.host(host).address)


def given(cluster: Cluster, secret: str, name: str = "") -> set[str]:
    """What all servers say to who asks for zones with a key: the catalog, one of ours, one of somebody else."""
    zones = ("catalog.invalid", ZONE, f"shoot.{ZONE}")
    servers = [str(topology.host(host).address) for host in cluster.servers]
    keys = {"key": name or named(secret), "secret": secret}
    return {ask("transfer", server=server, zone=each, **keys) for server in servers for each in zones}


def left(cluster: Cluster) -> set[str]:
    return {cluster.on(host, f"ls {KEPT} 2>/dev/null", check=False).strip() for host in cluster.servers}


def change(cluster: Cluster, address: str, hosts: list[str], primary: str = "") -> None:
    """Change a name on the primary, and wait until the hosts serve that."""
    answer = zone(cluster, primary or cluster.servers[0], "PATCH", record("outside", address))
    assert answer == "", answer
    wait_until(f"{hosts} serve {address}", lambda: all(served(host, NAME) == [address] for host in hosts), timeout=60)


def serials(cluster: Cluster) -> dict[str, int]:
    """The serials of all zones on the first server."""
    script = "import json,sqlite3; d=sqlite3.connect('file:/var/lib/powerdns/pdns.sqlite3?mode=ro',uri=True); "
    query = "SELECT d.name, r.content FROM domains d JOIN records r ON r.domain_id=d.id AND r.type='SOA'"
    code = f'{script}print(json.dumps({{n: int(c.split()[2]) for n, c in d.execute(\\"{query}\\")}}))'
    found: dict[str, int] = json.loads(cluster.on(cluster.servers[0], f'python3 -c "{code}"'))
    return found


@pytest.fixture
def outside(cluster: Cluster, inventory: Inventory) -> Iterator[Any]:
    """Have a secondary of somebody else, and give back how its operator gives it a key."""
    address = str(topology.host(STORAGE).address)
    conf = f"launch=gsqlite3\ngsqlite3-database=/root/outside/pdns.sqlite3\nlocal-address={address}\nsecondary=yes\n"
    first = str(topology.host(cluster.servers[0]).address)

    def give(secret: str) -> None:
        cluster.on(STORAGE, "python3 /root/outside/give.py", stdin=f"{first} {named(secret)} {secret}")

    cluster.on(STORAGE, "mkdir -p /root/outside; cat > /root/outside/give.py", stdin=OUTSIDE)
    cluster.on(STORAGE, "cat > /root/outside/pdns.conf", stdin=f"{conf}socket-dir=/root/outside\n")
    give(inventory.held()[TRANSFER])
    cluster.on(STORAGE, SERVICE)
    inventory.more = ("-e", json.dumps({"site_dns_secondaries": [address]}))
    play_file(ROLE, *inventory.arguments, timeout=300).succeeded()
    yield give
    cluster.on(STORAGE, "systemctl stop outside; rm -rf /root/outside")
    inventory.more = ()
    play_file(ROLE, *inventory.arguments, timeout=300).succeeded()


@scenario(
    id="C8",
    title="A key of the DNS has leaked",
    initial_cluster="none yet; whoever has the API's key can change every name, and whoever has that for transfers can"
    " read all zones",
    target_cluster="none yet",
    end_users="none yet",
    detection="none of ours: whoever read a file, a log or a host of the DNS has it",
    remedy="the playbook `rotate` with `-e rotate=dns_api_key` or `-e rotate=dns_transfer_key`; a key of a client, or"
    " one for updates, by another one in the inventory and the playbook `bootstrap`",
)
@pytest.mark.long
def test_a_key_of_the_api_that_leaked_is_refused_after_a_rotation_that_was_killed(
    cluster: Cluster, inventory: Inventory, tmp_path: Path
) -> None:
    leaked, before = inventory.held()[API], inventory.file.read_text()
    proven = rehearsed(cluster, AFTER_ROTATION)
    change(cluster, "192.0.2.91", cluster.servers)
    assert set(statuses(cluster, leaked).values()) == {200}
    predicted = rotated(inventory, "dns_api_key", "--check").succeeded()
    assert "another one is made" in said(predicted)
    assert (inventory.file.read_text(), left(cluster)) == (before, {""})
    refused = rotated(inventory, "dns_api_key", "-e", f"rotate_secrets_file={tmp_path}/none.yml")
    assert refused.returncode and "can't be written" in said(refused) and left(cluster) == {""}

    with Client(cluster.servers, NAME, "192.0.2.91") as client:
        killed(inventory, tmp_path / "killed", "dns_api_key", "Configure and start PowerDNS")
        key = inventory.held()[API]
        assert key != leaked and left(cluster) != {""}
        begin = time.monotonic()
        proved = said(rotated(inventory, "dns_api_key").succeeded())
        measured("C8", "the same command again: the API's key given, proved and backed up", time.monotonic() - begin)
    assert client.false == []
    measured("C8", "until a client that asks the name servers in turn has an answer in the worst case", client.longest)
    assert f"https://{ADDRESS}:8443 refuses the former key" in proved
    assert rehearsed(cluster, AFTER_ROTATION) > proven
    assert inventory.held() == {API: key, TRANSFER: inventory.held()[TRANSFER]}
    assert set(statuses(cluster, key).values()) == {200}
    assert set(statuses(cluster, leaked).values()) == {401}
    assert left(cluster) == {""}
    assert play("bootstrap", *inventory.arguments).succeeded().changed() == 0
    green(*inventory.arguments)
    inventory.settle()
    assert not in_logs([leaked, key])


@pytest.mark.long
def test_a_key_of_ones_own_is_given_to_the_servers(cluster: Cluster, inventory: Inventory) -> None:
    leaked, own = inventory.held()[API], hashlib.sha256(inventory.held()[API].encode()).hexdigest()
    secrets_file.write(inventory.file, **{API: own, TRANSFER: inventory.held()[TRANSFER]})
    assert "get site_dns_api_key of it" in said(rotated(inventory, "dns_api_key").succeeded())
    assert inventory.held()[API] == own
    assert set(statuses(cluster, own).values()) == {200}
    assert set(statuses(cluster, leaked).values()) == {401}
    inventory.settle()
    assert not in_logs([leaked, own])


@pytest.mark.long
def test_the_key_for_transfers_changes_hands_and_those_outside_follow_in_their_own_time(
    cluster: Cluster, inventory: Inventory, outside: Any, tmp_path: Path
) -> None:
    leaked, all_hosts = inventory.held()[TRANSFER], [*cluster.servers, STORAGE]
    proven = rehearsed(cluster, AFTER_ROTATION)
    change(cluster, "192.0.2.92", all_hosts)
    numbers = serials(cluster)
    assert given(cluster, leaked) == {"NOERROR"}
    assert "The former one goes on to be accepted" in said(
        rotated(inventory, "dns_transfer_key", "--check").succeeded()
    )
    assert inventory.held()[TRANSFER] == leaked and left(cluster) == {""}
    set_of_before = backed_up("-e", "backup_reason=with-the-former-key", *inventory.arguments)

    killed(inventory, tmp_path / "one", "dns_transfer_key", "Have zones asked for with the key")
    secret = inventory.held()[TRANSFER]
    assert secret != leaked == inventory.held()[FORMER]
    # Half-way it goes on as before, for everybody.
    change(cluster, "192.0.2.93", all_hosts)
    run = rotated(inventory, "dns_transfer_key").succeeded()
    begun = rehearsed(cluster, AFTER_ROTATION)
    assert begun > proven
    assert f"the new one, whose name is {named(secret)}" in said(run)
    assert left(cluster) == {""}
    assert inventory.held()[TRANSFER] == secret
    assert (given(cluster, secret), given(cluster, leaked)) == ({"NOERROR"}, {"NOERROR"})
    change(cluster, "192.0.2.94", all_hosts)
    held = inventory.file.read_text()
    assert "Nothing is to be done before" in said(rotated(inventory, "dns_transfer_key").succeeded())
    assert inventory.file.read_text() == held
    assert play("bootstrap", *inventory.arguments).succeeded().changed() == 0

    outside(secret)
    change(cluster, "192.0.2.95", all_hosts)
    moved = ("-e", "rotate_secondaries_moved=true")
    killed(inventory, tmp_path / "two", "dns_transfer_key", "Forget the keys of before", *moved)
    assert FORMER not in inventory.held()
    begin = time.monotonic()
    rotated(inventory, "dns_transfer_key", *moved).succeeded()
    measured(
        "C8", "the same command again: the key for transfers ended, proved and backed up", time.monotonic() - begin
    )
    assert rehearsed(cluster, AFTER_ROTATION) > begun
    assert inventory.held() == {API: inventory.held()[API], TRANSFER: secret}
    assert given(cluster, secret) == {"NOERROR"}
    assert "NOERROR" not in given(cluster, leaked) | given(cluster, leaked, "transfer.invalid")
    assert given(cluster, leaked) <= {"PeerBadKey", "NOTAUTH", "REFUSED"}
    assert left(cluster) == {""}
    change(cluster, "192.0.2.96", all_hosts)
    assert play("bootstrap", *inventory.arguments).succeeded().changed() == 0
    later = serials(cluster)
    assert all(later[each] >= numbers[each] for each in numbers) and later[ZONE] > numbers[ZONE]

    # A set of before holds the former key, which is of no use after its restore.
    component = ("-e", "restore_component=powerdns", "-e", f"restore_set={set_of_before}")
    restore(cluster, *component, *inventory.arguments).succeeded()
    assert given(cluster, secret) == {"NOERROR"}
    assert "NOERROR" not in given(cluster, leaked)
    change(cluster, "192.0.2.97", all_hosts)
    assert all(serials(cluster)[each] >= later[each] for each in numbers)
    inventory.settle()
    assert not in_logs([leaked, secret])


@pytest.mark.long
def test_it_changes_hands_where_another_server_was_promoted(cluster: Cluster, inventory: Inventory) -> None:
    first, second = cluster.servers[:2]
    leaked = inventory.held()[TRANSFER]
    handover = ("-e", "promote_dns_handover=true", *inventory.arguments)
    play("promote_dns", "-e", f"promote_dns_to={second}", *handover).succeeded()
    inventory.more = ("-e", f"site_dns_primary={second}")
    for kind in ("dns_transfer_key", "dns_api_key"):
        rotated(inventory, kind).succeeded()
    inventory.settle()
    secret = inventory.held()[TRANSFER]
    assert given(cluster, secret) == {"NOERROR"} and "NOERROR" not in given(cluster, leaked)
    assert set(statuses(cluster, inventory.held()[API]).values()) == {200}
    change(cluster, "192.0.2.98", cluster.servers, second)
    inventory.more = ()
    # With the keys of now.
    play("promote_dns", "-e", f"promote_dns_to={first}", *handover).succeeded()
    change(cluster, "192.0.2.99", cluster.servers)
    assert play("bootstrap", *inventory.arguments).succeeded().changed() == 0


@pytest.mark.long
def test_a_client_and_a_key_for_updates_that_are_given_no_more_are_refused(cluster: Cluster) -> None:
    api, transfer = str(cluster.site[API]), str(cluster.site[TRANSFER])
    pem = str(cluster.site["site_ca"])
    gardener = hashlib.sha256(f"gardener{api}".encode()).hexdigest()
    request = {"address": ADDRESS, "method": "GET", "path": "/zones", "authority": pem[pem.index("-----BEGIN CERT") :]}
    acme = {"key": "acme", "secret": hashlib.sha256(f"acme{transfer}".encode()).hexdigest()}
    update = {"server": ADDRESS, "zone": f"ingress.{ZONE}", "name": "_acme-challenge.y", "text": "proof", **acme}
    other = {"key": "second", "secret": hashlib.sha256(b"second").hexdigest()}

    def listed(host: str) -> set[str]:
        url = "http://127.0.0.1:8081/api/v1/servers/localhost/tsigkeys"
        found = json.loads(cluster.on(host, f"curl -s -H @- {url}", stdin=f"X-API-Key: {api}\n"))
        return {each["name"] for each in found}

    assert (ask("api", key=gardener, **request)[0], ask("update", **update)) == (200, "NOERROR")
    both = {"acme": {"secret": acme["secret"], "zones": [f"ingress.{ZONE}"]}}
    both["second"] = {"secret": other["secret"], "zones": [f"ingress.{ZONE}"]}
    play_file(ROLE, "-e", json.dumps({"site_dns_update_keys": both}), timeout=300).succeeded()
    assert ask("update", **update) == ask("update", **{**update, **other}) == "NOERROR"
    del both["acme"]
    without = ("-e", json.dumps({"site_dns_update_keys": both, "site_dns_api_clients": {}}))
    play_file(ROLE, *without, timeout=300).succeeded()
    try:
        assert play_file(ROLE, *without, timeout=300).succeeded().changed() == 0
        assert ask("api", key=gardener, **request)[0] == 401
        assert ask("update", **update) in ("PeerBadKey", "NOTAUTH", "REFUSED")
        assert ask("update", **{**update, **other}) == "NOERROR"
        assert {host: "acme" in str(listed(host)) for host in cluster.servers} == dict.fromkeys(cluster.servers, False)
        assert all("second" in str(listed(host)) for host in cluster.servers)
    finally:
        play_file(ROLE, timeout=300).succeeded()
    assert (ask("api", key=gardener, **request)[0], ask("update", **update)) == (200, "NOERROR")
