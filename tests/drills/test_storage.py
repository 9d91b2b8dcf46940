"""What a pod wrote to a persistent volume outlives a new installation of k3s and a restart, but not its server."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from alerts import green
from cluster import Cluster, lab, wait_until
from playbook import play

WORD = "written before"


def manifest(host: str, image: str) -> str:
    """Return a claim, and a pod on the host that writes to it once and stays."""
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "kept", "namespace": "default"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "local-path",
            "resources": {"requests": {"storage": "16Mi"}},
        },
    }
    script = f"test -s /kept/word || echo {WORD!r} > /kept/word; exec sleep 86400"
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "keeper", "namespace": "default"},
        "spec": {
            "nodeSelector": {"kubernetes.io/hostname": host},
            "tolerations": [{"operator": "Exists"}],
            "terminationGracePeriodSeconds": 1,
            "containers": [
                {
                    "name": "keeper",
                    "image": image,
                    "imagePullPolicy": "Never",
                    "command": ["sh", "-c", script],
                    "volumeMounts": [{"name": "kept", "mountPath": "/kept"}],
                }
            ],
            "volumes": [{"name": "kept", "persistentVolumeClaim": {"claimName": "kept"}}],
        },
    }
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": [claim, pod]})


@pytest.fixture(scope="module")
def keeper(cluster: Cluster) -> Iterator[str]:
    """Run the pod on the last server and return that server's name."""
    play("bootstrap").succeeded()
    host = cluster.servers[-1]
    image = cluster.image("busybox")
    cluster.apply(host, manifest(host, image))
    wait_until("the pod runs", lambda: cluster.phase(host, "keeper") == "Running")
    yield host
    cluster.on(host, "k3s kubectl delete pod/keeper pvc/kept --ignore-not-found --wait=false", check=False)


def read_back(cluster: Cluster, host: str) -> str:
    """Return what stands on the volume, read by the pod itself."""
    wait_until("the pod runs again", lambda: cluster.phase(host, "keeper") == "Running", timeout=180)
    read = "k3s kubectl -n default exec keeper -- cat /kept/word"
    wait_until("the volume can be read", lambda: WORD in cluster.on(host, read, check=False), timeout=60)
    return cluster.on(host, read).strip()


def test_volume_outlives_a_restart_of_the_host(cluster: Cluster, keeper: str) -> None:
    lab("reboot", keeper)
    wait_until("the server is a voter again", cluster.is_complete, timeout=240)
    assert read_back(cluster, keeper) == WORD


@pytest.mark.long
def test_volume_outlives_a_new_installation_of_k3s(cluster: Cluster, keeper: str) -> None:
    play("reset", "-e", f"reset_confirm={cluster.site['site_name']}", "--limit", keeper).succeeded()
    assert "k3s" not in cluster.on(keeper, "ls /usr/local/bin")
    play("bootstrap").succeeded()
    assert cluster.is_complete()
    cluster.apply(keeper, manifest(keeper, cluster.image("busybox")))
    assert read_back(cluster, keeper) == WORD


@pytest.mark.long
def test_a_server_gone_for_good_enters_anew_and_its_lost_volumes_are_named(cluster: Cluster, keeper: str) -> None:
    """Also without replace_node: nobody takes an empty volume for the old one unwarned."""
    first, identities = cluster.servers[0], cluster.identities()
    lab("wipe", keeper)
    wait_until("the node is not ready", lambda: not cluster.ready(first, keeper))
    assert cluster.writes(first)
    found = play("status")
    assert found.returncode and f"{keeper}: k3s is installed" in found.output, found.output[-3000:]
    assert "no data of default/kept" in found.output
    predicted = play("bootstrap", "--check").succeeded()
    assert f"{keeper}: the data of default/kept are gone" in " ".join(predicted.output.split())

    run = play("bootstrap").succeeded()
    assert f"{keeper}: the data of default/kept are gone" in " ".join(run.output.split())
    assert cluster.is_complete()
    assert cluster.identities() == identities

    cluster.on(first, "k3s kubectl delete -n default pod/keeper pvc/kept --timeout=90s", timeout=120)
    cluster.apply(first, manifest(keeper, cluster.image("busybox")))
    assert read_back(cluster, keeper) == WORD
    green()
    assert play("bootstrap").succeeded().changed() == 0
