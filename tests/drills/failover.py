"""What may happen to the holder of an address, and how it is undone; the drills and the measurements share it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml
from cluster import Cluster, lab, wait_until
from probe import Probe

# Generous: it tells that the address never came back, not that it came late.
BOUND = 60


@dataclass(frozen=True)
class Event:
    """Something that strikes a host, and its undoing."""

    name: str
    strike: Callable[[Cluster, str], object]
    undo: Callable[[Cluster, str], object]


def signal_api_server(name: str) -> Callable[[Cluster, str], object]:
    # In the stand-in the API server is a process of its own; in k3s all of k3s is one process.
    return lambda cluster, host: cluster.on(host, f"pkill -{name} -x kube-apiserver || pkill -{name} -x k3s-server")


EVENTS = {
    event.name: event
    for event in (
        Event(
            "stopped",
            lambda cluster, host: cluster.on(host, "systemctl stop k3s"),
            lambda cluster, host: cluster.on(host, "systemctl start k3s", timeout=180),
        ),
        Event(
            "k3s frozen",
            lambda _cluster, host: lab("freeze", host, "--unit", "k3s.service"),
            lambda _cluster, host: lab("thaw", host),
        ),
        Event("API hangs", signal_api_server("STOP"), signal_api_server("CONT")),
        Event("host frozen", lambda _cluster, host: lab("freeze", host), lambda _cluster, host: lab("thaw", host)),
        Event("host killed", lambda _cluster, host: lab("kill", host), lambda _cluster, host: lab("start", host)),
    )
}


def credentials(cluster: Cluster, directory: Path) -> Path:
    """Fetch the administrator's credentials from the first server, as files that TLS can read."""
    config = yaml.safe_load(cluster.on(cluster.servers[0], "cat /etc/rancher/k3s/k3s.yaml"))
    user, server = config["users"][0]["user"], config["clusters"][0]["cluster"]
    (directory / "ca.pem").write_bytes(base64.b64decode(server["certificate-authority-data"]))
    key = directory / "client.pem"
    key.touch(0o600)
    key.write_bytes(
        base64.b64decode(user["client-certificate-data"]) + b"\n" + base64.b64decode(user["client-key-data"])
    )
    return directory


def carries(cluster: Cluster, host: str, address: str) -> bool:
    return f" {address}/" in cluster.on(host, "ip -o -4 address show", check=False)


def is_etcd_leader(cluster: Cluster, host: str) -> bool:
    """Whether the host leads etcd, by the metrics that k3s' etcd has on loopback."""
    return "etcd_server_is_leader 1" in cluster.on(host, "curl -s http://127.0.0.1:2381/metrics", check=False)


@dataclass(frozen=True)
class Outcome:
    """How long the address was silent when the holder fell, and when it came back."""

    event: str
    leader: bool
    lost: Probe
    returned: Probe

    def __str__(self) -> str:
        role = "holder, etcd leader" if self.leader else "holder"
        return (
            f"{role} {self.event}: silent {self.lost.gap:.1f} s ({self.lost.failed} failed), "
            f"back again: {self.returned.gap:.1f} s ({self.returned.failed} failed)"
        )


def fail_over(
    cluster: Cluster, event: Event, tls: Path, meanwhile: Callable[[str], object] = lambda _holder: None
) -> Outcome:
    """Let the event strike the holder of the API's address until another serves it, then undo it.

    meanwhile is called with the one that was struck once the address is served again.
    """
    wait_until("one holder", cluster.is_complete, timeout=180)
    holder = cluster.holders()[0]
    others = [host for host in cluster.servers if host != holder]
    leader = is_etcd_leader(cluster, holder)
    try:
        with Probe(cluster.vip, 6443, tls) as lost:
            wait_until("the API at the address", lambda: lost.answering, timeout=BOUND)
            event.strike(cluster, holder)
            wait_until(
                "a new holder", lambda: any(carries(cluster, host, cluster.vip) for host in others), timeout=BOUND
            )
            wait_until("the API at the address", lambda: lost.answering, timeout=BOUND)
        meanwhile(holder)
    finally:
        with Probe(cluster.vip, 6443, tls) as returned:
            event.undo(cluster, holder)
            wait_until("all servers back with one holder", cluster.is_complete, timeout=300)
    return Outcome(event.name, leader, lost, returned)
