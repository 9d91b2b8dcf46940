"""Names are answered while all servers of the initial cluster are gone, where a name server stands outside of it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest
from alerts import fires, resolves
from backups import backed_up, canary, names, record, restore, zone
from cluster import Cluster, lab, wait_until
from name_client import Client, served
from playbook import play
from scenario import also, measured

OUTSIDE = "ns1"
NAME = "outside.shoot.lab.example"


@pytest.fixture(scope="module", autouse=True)
def name_server(cluster: Cluster, backed_up_site: None) -> Iterator[None]:
    """Give the site a name server in another network; afterwards its servers know of it no more."""
    kept = os.environ["LAB_HOSTS"]
    os.environ["LAB_HOSTS"] = f"{kept},{OUTSIDE}"
    lab("up", "--no-artifacts")
    play("bootstrap").succeeded()
    yield
    play("reset", "--limit", OUTSIDE, "-e", f"reset_confirm={cluster.site['site_name']}").succeeded()
    os.environ["LAB_HOSTS"] = kept
    lab("remove", OUTSIDE)
    play("bootstrap").succeeded()


@also("N6", "D2")
@pytest.mark.long
def test_names_outlive_all_servers_and_come_back_with_them(cluster: Cluster) -> None:
    """N6, D2: no zone is taken back to what the set holds of it, and nobody gets an answer of the past.

    Where the lab is monitored, the name server outside tells that all servers are gone.
    """
    first, outside = cluster.servers[0], Cluster([OUTSIDE], cluster.site)
    canary(cluster, "outlived")
    zone(cluster, first, "PATCH", record("outside", "192.0.2.81"))
    backed_up("-e", "backup_reason=outside")
    zone(cluster, first, "PATCH", record("outside", "192.0.2.82"))
    wait_until("the name server outside follows", lambda: served(OUTSIDE, NAME) == ["192.0.2.82"])
    with Client([OUTSIDE, *cluster.servers], NAME, "192.0.2.82") as client:
        lab("wipe", *cluster.servers)
        fires(outside, "ServersLost")
        refused = restore(cluster)
        assert refused.returncode and f"while {OUTSIDE} still has those" in " ".join(refused.output.split())
        assert refused.changed() == 0
        began = time.monotonic()
        play("promote_dns", "-e", f"promote_dns_to={OUTSIDE}").succeeded()
        restore(cluster, "-e", f"site_dns_primary={OUTSIDE}").succeeded()
        play("promote_dns", "-e", f"promote_dns_to={first}", "-e", "promote_dns_handover=true").succeeded()
        measured("N6", "the same with a name server outside, whose zones are newer", time.monotonic() - began)
        assert cluster.is_complete() and "outlived" in names(cluster)
        wait_until(
            "all serve the newest", lambda: all(served(host, NAME) == ["192.0.2.82"] for host in cluster.servers)
        )
    resolves(outside, "ServersLost")
    assert client.false == []
    measured(
        "N6",
        "until a client that asks the name servers in turn, 3 s each, has an answer in the worst case",
        client.longest,
    )
    assert play("bootstrap").succeeded().changed() == 0
