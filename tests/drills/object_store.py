"""What somebody with keys may do to the objects of a site, done from a host of it."""

from __future__ import annotations

import json

from cluster import Cluster

SETTINGS = "/etc/metalstack/backup/backup.json"
# On a host that was told nothing of the storage; gone with its next start.
CARRIED, CARRIED_CA = "/run/drill-storage.json", "/run/drill-storage.pem"
S3 = """
import json, sys
import boto3

found = json.load(open(sys.argv[2]))
storage = found["storage"]
client = boto3.client(
    "s3", endpoint_url=storage["endpoint"], region_name=storage["region"], verify=storage["ca_file"],
    aws_access_key_id=storage["access_key"], aws_secret_access_key=storage["secret_key"],
)
where = {"Bucket": storage["bucket"], "Prefix": found["site"] + "/"}
pages = client.get_paginator("list_objects_v2").paginate(**where)
keys = [each["Key"] for page in pages for each in page.get("Contents", []) if "/locks/" not in each["Key"]]
if sys.argv[1] == "delete":
    for key in keys:
        client.delete_object(Bucket=storage["bucket"], Key=key)
print(json.dumps(sorted(keys)))
"""


def s3(cluster: Cluster, host: str, verb: str, settings: str = SETTINGS) -> list[str]:
    """List or delete all objects of the site but restic's locks, with the host's keys; return what was there before."""
    found: list[str] = json.loads(cluster.on(host, f"python3 - {verb} {settings}", stdin=S3, timeout=300))
    return found


def access(cluster: Cluster, host: str) -> dict[str, str]:
    """Return what a host needs to ask the storage, by the file in which another one is to have it."""
    found = json.loads(cluster.on(host, f"cat {SETTINGS}"))
    authority = cluster.on(host, f"cat {found['storage']['ca_file']}")
    found["storage"]["ca_file"] = CARRIED_CA
    return {CARRIED: json.dumps(found), CARRIED_CA: authority}


def carry(cluster: Cluster, host: str, files: dict[str, str]) -> None:
    """Have a host know it that was told nothing of it."""
    for path, text in files.items():
        cluster.on(host, f"install -m 0600 /dev/stdin {path}", stdin=text)
