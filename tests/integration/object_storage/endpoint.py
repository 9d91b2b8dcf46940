"""An endpoint as the inventory tells of it, asked by boto3 in the name of one of its accounts."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

CONFIG = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=30)


class Endpoint:
    def __init__(self, variables: dict[str, Any]) -> None:
        self.variables = variables
        self.url: str = variables["endpoint"]
        self.bucket: str = variables["bucket"]
        self._directory = tempfile.TemporaryDirectory()
        self.ca = Path(self._directory.name) / "ca.pem"
        self.ca.write_text(variables["ca"])

    def client(self, account: str, *, url: str = "", ca: Path | None = None) -> Any:
        """The account `writer` is the one that the variables hold themselves."""
        keys = self.variables if account == "writer" else self.variables[account]
        return boto3.client(
            "s3",
            endpoint_url=url or self.url,
            region_name=self.variables["region"],
            aws_access_key_id=keys["access_key"],
            aws_secret_access_key=keys["secret_key"],
            verify=str(ca or self.ca),
            config=CONFIG,
        )

    def put(self, key: str, body: bytes, **conditions: Any) -> str:
        """Write as the writer and return the version."""
        return self.client("writer").put_object(Bucket=self.bucket, Key=key, Body=body, **conditions)["VersionId"]

    def get(self, account: str, key: str, **version: str) -> bytes:
        return self.client(account).get_object(Bucket=self.bucket, Key=key, **version)["Body"].read()


def code(request: Callable[[], Any]) -> int:
    """The status that a request ends with."""
    try:
        return request()["ResponseMetadata"]["HTTPStatusCode"]
    except ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"]
