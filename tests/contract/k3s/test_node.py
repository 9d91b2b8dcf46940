"""Agents, and the password that ties a node's name to a host."""

from __future__ import annotations

from hosts import Host, until

REJECTED = ("Node password rejected", "unable to verify password for node")


def test_an_agent_joins_with_the_agents_token(founder: Host, agent: Host) -> None:
    node = founder.get("node agent1")
    assert node["metadata"]["labels"]["contract/kind"] == "agent"
    assert not [name for name in node["metadata"]["labels"] if name.startswith("node-role.kubernetes.io/")]
    assert {"type": "InternalIP", "address": agent.address} in node["status"]["addresses"]


def test_a_node_tells_the_release_that_it_runs(founder: Host, agent: Host) -> None:
    release = founder.run("k3s --version").split()[2]
    for name in ("server1", "agent1"):
        assert founder.get(f"node {name}")["status"]["nodeInfo"]["kubeletVersion"] == release


def test_an_agent_is_no_etcd_member(founder: Host, agent: Host) -> None:
    assert agent.address not in founder.members()
    assert founder.condition("agent1", "EtcdIsVoter")["status"] == "absent"


def test_a_name_with_another_password_is_rejected_until_its_node_is_deleted(founder: Host, agent: Host) -> None:
    agent.run("systemctl stop k3s; echo 0123456789abcdef0123456789abcdef > /etc/rancher/node/password")
    # Without its certificates: a node that still has them is known by these.
    agent.run("rm -f /var/lib/rancher/k3s/agent/client-kubelet.* && systemctl start --no-block k3s")
    until(lambda: any(words in agent.journal() for words in REJECTED), "the password is rejected", 60)
    agent.run("systemctl stop k3s")
    founder.kubectl("delete node agent1 --timeout=60s")
    agent.run("timeout 120 systemctl start k3s")
    founder.await_node("agent1", voter=False)
