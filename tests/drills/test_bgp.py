"""The virtual IP by BGP: a router learns it from the servers, and loses it with the one that held it.

The router is bird, on the agent's host, where test_agents.py has left a whole cluster behind.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from cluster import Cluster, lab, wait_until
from playbook import play

ROUTER, ROUTER_AS, SERVERS_AS = "agent1", 65000, 65001
ADDRESS = "198.51.100.31"
CONFIG = """
router id {address};
log stderr all;
protocol device {{}}
protocol kernel {{ ipv4 {{ import none; export all; }}; }}
template bgp server {{ local {address} as {own}; ipv4 {{ import all; export none; }}; }}
{sessions}
"""
PASSWORD = "bgp-canary-password"


@pytest.fixture(scope="module", autouse=True)
def router(cluster: Cluster) -> Iterator[None]:
    """Run a router that every server may speak BGP with."""
    os.environ["LAB_HOSTS"] = ",".join([*cluster.servers, ROUTER])
    lab("up", "--no-artifacts")
    session = 'protocol bgp {} from server {{ neighbor {} as {}; password "{}"; }}'
    sessions = "\n".join(session.format(host, address(cluster, host), SERVERS_AS, PASSWORD) for host in cluster.servers)
    text = CONFIG.format(address=ADDRESS, own=ROUTER_AS, sessions=sessions)
    cluster.on(ROUTER, "umask 077; cat > /run/bird.conf", stdin=text)
    cluster.on(ROUTER, "systemctl stop router 2>/dev/null; systemctl reset-failed router 2>/dev/null; true")
    cluster.on(ROUTER, "systemd-run -q --unit=router bird -f -c /run/bird.conf -s /run/bird.ctl")
    yield
    cluster.on(ROUTER, "systemctl stop router; rm -f /run/bird.conf")
    play("bootstrap").succeeded()
    del os.environ["LAB_HOSTS"]


def address(cluster: Cluster, host: str) -> str:
    return f"198.51.100.{11 + cluster.servers.index(host)}"


def variables() -> tuple[str, str]:
    """Return the arguments that make the site speak BGP; the routers' side is a rule of the site."""
    bgp: dict[str, Any] = {
        "as": SERVERS_AS,
        "router_id": "{{ ansible_host }}",
        "peers": [{"address": ADDRESS, "as": ROUTER_AS, "password": PASSWORD}],
    }
    rule = {"name": "bgp", "ports": ["179"], "sources": ["198.51.100.0/24"]}
    return ("-e", json.dumps({"kube_vip_mode": "bgp", "kube_vip_bgp": bgp, "site_firewall_rules": [rule]}))


def next_hop(cluster: Cluster) -> str:
    """Return the server that the router sends the virtual IP's traffic to; nothing while it knows none."""
    route = cluster.on(ROUTER, f"ip route show {cluster.vip}/32", check=False).split()
    hop = route[route.index("via") + 1] if "via" in route else ""
    return next((host for host in cluster.servers if address(cluster, host) == hop), "")


def answers(cluster: Cluster) -> bool:
    code = cluster.on(
        ROUTER, f"curl -sk -m 2 -o /dev/null -w '%{{http_code}}' https://{cluster.vip}:6443/", check=False
    )
    return code.strip()[-3:] in ("401", "403")


def test_the_router_learns_the_virtual_ip(cluster: Cluster) -> None:
    play("bootstrap", *variables()).succeeded()
    wait_until("a route to the address", lambda: next_hop(cluster) != "", timeout=60)
    wait_until("the API at the address", lambda: answers(cluster), timeout=30)
    assert cluster.holders() == [next_hop(cluster)]
    assert play("bootstrap", *variables()).succeeded().changed() == 0


@pytest.mark.parametrize("verb", ["stop", "kill"])
def test_the_route_moves_when_its_server_goes(cluster: Cluster, verb: str) -> None:
    holder = next_hop(cluster)
    if verb == "kill":
        lab("kill", holder)
    else:
        cluster.on(holder, "systemctl stop k3s")
    try:
        wait_until("another route", lambda: next_hop(cluster) not in ("", holder), timeout=60)
        wait_until("the API at the address", lambda: answers(cluster), timeout=60)
    finally:
        if verb == "kill":
            lab("start", holder)
        else:
            cluster.on(holder, "systemctl start k3s", timeout=180)
    wait_until("a whole cluster", cluster.is_complete, timeout=180)


def test_the_password_is_for_root_alone(cluster: Cluster) -> None:
    for host in cluster.servers:
        assert cluster.on(host, "stat -c %a /etc/kube-vip/bgp.env").strip() == "600"
        assert PASSWORD in cluster.on(host, "cat /etc/kube-vip/bgp.env")
