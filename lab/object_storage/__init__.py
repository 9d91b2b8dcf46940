"""Object storage outside the cluster: versitygw on hosts of its own. The lab sets it up, the collection only uses it.

Each endpoint has an authority, accounts and a bucket of its own; its data outlive everything but a `wipe`.
"""

from __future__ import annotations

from collections.abc import Iterable

from lab.topology import Host

GROUP = "storage_servers"
PORT = 7070
BUCKET = "lab-backup"


def endpoint(host: Host) -> str:
    return f"https://{host.address}:{PORT}"


def region(host: Host) -> str:
    """Different in each site, so that a client that signs for a fixed one is found out."""
    return host.site.bridge


def serves(host: Host) -> bool:
    return host.group == GROUP


def among(hosts: Iterable[Host]) -> list[Host]:
    return [host for host in hosts if serves(host)]
