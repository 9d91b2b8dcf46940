"""A site with an object storage: what the drills of backups and restores have in common."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from cluster import Cluster, lab
from object_store import s3
from playbook import Run, play

STORAGE, OFFSITE = "storage1", "offsite1"
CANARY = """
apiVersion: v1
kind: Secret
metadata: {{name: {name}, namespace: default}}
stringData: {{word: kept-through-it-all}}
"""
# As Gardener's operator keeps its state: what a Garden's status says is nowhere else.
GARDEN = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gardens.operator.gardener.cloud}
spec:
  group: operator.gardener.cloud
  names: {kind: Garden, plural: gardens, singular: garden}
  scope: Cluster
  versions:
    - name: v1alpha1
      served: true
      storage: true
      subresources: {status: {}}
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
---
apiVersion: operator.gardener.cloud/v1alpha1
kind: Garden
metadata: {name: local}
spec: {}
"""
GARDEN_STATUS = {"status": {"credentials": {"encryptionAtRest": {"resources": ["projects"]}}}}
# What says in the object storage that a component of a set was restored beside what runs.
RESTORED = re.compile(r"[^/]+/catalogue/(?P<component>[^/]+)/[^/]+/[^/]+/(?P<set>[^/]+)\.verified-3\.json")
AFTER_ROTATION = "after-rotation"
ZONE_API = "http://127.0.0.1:8081/api/v1/servers/localhost/zones/shoot.lab.example."


def with_storage(cluster: Cluster) -> None:
    """Add the hosts of both object storages to the lab, and tell the drills of them."""
    os.environ["LAB_HOSTS"] = ",".join([*cluster.servers, STORAGE, OFFSITE])
    lab("up", "--no-artifacts", timeout=900)
    output = lab("exec", "--", str(Path("inventories/lab/hosts.py")), "--list").stdout
    cluster.site.update(json.loads(output)["all"]["vars"])


def restore(cluster: Cluster, *arguments: str) -> Run:
    return play("restore", "-e", f"restore_confirm={cluster.site['site_name']}", *arguments)


def backed_up(*arguments: str) -> str:
    """Return the name of a set that was made just now."""
    run = play("backup", *arguments).succeeded()
    return next(line.split()[-1] for line in run.output.splitlines() if line.strip().startswith("set:"))


def begun(cluster: Cluster, *arguments: str) -> None:
    """Have a first set, as a site has from its first hour on, whichever drill comes first."""
    if not any("/catalogue/k3s/" in key for key in s3(cluster, cluster.servers[0], "list")):
        backed_up("-e", "backup_reason=begun", *arguments)


def rehearsed(cluster: Cluster, reason: str) -> set[str]:
    """Return the sets made for a reason of which Kubernetes and the names were restored beside what runs."""
    found = [match for key in s3(cluster, cluster.servers[0], "list") if (match := RESTORED.fullmatch(key))]
    k3s, powerdns = ({each["set"] for each in found if each["component"] == name} for name in ("k3s", "powerdns"))
    return {name for name in k3s & powerdns if name.endswith(f"-{reason}")}


def info(cluster: Cluster, host: str) -> dict[str, Any]:
    """Return what the program on a host keeps of its last runs."""
    found: dict[str, Any] = json.loads(cluster.on(host, "cat /var/lib/metalstack/backup/results.json"))
    return found


def program(cluster: Cluster, host: str, *arguments: str, timeout: float = 120) -> str:
    return cluster.on(host, f"metalstack-backup {' '.join(arguments)} 2>&1; echo rc=$?", timeout=timeout)


def canary(cluster: Cluster, name: str) -> None:
    cluster.apply(cluster.servers[0], CANARY.format(name=name))


def names(cluster: Cluster) -> set[str]:
    return {item["metadata"]["name"] for item in cluster.kubectl(cluster.servers[0], "get secrets")["items"]}


def zone(cluster: Cluster, host: str, method: str, body: str = "") -> str:
    key = cluster.site["site_dns_api_key"]
    data = f"-d '{body}'" if body else ""
    command = f"curl -sS -m 10 -H @- -X {method} {ZONE_API} {data}"
    return cluster.on(host, command, stdin=f"X-API-Key: {key}\n")


def record(name: str, *addresses: str) -> str:
    """Return the change that gives a name these addresses, or none."""
    rows = [{"content": address, "disabled": False} for address in addresses]
    rrset = {"name": f"{name}.shoot.lab.example.", "type": "A", "ttl": 60, "changetype": "REPLACE", "records": rows}
    return json.dumps({"rrsets": [rrset]})


def garden(cluster: Cluster) -> None:
    """Have a Garden whose status somebody has written."""
    host, definition = cluster.servers[0], GARDEN.split("---")[0]
    cluster.apply(host, definition)
    cluster.on(host, "k3s kubectl wait --for=condition=Established --timeout=30s crd gardens.operator.gardener.cloud")
    cluster.apply(host, GARDEN)
    patch = json.dumps(GARDEN_STATUS)
    cluster.on(host, f"k3s kubectl patch garden local --subresource=status --type=merge --patch='{patch}'")


def garden_status(cluster: Cluster) -> Any:
    return cluster.kubectl(cluster.servers[0], "get garden local").get("status")


def dns_keys(cluster: Cluster, host: str) -> str:
    """Return the keys of transfers and of signed zones that a server has, as its database holds them."""
    code = (
        "import sqlite3\ndatabase = sqlite3.connect('file:/var/lib/powerdns/pdns.sqlite3?mode=ro', uri=True)\n"
        "for table in ('tsigkeys', 'cryptokeys'):\n"
        "    print(database.execute(f'SELECT * FROM {table} ORDER BY 1').fetchall())"
    )
    return cluster.on(host, "python3 -", stdin=code)


TOKEN = """
import json, os, subprocess, sys

known = json.load(open("/etc/metalstack/backup/backup.json"))
lineage = json.load(open("/var/lib/metalstack/backup/record.json"))["lineage"]
storage = known["storage"]
environment = {
    "PATH": os.environ["PATH"], "HOME": "/root", "AWS_ACCESS_KEY_ID": storage["access_key"],
    "AWS_SECRET_ACCESS_KEY": storage["secret_key"], "AWS_DEFAULT_REGION": storage["region"],
    "RESTIC_PASSWORD_FILE": known["password_file"],
    "RESTIC_REPOSITORY": f"s3:{storage['endpoint']}/{storage['bucket']}/{known['site']}/restic/{lineage}",
}
command = ["restic", "--no-cache", "--no-lock", "--cacert", storage["ca_file"], "--option", "s3.bucket-lookup=path"]
command += ["dump", "--tag", "component=k3s", "latest", "/server/token"]
sys.stdout.write(subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout)
"""


def token_of_a_set(cluster: Cluster, host: str) -> str:
    """Return the token of k3s out of the newest backup, as somebody finds it who has the backup password alone."""
    return cluster.on(host, "python3 -", stdin=TOKEN, timeout=120)
