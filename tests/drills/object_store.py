"""What somebody with keys may do to the objects of a site, done from a host of it."""

from __future__ import annotations

import json

from cluster import Cluster

S3 = """
import json, sys
import boto3

asked = json.load(sys.stdin)
found = json.load(open("/etc/metalstack/backup/backup.json"))
storage = {**found["storage"], **asked["keys"]}
client = boto3.client(
    "s3", endpoint_url=storage["endpoint"], region_name=storage["region"], verify=storage["ca_file"],
    aws_access_key_id=storage["access_key"], aws_secret_access_key=storage["secret_key"],
)
where = {"Bucket": storage["bucket"], "Prefix": found["site"] + "/"}
pages = client.get_paginator("list_objects_v2").paginate(**where)
keys = [each["Key"] for page in pages for each in page.get("Contents", []) if "/locks/" not in each["Key"]]
if asked["verb"] == "delete":
    for key in keys:
        client.delete_object(Bucket=storage["bucket"], Key=key)
if asked["verb"] == "undelete":
    for page in client.get_paginator("list_object_versions").paginate(**where):
        for mark in page.get("DeleteMarkers", []):
            if mark["IsLatest"] and "/locks/" not in mark["Key"]:
                client.delete_object(Bucket=storage["bucket"], Key=mark["Key"], VersionId=mark["VersionId"])
print(json.dumps(sorted(keys)))
"""


def s3(cluster: Cluster, host: str, verb: str, **keys: str) -> list[str]:
    """Do something with all objects of the site but restic's locks, with the host's keys or others.

    Returns what was there before.
    """
    cluster.on(host, "umask 77 && cat > /run/s3.py", stdin=S3)
    asked = json.dumps({"verb": verb, "keys": keys})
    found: list[str] = json.loads(cluster.on(host, "python3 /run/s3.py && rm /run/s3.py", stdin=asked, timeout=300))
    return found
