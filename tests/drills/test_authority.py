"""New authorities: made, killed in the middle, gone on with; former ones dropped, and what they have signed refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from backups import AFTER_ROTATION, rehearsed
from cluster import Cluster
from playbook import play, said, start
from test_certificates import serials
from test_rolling import windows

AGENT = "agent1"
AUTHORITY, FORMER = ("-e", "rotate=authority"), ("-e", "rotate=former_authority")
# A certificate of the administrator that somebody has copied.
COPIED = "/root/copied"
TLS = "/var/lib/rancher/k3s/server/tls"
LEFT = "ls -d /var/lib/rancher/k3s/rotation.json /var/lib/rancher/k3s/authorities /var/lib/rancher/k3s/former-client*"

pytestmark = pytest.mark.usefixtures("backed_up_site_with_agent")


def bundles(cluster: Cluster) -> set[str]:
    """Return what hosts trust, servers and the agent."""
    found = {cluster.on(host, f"cat {TLS}/server-ca.crt {TLS}/client-ca.crt") for host in cluster.servers}
    return found | {cluster.on(AGENT, "cd /var/lib/rancher/k3s/agent && cat server-ca.crt client-ca.crt")}


def answers(cluster: Cluster) -> set[str]:
    """Return what the servers say to who has the copied certificate."""
    ask = (
        f"curl -sS -m 10 -o /dev/null -w '%{{http_code}}' --cacert {TLS}/server-ca.crt --cert {COPIED}.crt"
        f" --key {COPIED}.key https://127.0.0.1:6443/api/v1/nodes"
    )
    return {cluster.on(host, ask).strip() for host in cluster.servers}


def ends(cluster: Cluster) -> set[bool]:
    """Tell whether etcd ends a connection of whoever has the copied certificate that reads and writes all of it."""
    ask = (
        f"curl -sS -m 5 --cacert {TLS}/etcd/server-ca.crt --cert {COPIED}-etcd.crt --key {COPIED}-etcd.key"
        " https://127.0.0.1:2379/version 2>&1; true"
    )
    return {"alert" in cluster.on(host, ask) for host in cluster.servers}


@pytest.mark.long
def test_authorities_are_exchanged_by_a_run_that_was_killed_and_former_ones_dropped(
    cluster: Cluster, tmp_path: Path
) -> None:
    for host in cluster.servers:
        for leaf, copy in (("client-admin", COPIED), ("etcd/client", f"{COPIED}-etcd")):
            cluster.on(host, f"for end in crt key; do cp {TLS}/{leaf}.$end {copy}.$end; done")
    proven = rehearsed(cluster, AFTER_ROTATION)
    before, trusted, leaves = windows(cluster), bundles(cluster), serials(cluster, "client-admin.crt")
    assert answers(cluster) == {"200"} and ends(cluster) == {False} and len(trusted) == 1
    assert play("rotate", *FORMER).succeeded().changed() == 0
    predicted = said(play("rotate", *AUTHORITY, "--check").succeeded())
    for host in (*cluster.servers, AGENT):
        assert f"restart {host}, because it began with the former authorities" in predicted
    assert (bundles(cluster), windows(cluster)) == (trusted, before)

    run = start("rotate", tmp_path, *AUTHORITY)
    try:
        run.wait_for(lambda record: str(record.get("task")).endswith("Verify what else depends on it"))
    finally:
        run.kill()
    assert len(bundles(cluster)) == 2
    play("rotate", *AUTHORITY).succeeded()
    [both] = bundles(cluster)
    assert both not in trusted
    assert not serials(cluster, "client-admin.crt") & leaves
    assert answers(cluster) == {"200"}
    renewed = rehearsed(cluster, AFTER_ROTATION)
    assert renewed > proven
    assert all(windows(cluster)[host][0] > before[host][1] for host in cluster.servers)
    assert cluster.is_complete() and cluster.ready(cluster.servers[0], AGENT)
    assert play("bootstrap").succeeded().changed() == 0

    refused = play("rotate", *AUTHORITY)
    assert refused.returncode != 0 and "rotate=former_authority" in said(refused), refused.output[-3000:]
    refused = play("rotate", *FORMER)
    assert refused.returncode != 0 and "pods began before" in said(refused), refused.output[-3000:]
    assert bundles(cluster) == {both}
    play("rotate", *FORMER, "-e", "rotate_accept_pods=true").succeeded()
    [alone] = bundles(cluster)
    assert len(alone) < len(both)
    assert answers(cluster) == {"401"} and ends(cluster) == {True}
    # Where the site is monitored, what asks the API to measure it has a copy of its own.
    for host in cluster.servers:
        cluster.on(host, f"test ! -d /run/vmagent || cmp {TLS}/client-admin.crt /run/vmagent/client-admin.crt")
    assert rehearsed(cluster, AFTER_ROTATION) > renewed
    assert cluster.is_complete() and cluster.ready(cluster.servers[0], AGENT)
    assert {cluster.on(host, f"{LEFT} 2>/dev/null", check=False) for host in cluster.servers} == {""}
    assert play("rotate", *FORMER).succeeded().changed() == 0
    assert play("bootstrap").succeeded().changed() == 0
