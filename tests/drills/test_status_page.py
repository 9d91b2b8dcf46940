"""The page of the site, served by its hosts and gone again."""

from __future__ import annotations

import json

import pytest
from cluster import Cluster
from playbook import play

SERVED = ("-e", json.dumps({"site_status_page": True}))
# The password by standard input, as everywhere.
ASK = "curl -sS -m 10 -o /dev/null -w '%{{http_code}}' --cacert /etc/metalstack-status-page/ca.crt {more} {url}"
LEFT = (
    "ls -d /etc/metalstack-status-page /etc/systemd/system/metalstack-status-page.service 2>/dev/null;"
    " ss -Hltn 'sport = :8444'"
)


def asked(cluster: Cluster, host: str, path: str = "/", password: str = "") -> str:
    """Return the status of the answer that a host gives to another one."""
    known = cluster.kubectl(host, f"get node {host}")["status"]["addresses"]
    address = next(one["address"] for one in known if one["type"] == "InternalIP")
    command = ASK.format(more="-K -" if password else "", url=f"https://{address}:8444{path}")
    stdin = f'user = "reader:{password}"\n' if password else ""
    return cluster.on(host, command, stdin=stdin, check=False).strip()


@pytest.mark.long
def test_the_page_is_served_to_those_who_have_its_password_and_is_gone_again(cluster: Cluster) -> None:
    password = cluster.site["site_status_page_password"]
    try:
        predicted = play("bootstrap", *SERVED, "--check").succeeded().changed()
        assert predicted
        play("bootstrap", *SERVED).succeeded()
        assert play("bootstrap", *SERVED).succeeded().changed() == 0
        assert play("status", *SERVED).succeeded().changed() == len(cluster.servers)
        for host in cluster.servers:
            assert asked(cluster, host, password=password) == "200"
            assert asked(cluster, host, password="of somebody else") == "401"
            assert asked(cluster, host) == "401"
            assert asked(cluster, host, "/etc/passwd", password) == "404"
        cluster.on(cluster.servers[0], "systemctl kill --signal=KILL metalstack-status-page.service; sleep 2")
        assert asked(cluster, cluster.servers[0], password=password) == "200"
    finally:
        play("bootstrap").succeeded()
    assert {cluster.on(host, LEFT, check=False).strip() for host in cluster.servers} == {""}
    assert play("bootstrap").succeeded().changed() == 0
