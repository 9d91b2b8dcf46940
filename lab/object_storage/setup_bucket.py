"""Runs on the host after each start of versitygw: waits for its answer and makes the bucket what it has to be.

All that it needs comes by the unit's environment.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import EndpointConnectionError

PATIENCE = 30


def buckets(s3: Any) -> list[str]:
    """The names of all buckets, once versitygw listens."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
        except EndpointConnectionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def main() -> None:
    s3 = boto3.client(
        "s3",
        endpoint_url=os.environ["LAB_ENDPOINT"],
        region_name=os.environ["VGW_REGION"],
        aws_access_key_id=os.environ["ROOT_ACCESS_KEY_ID"],
        aws_secret_access_key=os.environ["ROOT_SECRET_ACCESS_KEY"],
        verify=os.environ["LAB_CA"],
    )
    bucket = os.environ["LAB_BUCKET"]
    if bucket not in buckets(s3):
        s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_policy(Bucket=bucket, Policy=Path(os.environ["LAB_POLICY"]).read_text())


if __name__ == "__main__":
    main()
