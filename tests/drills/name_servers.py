"""The name servers of the lab, the API of their primary and the zone of another client: what drills of names share."""

from __future__ import annotations

import hashlib
import sys
from typing import Any

from cluster import Cluster, wait_until
from name_client import served
from names import ask
from playbook import play

ADDRESSES = {"server1": "198.51.100.11", "server2": "198.51.100.12", "server3": "198.51.100.13"}
ADDRESS = "198.51.100.9"
OTHER = "made-by-another.example."
ROLE = "tests/drills/powerdns.yml"


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


def on_all(name: str, wanted: Any, rtype: str = "A", hosts: tuple[str, ...] = tuple(ADDRESSES)) -> float:
    """Seconds until all servers answer so."""
    return wait_until(f"{name} is {wanted}", lambda: all(served(host, name, rtype) == wanted for host in hosts))


def change(name: str, value: str) -> dict[str, Any]:
    records = [{"content": value, "disabled": False}]
    return {"rrsets": [{"name": name, "type": "A", "ttl": 60, "changetype": "REPLACE", "records": records}]}


def green() -> None:
    """Again, a while after everything was started."""
    wait_until("the status is green", lambda: play("status").returncode == 0, timeout=300, every=5)
