"""An agent in what takes one host after the other: upgrade, rotation, patches; it leaves, and comes back.

One server is all that this needs: the agent's turn comes after those of the servers, however many they are.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator

import pytest
from cluster import Cluster, described, lab, wait_until
from playbook import Run, play, said
from test_certificates import SHORT
from test_patch_hosts import ARCHIVES, NO_ARCHIVES, boots, versions, wants_reboot
from test_rolling import windows
from test_upgrade_minor import AT_OLD, NEW, NO_BACKUP, OLD, closed
from test_upgrade_minor import versions as node_versions

SERVER, AGENT = "server1", "agent1"
SERIAL = "openssl x509 -noout -serial -in /var/lib/rancher/k3s/agent/client-kubelet.crt"
SOON = {"upgrade_soak": 2, "patch_hosts_soak": 2, "k3s_cluster_timeout": 120}
QUICKLY = ("-e", json.dumps(SOON))

pytestmark = pytest.mark.long


def deployment(image: str) -> str:
    """Return a Deployment of one pod that would rather be on the agent."""
    labels = {"app": "guest"}
    prefers = {
        "weight": 100,
        "preference": {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [AGENT]}]},
    }
    container = {"name": "guest", "image": image, "imagePullPolicy": "Never", "command": ["sleep", "86400"]}
    spec = {
        "terminationGracePeriodSeconds": 1,
        "affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [prefers]}},
        "containers": [container],
    }
    return json.dumps(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "guest", "namespace": "default"},
            "spec": {
                "replicas": 1,
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": spec},
            },
        }
    )


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Found a site of a server and an agent with the older version, whatever the lab was before."""
    os.environ["LAB_HOSTS"] = f"{SERVER},{AGENT}"
    lab("up", "--fresh", timeout=3600)
    lab("k3s", OLD, timeout=3000)
    play("bootstrap", *AT_OLD).succeeded()
    found = described()
    found.apply(SERVER, deployment(found.image("busybox")))
    yield found
    del os.environ["LAB_HOSTS"]


def nodes(cluster: Cluster) -> Cluster:
    """Return the same with the agent among those that are asked."""
    return Cluster([SERVER, AGENT], cluster.site)


def places(cluster: Cluster) -> list[str]:
    """Return where the guest runs and is not about to end."""
    pods = cluster.kubectl(SERVER, "get pods -l app=guest")["items"]
    alive = [pod for pod in pods if "deletionTimestamp" not in pod["metadata"] and pod["status"]["phase"] == "Running"]
    return [pod["spec"]["nodeName"] for pod in alive]


@pytest.fixture
def guest(cluster: Cluster) -> str:
    """Have the guest run on the agent."""
    cluster.on(SERVER, "k3s kubectl delete pods -l app=guest --wait=false")
    wait_until("the guest runs on the agent", lambda: places(cluster) == [AGENT])
    return AGENT


def order(run: Run, action: str) -> list[str]:
    """Return the hosts in the order that the plan tells."""
    return list(dict.fromkeys(re.findall(rf"\b{action} (\w+)(?:,|:| from)", said(run))))


def one_after_the_other(cluster: Cluster) -> bool:
    """Tell whether the agent went down only when the server was up again."""
    found = windows(nodes(cluster))
    return found[SERVER][1] < found[AGENT][0] < found[AGENT][1]


def test_an_agent_is_upgraded_after_the_servers_and_without_its_pods(cluster: Cluster, guest: str) -> None:
    assert set(node_versions(cluster).values()) == {OLD}
    predicted = play("upgrade", "--check", *NO_BACKUP).succeeded()
    assert order(predicted, "upgrade") == [SERVER, AGENT]
    assert set(node_versions(cluster).values()) == {OLD}
    play("upgrade", *NO_BACKUP, *QUICKLY).succeeded()
    assert node_versions(cluster) == {SERVER: NEW, AGENT: NEW}
    assert one_after_the_other(cluster)
    assert (places(cluster), closed(cluster)) == ([SERVER], [])
    assert play("upgrade").succeeded().changed() == 0


def test_certificates_of_an_agent_are_made_anew_after_those_of_the_servers(cluster: Cluster, guest: str) -> None:
    shorten = (
        f"mkdir -p $(dirname {SHORT}) && printf '[Service]\\nEnvironment=CATTLE_NEW_SIGNED_CERT_EXPIRATION_DAYS=20\\n'"
        f" >{SHORT} && systemctl daemon-reload && systemctl stop k3s && k3s certificate rotate && systemctl start k3s"
    )
    try:
        for host in (SERVER, AGENT):
            cluster.on(host, shorten, timeout=200)
        ended = "test -s /var/lib/rancher/k3s/agent/client-kubelet.crt && echo there"
        wait_until("the agent has certificates", lambda: "there" in cluster.on(AGENT, ended, check=False))
    finally:
        for host in (SERVER, AGENT):
            cluster.on(host, f"rm {SHORT} && systemctl daemon-reload")
    serials = {host: cluster.on(host, SERIAL) for host in (SERVER, AGENT)}
    before = windows(nodes(cluster))
    predicted = play("rotate", "-e", "rotate=certificates", "--check").succeeded()
    assert order(predicted, "rotate") == [SERVER, AGENT]
    assert windows(nodes(cluster)) == before
    play("rotate", "-e", "rotate=certificates", *QUICKLY).succeeded()
    assert all(cluster.on(host, SERIAL) != serials[host] for host in (SERVER, AGENT))
    assert one_after_the_other(cluster)
    # Containers run on meanwhile.
    assert places(cluster) == [AGENT]
    assert play("rotate", "-e", "rotate=certificates").succeeded().changed() == 0


def test_an_agent_is_patched_and_rebooted_after_the_servers_and_without_its_pods(cluster: Cluster, guest: str) -> None:
    hosts = (SERVER, AGENT)
    try:
        for host in hosts:
            cluster.on(host, "sh -s", stdin=ARCHIVES, timeout=300)
        wants_reboot(cluster, AGENT)
        before = boots(cluster, AGENT)
        predicted = play("patch_hosts", "--check").succeeded()
        assert order(predicted, "maintain") == [SERVER, AGENT]
        assert boots(cluster, AGENT) == before
        play("patch_hosts", *QUICKLY).succeeded()
        assert {versions(cluster, host)["tool"] for host in hosts} == {"2"}
        stamps = [float(cluster.on(host, "cat /var/lib/drill-tool.stamp")) for host in hosts]
        assert stamps == sorted(stamps)
        after = boots(cluster, AGENT)
        assert [host for host in hosts if after[host] != before[host]] == [AGENT]
        assert (places(cluster), closed(cluster)) == ([SERVER], [])
        assert (play("patch_hosts").succeeded().changed(), boots(cluster, AGENT)) == (0, after)
    finally:
        for host in hosts:
            cluster.on(host, "sh -s", stdin=NO_ARCHIVES, timeout=300)


def test_an_agent_that_does_not_start_again_stops_the_run_and_stays_closed(cluster: Cluster, guest: str) -> None:
    """A node is called ready for a while after its kubelet has ended, which is not what is waited for."""
    broken = "/etc/systemd/system/k3s.service.d/broken.conf"
    hosts = (SERVER, AGENT)
    cluster.on(AGENT, f"mkdir -p $(dirname {broken}) && printf '[Service]\\nExecStartPre=/bin/false\\n' >{broken}")
    try:
        wants_reboot(cluster, AGENT)
        run = play("patch_hosts", "-e", json.dumps({**SOON, "k3s_cluster_timeout": 30}))
        assert run.returncode != 0
        assert f"Maintenance of {AGENT} failed, and nothing more is changed." in said(run)
        assert "and stays closed for pods" in said(run)
        assert (places(cluster), closed(cluster)) == ([SERVER], [AGENT])
    finally:
        cluster.on(AGENT, f"rm {broken} && systemctl daemon-reload")
    play("patch_hosts", *QUICKLY).succeeded()
    assert closed(cluster) == []
    assert all(cluster.ready(SERVER, host) for host in hosts)
    assert play("patch_hosts").succeeded().changed() == 0


def test_an_agent_leaves_and_comes_back(cluster: Cluster, guest: str) -> None:
    confirmed = ("-e", f"remove_node={AGENT}", "-e", f"remove_confirm={cluster.site['site_name']}")
    uid = cluster.kubectl(SERVER, f"get node {AGENT}")["metadata"]["uid"]
    planned = play("remove_node", *confirmed, "--check").succeeded()
    assert f"take {AGENT} out, its pods first" in said(planned)
    assert places(cluster) == [AGENT]
    play("remove_node", *confirmed).succeeded()
    wait_until("the guest runs on the server", lambda: places(cluster) == [SERVER])
    assert set(node_versions(cluster)) == {SERVER}
    assert cluster.on(AGENT, "ls -d /etc/rancher /usr/local/bin/k3s 2>/dev/null; true").strip() == ""
    assert play("remove_node", *confirmed).succeeded().changed() == 0

    os.environ["LAB_HOSTS"] = SERVER
    play("bootstrap").succeeded()
    assert play("bootstrap").succeeded().changed() == 0
    os.environ["LAB_HOSTS"] = f"{SERVER},{AGENT}"
    planned = play("add_node", "-e", f"add_node={AGENT}", "--check").succeeded()
    assert set(node_versions(cluster)) == {SERVER}
    play("add_node", "-e", f"add_node={AGENT}").succeeded()
    assert cluster.ready(SERVER, AGENT)
    assert cluster.kubectl(SERVER, f"get node {AGENT}")["metadata"]["uid"] != uid
    cluster.on(SERVER, "k3s kubectl delete pods -l app=guest --wait=false")
    wait_until("the guest runs on the agent", lambda: places(cluster) == [AGENT])
    assert play("bootstrap").succeeded().changed() == 0
