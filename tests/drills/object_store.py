"""What somebody with keys may do to the objects of a site, done from a host of it."""

from __future__ import annotations

import json

from cluster import Cluster

S3 = """
import json, sys
import boto3

found = json.load(open("/etc/metalstack/backup/backup.json"))
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


def s3(cluster: Cluster, host: str, verb: str) -> list[str]:
    """List or delete all objects of the site but restic's locks, with the host's keys; return what was there before."""
    found: list[str] = json.loads(cluster.on(host, f"python3 - {verb}", stdin=S3, timeout=300))
    return found
