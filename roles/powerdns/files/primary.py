"""Keeps the primary's address on this host while the host is the rightful primary.

A primary is superseded when a secondary has a newer catalog than it has itself: then another one was promoted while
this host was away, or this database is older than what was served. It then gives the address up and stops the name
server, so that nobody gets answers of the past; the bootstrap playbook makes the host a secondary.

The address does not depend on Kubernetes, and there is no election: only a promotion by an operator moves it. Before it
is taken the network is asked by ARP whether somebody else has it.

--check only tells by its exit status whether this host is superseded.
"""

import json
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rdatatype

CONFIG = Path("/etc/powerdns/metalstack/primary.json")
PERIOD = 5.0
ANSWER_SECONDS = 1.0
SERIALS = 1 << 32
OWN = """SELECT content FROM records JOIN domains ON domains.id = records.domain_id
WHERE domains.name = ? AND records.type = 'SOA' AND NOT records.disabled"""


def is_newer(serial, than):
    """Serial number arithmetic (RFC 1982)."""
    return serial != than and (serial - than) % SERIALS < SERIALS // 2


def own_serial(database, catalog):
    """Serial of the catalog in this host's database, None while there is none."""
    if not Path(database).exists():
        return None
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)
    try:
        found = connection.execute(OWN, (catalog.rstrip("."),)).fetchone()
    finally:
        connection.close()
    return int(found[0].split()[2]) if found else None


def serial_at(peer, catalog):
    """Serial that a peer answers with, None without an answer."""
    address, _colon, port = peer.partition(":") if peer.count(":") == 1 else (peer, "", "")
    query = dns.message.make_query(catalog, dns.rdatatype.SOA)
    query.flags &= ~dns.flags.RD
    try:
        answer = dns.query.udp(query, address, timeout=ANSWER_SECONDS, port=int(port or 53)).answer
    except (OSError, dns.exception.DNSException):
        return None
    return answer[0][0].serial if answer and answer[0].rdtype == dns.rdatatype.SOA else None


def newer_peer(own, peers, ask):
    """The first peer whose catalog is newer than the own one; any is newer than none.

    All are asked at once: names are not answered before, and those that are down give no answer either.
    """
    with ThreadPoolExecutor(max(1, len(peers))) as pool:
        answers = list(pool.map(ask, peers))
    for peer, serial in zip(peers, answers, strict=True):
        if serial is not None and (own is None or is_newer(serial, own)):
            return peer
    return None


def superseded_by(config):
    own = own_serial(config["database"], config["catalog"])
    return newer_peer(own, config["peers"], lambda peer: serial_at(peer, config["catalog"]))


def run(*command):
    return subprocess.run(command, check=False, capture_output=True, text=True)


def say(text):
    print(text, flush=True)


class Address:
    """The address on an interface; nothing at all without one."""

    def __init__(self, address, interface):
        self.address = address
        self.interface = interface
        self.refused = False

    def carried(self):
        listed = run("ip", "-json", "address", "show", "dev", self.interface)
        entries = json.loads(listed.stdout or "[]")
        return any(found.get("local") == self.address for entry in entries for found in entry.get("addr_info", []))

    def take(self):
        if not self.address or self.carried():
            return
        # Answers only if nobody has the address.
        if run("arping", "-q", "-D", "-c", "2", "-w", "3", "-I", self.interface, self.address).returncode:
            if not self.refused:
                say(f"{self.address} is not taken: another host answers for it")
            self.refused = True
            return
        added = run("ip", "address", "add", f"{self.address}/32", "dev", self.interface)
        if added.returncode:
            say(f"{self.address}: {added.stderr.strip()}")
            return
        run("arping", "-q", "-U", "-c", "2", "-I", self.interface, self.address)
        self.refused = False
        say(f"took {self.address} on {self.interface}")

    def release(self, why):
        if self.address and self.carried():
            run("ip", "address", "del", f"{self.address}/32", "dev", self.interface)
            say(f"released {self.address}: {why}")


def watch(config):
    address = Address(config["address"], config["interface"])
    stopped_for = None
    while True:
        newer = superseded_by(config)
        if newer:
            address.release(f"{newer} has a newer catalog")
            if stopped_for != newer:
                say(f"this host is no longer the primary: {newer} has a newer catalog; run the bootstrap playbook")
            run("systemctl", "stop", *config["units"])
        else:
            address.take()
        stopped_for = newer
        time.sleep(PERIOD)


def main():
    config = json.loads(CONFIG.read_text())
    if sys.argv[1:] == ["--check"]:
        newer = superseded_by(config)
        if newer:
            say(f"this host is no longer the primary: {newer} has a newer catalog; run the bootstrap playbook")
        return 1 if newer else 0
    if sys.argv[1:] == ["--release"]:
        Address(config["address"], config["interface"]).release("the service has ended")
        return 0
    return watch(config)


if __name__ == "__main__":
    sys.exit(main())
