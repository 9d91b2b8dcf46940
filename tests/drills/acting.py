"""Workloads that act by themselves, and write down when they did on the disk of their server, which a wipe takes."""

from __future__ import annotations

import json
from typing import Any

from cluster import Cluster, wait_until

LOG = "/var/lib/acted/log"
NOTE = f'echo "$(date +%s) $(hostname)" >>{LOG}'
STAYS, ENDS = f"{NOTE}; exec sleep 86400", NOTE
HELD = {"metalstack.autonomous/recovery": "held"}
# A Job is made of the last one by hand; by itself it comes once a year.
EVERY_MINUTE, ONCE = "* * * * *", "0 0 1 1 *"
NAMES = ("operator", "queue", "ticks", "works")
OBJECTS = "deployment/operator statefulset/queue cronjob/ticks cronjob/works"


def _template(image: str, script: str, restart: str = "Always") -> dict[str, Any]:
    place = LOG.rpartition("/")[0]
    container = {
        "name": "acts",
        "image": image,
        "imagePullPolicy": "Never",
        "command": ["sh", "-c", script],
        "volumeMounts": [{"name": "acted", "mountPath": place}],
    }
    spec = {
        "restartPolicy": restart,
        "terminationGracePeriodSeconds": 0,
        "containers": [container],
        "volumes": [{"name": "acted", "hostPath": {"path": place, "type": "DirectoryOrCreate"}}],
    }
    return {"metadata": {"labels": {"acts": "yes"}}, "spec": spec}


def _lasting(kind: str, name: str, image: str, replicas: int, **more: Any) -> dict[str, Any]:
    selector = {"matchLabels": {"acts": "yes", "of": name}}
    template = _template(image, STAYS)
    template["metadata"]["labels"]["of"] = name
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "labels": HELD},
        "spec": {"replicas": replicas, "selector": selector, "template": template, **more},
    }


def _scheduled(name: str, image: str, schedule: str, script: str) -> dict[str, Any]:
    job = {"spec": {"template": _template(image, script, "Never")}}
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": name},
        "spec": {"schedule": schedule, "jobTemplate": job},
    }


def begin(cluster: Cluster) -> None:
    """Have workloads that act: a Deployment and a StatefulSet to be held, a CronJob, and a Job of one that goes on."""
    image, first = cluster.image("busybox"), cluster.servers[0]
    for host in cluster.servers:
        cluster.on(host, f"rm -f {LOG}")
    items = [
        _lasting("Deployment", "operator", image, 2),
        _lasting("StatefulSet", "queue", image, 1, serviceName="queue"),
        _scheduled("ticks", image, EVERY_MINUTE, ENDS),
        _scheduled("works", image, ONCE, STAYS),
    ]
    cluster.apply(first, json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    cluster.on(first, "k3s kubectl create job works-now --from=cronjob/works")
    wait_until("what acts has acted", lambda: {"operator", "queue", "works"} <= acted(cluster).keys())


def acted(cluster: Cluster) -> dict[str, list[int]]:
    """When each of them has begun to act, in seconds since 1970, on any server since its disk is new."""
    found: dict[str, list[int]] = {}
    for host in cluster.servers:
        for line in cluster.on(host, f"cat {LOG} 2>/dev/null; true").splitlines():
            moment, pod = line.split()
            found.setdefault(pod.partition("-")[0], []).append(int(moment))
    return found


def goes_on(cluster: Cluster) -> dict[str, list[int]]:
    """When each has acted, once all of them have; and nothing of how they were held is left."""
    wait_until("all of it acts again", lambda: acted(cluster).keys() == set(NAMES))
    kept = cluster.kubectl(cluster.servers[0], f"get {OBJECTS} job/works-now")["items"]
    assert not [one for one in kept if "metalstack.autonomous/held" in one["metadata"].get("annotations", {})]
    assert [one["spec"].get("replicas", one["spec"].get("suspend")) for one in kept] == [2, 1, False, False, False]
    return acted(cluster)


def end(cluster: Cluster) -> None:
    cluster.on(cluster.servers[0], f"k3s kubectl delete {OBJECTS} job/works-now --ignore-not-found --wait=false")
