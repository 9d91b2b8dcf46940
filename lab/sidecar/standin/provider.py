"""Where backups are kept: a bucket of S3, or a directory that is lost with the cluster."""

from __future__ import annotations

import contextlib
import datetime
import os
import tempfile
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import boto3
from botocore.config import Config as BotoConfig
from botocore.exceptions import BotoCoreError, ClientError

from lab.sidecar.standin import paths
from lab.sidecar.standin.config import Config
from lab.sidecar.standin.errors import Failure

NAME = "db"


class Backup(NamedTuple):
    name: str
    version: str
    date: datetime.datetime


class Provider(Protocol):
    def ensure(self) -> None: ...
    def backups(self) -> list[Backup]:
        """Newest first."""

    def download(self, backup: Backup, target: Path) -> None: ...
    def next_name(self) -> str: ...
    def upload(self, file: Path) -> None: ...


class S3:
    """One key, the versions of which are the backups. A rule of the bucket removes old ones."""

    def __init__(self, config: Config, suffix: str) -> None:
        self._bucket = config.needed("s3-bucket-name")
        self._prefix, self._suffix = config.get("object-prefix"), suffix
        self._keep, self._days = int(config.get("object-max-keep")), config.get("object-days-max-keep")
        os.environ.update(AWS_EC2_METADATA_DISABLED="true", AWS_REQUEST_CHECKSUM_CALCULATION="when_required")
        self._client = boto3.client(
            "s3",
            endpoint_url=config.needed("s3-endpoint"),
            region_name=config.get("s3-region"),
            aws_access_key_id=config.needed("s3-access-key"),
            aws_secret_access_key=config.needed("s3-secret-key"),
            verify=_authority(config.get("s3-trusted-ca-cert")),
            config=BotoConfig(s3={"addressing_style": "path"}),
        )

    def ensure(self) -> None:
        """Create the bucket unless it is among those that the account is shown, have it keep versions, set the rule.

        All of this before anybody looks at the data of the database.
        """
        with _told("unable to ensure backup bucket"):
            if self._bucket not in [one["Name"] for one in self._client.list_buckets()["Buckets"]]:
                self._create()
            self._client.put_bucket_versioning(
                Bucket=self._bucket, VersioningConfiguration={"Status": "Enabled"}
            )  # fmt: skip
            self._client.put_bucket_lifecycle_configuration(
                Bucket=self._bucket, LifecycleConfiguration={"Rules": self._rules()}
            )  # fmt: skip

    def _create(self) -> None:
        there = (self._client.exceptions.BucketAlreadyExists, self._client.exceptions.BucketAlreadyOwnedByYou)
        with contextlib.suppress(*there):
            self._client.create_bucket(Bucket=self._bucket)

    def _rules(self) -> list[dict[str, Any]]:
        expiration = {"NewerNoncurrentVersions": self._keep}
        if self._days:
            expiration["NoncurrentDays"] = int(self._days)
        mine = {
            "ID": f"{self._prefix}-backup-restore-lifecycle",
            "Status": "Enabled",
            "Filter": {"Prefix": f"{self._prefix}/"},
            "NoncurrentVersionExpiration": expiration,
        }
        try:
            known = self._client.get_bucket_lifecycle_configuration(Bucket=self._bucket)["Rules"]
        except ClientError:
            known = []
        return [mine, *(one for one in known if one.get("ID") != mine["ID"])]

    def backups(self) -> list[Backup]:
        """Of one page of what begins with the prefix, no matter what follows it."""
        with _told("unable retrieve backup versions"):
            page = self._client.list_object_versions(Bucket=self._bucket, Prefix=self._prefix)
        found = [Backup(one["Key"], one["VersionId"], one["LastModified"]) for one in page.get("Versions", [])]
        return sorted(found, key=lambda one: one.date, reverse=True)

    def download(self, backup: Backup, target: Path) -> None:
        with _told("unable to download backup"), target.open("wb") as file:
            version = {"VersionId": backup.version}
            self._client.download_fileobj(self._bucket, backup.name, file, ExtraArgs=version)

    def next_name(self) -> str:
        return NAME

    def upload(self, file: Path) -> None:
        key = f"{self._prefix}/{NAME}{self._suffix}" if self._prefix else f"{NAME}{self._suffix}"
        with _told("error uploading backup"), file.open("rb") as content:
            self._client.upload_fileobj(content, self._bucket, key)


class Local:
    """As many files as backups are kept, one after another."""

    def __init__(self, config: Config, suffix: str) -> None:
        self._suffix, self._keep = suffix, int(config.get("object-max-keep"))
        self._directory = Path(config.get("local-provider-backup-path") or paths.LOCAL)
        self._next, self._name = 0, ""

    def ensure(self) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)

    def backups(self) -> list[Backup]:
        found = [(file.name, file.stat().st_mtime) for file in self._directory.iterdir()]
        dated = [Backup(name, name, datetime.datetime.fromtimestamp(time, datetime.UTC)) for name, time in found]
        return sorted(dated, key=lambda one: one.date, reverse=True)

    def download(self, backup: Backup, target: Path) -> None:
        target.write_bytes((self._directory / backup.name).read_bytes())

    def next_name(self) -> str:
        self._name, self._next = str(self._next), (self._next + 1) % self._keep
        return self._name

    def upload(self, file: Path) -> None:
        (self._directory / f"{self._name}{self._suffix}").write_bytes(file.read_bytes())


def make(config: Config, suffix: str) -> Provider:
    kinds: dict[str, type[S3] | type[Local]] = {"s3": S3, "local": Local}
    kind = config.get("backup-provider")
    if kind not in kinds:
        raise Failure(f"unsupported backup provider type: {kind}")
    return kinds[kind](config, suffix)


def _authority(pem: str) -> str | bool:
    """In a file, which boto3 wants; it stays as long as the process does."""
    if not pem:
        return True
    with tempfile.NamedTemporaryFile("w", suffix=".pem", delete=False) as file:
        file.write(pem)
    return file.name


@contextlib.contextmanager
def _told(intent: str) -> Any:
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise Failure(f"{intent}: {error}") from error
