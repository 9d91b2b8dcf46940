"""E4: a server enters etcd and never becomes a voter."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from alerts import fires, green, resolves
from cluster import Cluster, wait_until
from playbook import play
from scenario import measured, scenario

DATA = "/var/lib/rancher/k3s/server/db/etcd"
# A table beside those of the site, as somebody else's firewall would have it.
CUT = """
add table inet drill
add chain inet drill input { type filter hook input priority 0; }
add chain inet drill output { type filter hook output priority 0; }
add rule inet drill input tcp dport 2380 drop
add rule inet drill output tcp dport 2380 drop
"""


@pytest.fixture
def learner(cluster: Cluster) -> Iterator[str]:
    """Have a server enter etcd whose port for its peers is cut off."""
    first, victim = cluster.servers[0], cluster.servers[2]
    # One that was removed enters anew when it is restarted.
    cluster.on(first, f"k3s kubectl delete node {victim} --timeout=60s", timeout=90)
    wait_until("it knows that it was removed", lambda: "tombstone" in cluster.on(victim, f"ls {DATA}"))
    cluster.on(victim, "nft -f -", stdin=CUT)
    cluster.on(victim, "systemctl restart --no-block k3s.service")
    yield victim
    cluster.on(victim, "nft delete table inet drill", check=False)
    play("bootstrap").succeeded()


@scenario(
    id="E4",
    title="A server that entered etcd never becomes a voter",
    initial_cluster="none while the other two live; the restart of one of them costs the quorum",
    target_cluster="none",
    end_users="none",
    detection="`etcd_server_is_learner` stays 1, the node's `EtcdIsVoter` is not `True`; the playbook `status`: the"
    " member has not started or is a learner, the gate is red",
    remedy="let the servers reach each other at 2380, then run the playbook `bootstrap`, which has it enter anew",
)
@pytest.mark.long
def test_a_learner_keeps_others_from_being_restarted_and_is_taken_in(cluster: Cluster, learner: str) -> None:
    """E4: no server is restarted meanwhile, for that would cost the quorum."""
    first, second, _victim = cluster.servers
    wait_until("there is a learner", lambda: any(member.get("isLearner") for member in cluster.members()))
    identities = {cluster.kubectl(host, "get namespace kube-system")["metadata"]["uid"] for host in (first, second)}
    assert cluster.writes(first)

    found = play("status")
    assert found.returncode and "gate: red" in found.output
    address = cluster.on(learner, "hostname -I").split()
    assert any(f"etcd member at {each} has started" in found.output for each in address), found.output[-3000:]
    fires(cluster, "EtcdLearnerNotPromoted")

    show = "systemctl show -p ActiveEnterTimestampMonotonic --value k3s.service"
    before = [cluster.on(host, show) for host in (first, second)]
    refused = play("bootstrap", "-e", json.dumps({"k3s_cluster_max_pods": 250, "k3s_cluster_timeout": 20}))
    assert refused.returncode, refused.output[-3000:]
    assert [cluster.on(host, show) for host in (first, second)] == before

    cluster.on(second, "systemctl stop k3s.service", timeout=120)
    wait_until("nothing can be written", lambda: not cluster.writes(first))
    cluster.on(second, "systemctl start k3s.service", timeout=180)
    wait_until("it can be written again", lambda: cluster.writes(first))

    cluster.on(learner, "nft delete table inet drill")
    began = time.monotonic()
    play("bootstrap").succeeded()
    measured("E4", "from the remedy's first command to three voters", time.monotonic() - began)
    assert cluster.is_complete()
    assert cluster.identities() == identities
    resolves(cluster, "EtcdLearnerNotPromoted")
    green()
    assert play("bootstrap").succeeded().changed() == 0
