"""Servers leave a cluster that goes on: dead, alive, two at once; others come in their place."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from alerts import fires, resolves
from cluster import Cluster, lab, wait_until
from playbook import Run, play
from scenario import measured, scenario

SENTINEL = "restored"


def database(image: str, host: str) -> str:
    """Return a StatefulSet that begins on a host, and fills an empty volume from what lies elsewhere, once."""
    labels = {"app": "db"}
    script = "test -s /data/rows || { echo restored > /data/rows; cat /etc/hostname >> /data/rows; }"
    prefers = {
        "weight": 100,
        "preference": {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [host]}]},
    }
    mounts = [{"name": "data", "mountPath": "/data"}]
    container = {"image": image, "imagePullPolicy": "Never", "volumeMounts": mounts}
    spec = {
        "terminationGracePeriodSeconds": 1,
        "affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [prefers]}},
        "initContainers": [{**container, "name": "restore", "command": ["sh", "-c", script]}],
        "containers": [
            {
                **container,
                "name": "db",
                "command": ["sleep", "86400"],
                "readinessProbe": {"exec": {"command": ["grep", "-q", SENTINEL, "/data/rows"]}, "periodSeconds": 1},
            }
        ],
    }
    claim = {
        "metadata": {"name": "data"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "local-path",
            "resources": {"requests": {"storage": "16Mi"}},
        },
    }
    return json.dumps(
        {
            "apiVersion": "apps/v1",
            "kind": "StatefulSet",
            "metadata": {"name": "db", "namespace": "default"},
            "spec": {
                "replicas": 1,
                "serviceName": "db",
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": spec},
                "volumeClaimTemplates": [claim],
            },
        }
    )


def place(cluster: Cluster, asked: str) -> tuple[str, bool]:
    """Return the node of the database's pod, and whether it is ready."""
    found = cluster.kubectl(asked, "get pods -n default -l app=db")["items"]
    if not found:
        return "", False
    conditions = {each["type"]: each["status"] for each in found[0]["status"].get("conditions", [])}
    return found[0]["spec"].get("nodeName", ""), conditions.get("Ready") == "True"


def replace(cluster: Cluster, node: str, *more: str) -> Run:
    return play(
        "replace_node", "-e", f"replace_node={node}", "-e", f"replace_confirm={cluster.site['site_name']}", *more
    )


def fenced(node: str) -> tuple[str, ...]:
    """Say that nothing runs on a node any more."""
    return "-e", f"replace_fenced={node}"


def told(run: Run) -> str:
    return " ".join(run.output.split())


@pytest.fixture
def first_has_a_database(cluster: Cluster) -> Iterator[str]:
    """Run a database with a volume on the first server, and return a server that asks for it."""
    play("bootstrap").succeeded()
    first, asked = cluster.servers[0], cluster.servers[1]
    cluster.apply(asked, database(cluster.image("busybox"), first))
    wait_until("the database runs there", lambda: place(cluster, asked) == (first, True))
    yield asked
    cluster.on(asked, "k3s kubectl delete -n default statefulset/db pvc/data-db-0 --ignore-not-found --wait=false")


@scenario(
    id="N2",
    title="A server is gone for good, with its disk",
    initial_cluster="none while the other two live; pods with volumes on that server wait, and what these held is lost",
    target_cluster="none, unless a database of metal-stack or Gardener was on those volumes; then it can't be managed",
    end_users="none",
    detection="the node is not ready for more than 5 minutes; the playbook `status`: no answer",
    remedy="switch it off, or cut it off for good; run the playbook `replace_node` with `replace_fenced` at once, which"
    " lets go of its volumes so that what had them begins elsewhere; where it was the primary of the DNS,"
    " `promote_dns`; and `replace_node` again when the new machine is there",
)
@pytest.mark.long
def test_what_had_its_volume_on_a_dead_server_runs_elsewhere_before_the_new_machine_comes(
    cluster: Cluster, first_has_a_database: str
) -> None:
    """N2 on the server that was the first, led etcd or not, and was the primary of the DNS."""
    first, asked = cluster.servers[0], first_has_a_database
    identities = cluster.identities()
    lab("kill", first)
    refused = replace(cluster, first)
    assert refused.returncode and refused.changed() == 0
    assert f"{first} does not answer, yet its node is ready" in told(refused)
    gone = wait_until("the node is not ready", lambda: not cluster.ready(asked, first))
    measured("N2", "until its node is not ready", gone)
    told_of = play("status")
    assert told_of.returncode and f"{first}:" in told_of.output and "no answer" in told_of.output
    fires(cluster, "NodeLost", first)
    # The other two go on, and what had its volume there waits.
    assert cluster.writes(asked) and place(cluster, asked)[0] == first

    refused = replace(cluster, first)
    assert refused.returncode and refused.changed() == 0
    assert f"{first} does not answer: it may be cut off and run on" in told(refused)
    planned = replace(cluster, first, "--check", *fenced(first)).succeeded()
    assert f"{first}: the volumes of default/data-db-0 go with it" in told(planned)
    assert place(cluster, asked)[0] == first
    began = time.monotonic()
    run = replace(cluster, first, *fenced(first)).succeeded()
    measured("N2", "from the remedy's first command to pods that are ready elsewhere", time.monotonic() - began)
    assert place(cluster, asked)[0] in cluster.servers[1:] and place(cluster, asked)[1]
    assert len(cluster.members()) == len(cluster.servers) - 1
    assert "install the machine, and run this again. It was the primary of the DNS, too" in told(run)
    assert replace(cluster, first).succeeded().changed() == 0

    lab("wipe", first)
    play("promote_dns", "-e", f"promote_dns_to={asked}").succeeded()
    began = time.monotonic()
    replace(cluster, first, "-e", f"site_dns_primary={asked}").succeeded()
    measured("N2", "from a new machine to three voters", time.monotonic() - began)
    assert cluster.is_complete() and cluster.identities() == identities
    assert place(cluster, asked)[1]
    resolves(cluster, "NodeLost")
    play("promote_dns", "-e", f"promote_dns_to={first}", "-e", "promote_dns_handover=true").succeeded()
    assert play("bootstrap").succeeded().changed() == 0


@pytest.mark.long
def test_a_server_that_lives_comes_back_with_its_volumes(cluster: Cluster, first_has_a_database: str) -> None:
    first, asked = cluster.servers[0], first_has_a_database
    identities, before = cluster.identities(), cluster.members()
    refused = replace(cluster, first)
    assert refused.returncode and refused.changed() == 0
    assert f"{first} has the data of default/data-db-0 on its disk" in told(refused)
    rows = cluster.on(asked, "k3s kubectl exec -n default db-0 -c db -- cat /data/rows")
    replace(cluster, first, "-e", "replace_volumes=keep").succeeded()
    assert cluster.is_complete() and cluster.identities() == identities
    assert {each["ID"] for each in cluster.members()} != {each["ID"] for each in before}
    wait_until("the database runs there again", lambda: place(cluster, asked) == (first, True))
    assert cluster.on(asked, "k3s kubectl exec -n default db-0 -c db -- cat /data/rows") == rows
    assert play("bootstrap").succeeded().changed() == 0


@pytest.mark.long
def test_two_servers_leave_and_enter_again(cluster: Cluster) -> None:
    stays, *leaving = cluster.servers
    play("bootstrap").succeeded()
    identities = {cluster.kubectl(stays, "get namespace kube-system")["metadata"]["uid"]}
    confirmed = ("-e", f"remove_confirm={cluster.site['site_name']}", "-e")
    refused = play("remove_node", *confirmed, f"remove_node={leaving[0]}")
    assert refused.returncode and refused.changed() == 0
    assert "2 servers" in told(refused) and "would be left" in told(refused)
    play("remove_node", *confirmed, f"remove_node={','.join(leaving)}").succeeded()
    assert len(cluster.members()) == 1 and cluster.writes(stays)
    wait_until("the one that is left holds the address", lambda: cluster.holders() == [stays])
    for host in leaving:
        assert "k3s" not in cluster.on(host, "ls /usr/local/bin /etc/systemd/system /var/lib/rancher 2>/dev/null; true")
    refused = play("add_node", "-e", f"add_node={leaving[0]}")
    assert refused.returncode and refused.changed() == 0
    assert f"no node that is new but {leaving[0]}" in told(refused)
    play("add_node", "-e", f"add_node={','.join(leaving)}").succeeded()
    assert cluster.is_complete() and cluster.identities() == identities
    assert play("bootstrap").succeeded().changed() == 0
