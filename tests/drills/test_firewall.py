"""What each side reaches of a server, and that a firewall which locks its operator out takes itself back."""

from __future__ import annotations

import json

import pytest
from cluster import Cluster, lab, wait_until
from role import run_role
from web import web

KNOCK = (
    "import socket, sys\n"
    "for port in sys.argv[2:]:\n"
    "    try:\n"
    "        socket.create_connection((sys.argv[1], int(port)), timeout=1.5).close()\n"
    "        print(port, 'open')\n"
    "    except TimeoutError:\n"
    "        print(port, 'dropped')\n"
    "    except OSError:\n"
    "        print(port, 'refused')\n"
)
# Ports that k3s, etcd, kubelet, kube-proxy, kube-vip and SSH listen on at the host's own address.
LISTENING = {"22", "6443", "2379", "2380", "10250", "10256", "2112", "2113"}


def knock(cluster: Cluster, origin: str, address: str, ports: set[str]) -> set[str]:
    """Return the ports that are open from a host, or from the controller; all others have to be dropped in silence."""
    if origin == "controller":
        output = lab("exec", "--", "python3", "-c", KNOCK, address, *ports).stdout
    else:
        output = cluster.on(origin, f"python3 - {address} {' '.join(ports)} <<'END'\n{KNOCK}END")
    verdicts = dict(line.split() for line in output.splitlines() if line.endswith(("open", "dropped", "refused")))
    assert verdicts.keys() == ports
    assert "refused" not in verdicts.values(), verdicts
    return {port for port, verdict in verdicts.items() if verdict == "open"}


@pytest.mark.parametrize(
    ("origin", "opened"),
    [
        ("controller", {"22", "6443"}),
        ("server2", {"6443", "2379", "2380", "10250", "2112", "2113"}),
    ],
)
def test_each_side_reaches_what_it_needs_and_nothing_else(cluster: Cluster, origin: str, opened: set[str]) -> None:
    wait_until("a whole cluster", cluster.is_complete, timeout=180)
    heard = cluster.on("server1", "ss -Hltn")
    assert all(f":{port} " in heard for port in LISTENING), heard
    assert knock(cluster, origin, "198.51.100.11", LISTENING) == opened


def test_a_service_is_reached_at_its_address_and_neither_by_node_port_nor_at_its_pod(cluster: Cluster) -> None:
    with web(cluster, avoid="server1") as service:
        wait_until("the service", lambda: knock(cluster, "controller", service.address, {"80"}) == {"80"}, timeout=120)
        node_port = str(service.node_port)
        assert knock(cluster, "controller", "198.51.100.11", {node_port}) == set()
        pods = cluster.kubectl("server1", "get pods -l app=web")["items"]
        inside = pods[0]["status"]["podIP"]
        gateway = pods[0]["status"]["hostIP"]
        lab("exec", "--", "ip", "route", "add", f"{inside}/32", "via", gateway)
        try:
            assert knock(cluster, "controller", inside, {"8080"}) == set()
        finally:
            lab("exec", "--", "ip", "route", "del", f"{inside}/32")
        assert knock(cluster, "server1", inside, {"8080"}) == {"8080"}


def test_only_our_own_table_is_touched(cluster: Cluster) -> None:
    cluster.on("server1", "nft add table inet somebody_else")
    try:
        cluster.on("server1", "nft delete table inet metalstack_autonomous")
        assert run_role("host_firewall").succeeded().changed() > 0
        tables = json.loads(cluster.on("server1", "nft -j list tables"))["nftables"]
        names = {entry["table"]["name"] for entry in tables if "table" in entry}
        assert {"metalstack_autonomous", "somebody_else", "nat"} <= names
        assert run_role("host_firewall").succeeded().changed() == 0
    finally:
        cluster.on("server1", "nft delete table inet somebody_else")


@pytest.mark.parametrize("verb", ["start", "reload", "restart", "stop"])
def test_debian_s_own_service_leaves_the_host_closed(cluster: Cluster, verb: str) -> None:
    before = cluster.on("server1", "nft -s list table inet metalstack_autonomous")
    cluster.on("server1", f"systemctl {verb} nftables")
    assert cluster.on("server1", "nft -s list table inet metalstack_autonomous") == before


def test_a_firewall_that_locks_its_operator_out_takes_itself_back(cluster: Cluster) -> None:
    before = cluster.on("server1", "nft -s list table inet metalstack_autonomous")
    lockout = {"host_firewall_ssh_sources": ["203.0.113.0/24"], "host_firewall_rollback_after": 10}
    run = run_role("host_firewall", "-e", json.dumps(lockout), "--limit", "server1")
    assert run.returncode != 0
    wait_until("SSH", lambda: cluster.on("server1", "echo alive", check=False).strip() == "alive", timeout=60)
    assert cluster.on("server1", "nft -s list table inet metalstack_autonomous") == before
    assert run_role("host_firewall").succeeded().changed() == 0
