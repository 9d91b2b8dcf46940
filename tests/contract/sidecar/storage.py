"""The bucket that a sidecar backs up to, on a real versitygw, as its operator sees it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import front
import gateway
from botocore.config import Config
from front import Front

from plugins.plugin_utils._pki import certificate

CONFIG = Config(
    s3={"addressing_style": "path"},
    retries={"total_max_attempts": 1},
    connect_timeout=5,
    read_timeout=30,
    # What is sent in chunks, with a checksum behind it, is more than the front understands.
    request_checksum_calculation="when_required",
)
# Accounts beside root, and whether each may create buckets.
ACCOUNTS = {"sidecar": "user", "creator": "userplus"}
SECRET = "a-secret-of-forty-characters-or-so-is-used"


class Object(NamedTuple):
    key: str
    version: str
    size: int


class Storage:
    def __init__(self, server: Front, ca: Path) -> None:
        self.front, self.ca = server, ca
        self.root = self.client(gateway.KEYS["access_key"], gateway.KEYS["secret_key"])

    def keys(self, account: str) -> dict[str, str]:
        return {"access_key": account, "secret_key": SECRET}

    def client(self, access_key: str, secret_key: str = SECRET) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=self.front.url,
            region_name=gateway.REGION,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            verify=str(self.ca),
            config=CONFIG,
        )

    def bucket(self, owner: str = "") -> str:
        """A bucket that no other test has, with versions; owned by root unless said otherwise."""
        name = f"b{uuid.uuid4().hex[:12]}"
        self.root.create_bucket(Bucket=name)
        self.root.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        if owner:
            self.own(name, owner)
        return name

    def own(self, bucket: str, owner: str) -> None:
        environment = {
            **os.environ, "ADMIN_ACCESS_KEY_ID": gateway.KEYS["access_key"], "ADMIN_REGION": gateway.REGION,
            "ADMIN_SECRET_ACCESS_KEY": gateway.KEYS["secret_key"],
            "ADMIN_ENDPOINT_URL": f"http://127.0.0.1:{self.front.behind}",
        }  # fmt: skip
        command = [gateway.program(), "admin", "change-bucket-owner", "--bucket", bucket, "--owner", owner]
        subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, timeout=30)

    def allow(self, bucket: str, account: str, *actions: str) -> None:
        """What an account may in a bucket that is not its own."""
        rights = {"Effect": "Allow", "Principal": {"AWS": [account]}, "Action": list(actions)}
        resources = {"Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]}
        policy = {"Version": "2012-10-17", "Statement": [{**rights, **resources}]}
        self.root.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))

    def versions(self, bucket: str, prefix: str = "") -> list[Object]:
        """Newest first within a key, without the markers of deletions."""
        pages = self.root.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
        return [Object(one["Key"], one["VersionId"], one["Size"]) for page in pages for one in page.get("Versions", [])]

    def get(self, bucket: str, one: Object) -> bytes:
        return self.root.get_object(Bucket=bucket, Key=one.key, VersionId=one.version)["Body"].read()

    def later(self) -> None:
        """Wait for another second: of two backups of the same one nobody can tell which is newer."""
        time.sleep(1.1)

    def put(self, bucket: str, key: str, content: bytes) -> str:
        return self.root.put_object(Bucket=bucket, Key=key, Body=content)["VersionId"]

    def buckets(self) -> list[str]:
        return [one["Name"] for one in self.root.list_buckets()["Buckets"]]


@contextlib.contextmanager
def serving(directory: Path) -> Iterator[Storage]:
    issued = gateway.issue(directory, certificate.Subject((), ("127.0.0.1",)))
    accounts = {name: {"access": name, "secret": SECRET, "role": role} for name, role in ACCOUNTS.items()}
    (directory / "iam").mkdir()
    (directory / "iam/users.json").write_text(json.dumps({"accessAccounts": accounts}))
    accounts_are = {"VGW_IAM_DIR": str(directory / "iam")}
    with gateway.running(directory, accounts_are) as port, front.serving(port, issued) as server:
        yield Storage(server, issued.authority)
