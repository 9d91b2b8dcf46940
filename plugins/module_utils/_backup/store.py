# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Small objects in S3, by boto3: markers, manifests, records. The contents are restic's."""

from __future__ import annotations

import contextlib
import datetime
import email.utils
import os
import typing as t

from .errors import BackupError, Unreachable
from .settings import Storage
from .versions import Version

try:
    import boto3
    import botocore.config
    import botocore.exceptions

    HAS_BOTO3 = True
except ImportError:
    HAS_BOTO3 = False

CONNECT_SECONDS = 3
READ_SECONDS = 20
WITHOUT_LOCK = ("ObjectLockConfigurationNotFoundError", "NotImplemented")
UNLOCKED = "NoSuchObjectLockConfiguration"
# Which nobody can shorten.
STRICT = "COMPLIANCE"


class Written(t.NamedTuple):
    """The version that was made, empty in a bucket without versions, and the storage's time."""

    version: str
    date: datetime.datetime | None


class Retention(t.NamedTuple):
    """Until when a version cannot be removed. In the mode C(GOVERNANCE) somebody may be allowed to, all the same."""

    mode: str
    until: datetime.datetime


class ObjectStore:
    """One bucket. Every error is BackupError; Unreachable when no statement of the storage could be had."""

    def __init__(self, storage: Storage, hurried: bool = False) -> None:
        if not HAS_BOTO3:
            raise BackupError("Python's boto3 is not there -> install python3-boto3")
        self._storage = storage
        # Neither files nor services of somebody's cloud may add to what was given; the new checksums of botocore 1.36
        # are not understood by all S3.
        os.environ.update(
            AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull, AWS_EC2_METADATA_DISABLED="true",
            AWS_REQUEST_CHECKSUM_CALCULATION="when_required", AWS_RESPONSE_CHECKSUM_VALIDATION="when_required",
        )  # fmt: skip
        self._client = boto3.session.Session().client(
            "s3",
            endpoint_url=storage.endpoint,
            region_name=storage.region,
            aws_access_key_id=storage.access_key,
            aws_secret_access_key=storage.secret_key,
            verify=storage.ca_file or True,
            config=botocore.config.Config(
                connect_timeout=CONNECT_SECONDS,
                read_timeout=CONNECT_SECONDS if hurried else READ_SECONDS,
                retries={"total_max_attempts": 1 if hurried else 3, "mode": "standard"},
                s3={"addressing_style": "path" if storage.path_style else "virtual"},
            ),
        )

    def keys(self, prefix: str) -> list[str]:
        found: list[str] = []
        with _explained(self._storage, f"list {prefix}"):
            for page in self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._storage.bucket, Prefix=prefix
            ):
                found += [entry["Key"] for entry in page.get("Contents", [])]
        return found

    def versions(self, prefix: str) -> list[Version]:
        """All versions of all objects and the markers that hide them."""
        found: list[Version] = []
        with _explained(self._storage, f"list versions of {prefix}"):
            for page in self._client.get_paginator("list_object_versions").paginate(
                Bucket=self._storage.bucket, Prefix=prefix
            ):
                for kind, marker in (("Versions", False), ("DeleteMarkers", True)):
                    found += [_version(entry, marker) for entry in page.get(kind, [])]
        return found

    def get(self, key: str, version: str = "") -> bytes:
        with _explained(self._storage, f"read {f'version {version} of ' * bool(version)}{key}"):
            which = {"VersionId": version} if version else {}
            content: bytes = self._client.get_object(Bucket=self._storage.bucket, Key=key, **which)["Body"].read()
            return content

    def put(self, key: str, content: bytes) -> Written:
        with _explained(self._storage, f"write {key}"):
            answer = self._client.put_object(Bucket=self._storage.bucket, Key=key, Body=content)
        date = answer["ResponseMetadata"]["HTTPHeaders"].get("date", "")
        return Written(answer.get("VersionId") or "", email.utils.parsedate_to_datetime(date) if date else None)

    def delete(self, key: str, version: str = "") -> str:
        """Hide an object, or remove one of its versions for good. Returns the version of the marker that hides it."""
        what = f"remove version {version} of {key}" if version else f"delete {key}"
        with _explained(self._storage, what):
            which = {"VersionId": version} if version else {}
            answer = self._client.delete_object(Bucket=self._storage.bucket, Key=key, **which)
        return answer.get("VersionId") or ""

    def lock_days(self) -> int:
        """For how many days the bucket locks what is written into it; 0 without object lock or a default retention."""
        return self.lock_rule()[1]

    def lock_rule(self) -> tuple[str, int]:
        """In which mode the bucket locks what is written into it, and for how many days."""
        with _explained(self._storage, "read the object lock"):
            try:
                answer = self._client.get_object_lock_configuration(Bucket=self._storage.bucket)
            except botocore.exceptions.ClientError as error:
                if _code(error) in WITHOUT_LOCK:
                    return STRICT, 0
                raise
        rule = answer["ObjectLockConfiguration"].get("Rule", {}).get("DefaultRetention", {})
        return str(rule.get("Mode") or STRICT), int(rule.get("Days") or 365 * (rule.get("Years") or 0))

    def retention(self, key: str, version: str) -> Retention | None:
        """The lock of a version; None where it has none."""
        with _explained(self._storage, f"read the lock of {key}"):
            try:
                answer = self._client.get_object_retention(Bucket=self._storage.bucket, Key=key, VersionId=version)
            except botocore.exceptions.ClientError as error:
                if _code(error) == UNLOCKED:
                    return None
                raise
        return Retention(answer["Retention"]["Mode"], answer["Retention"]["RetainUntilDate"])

    def retain(self, key: str, version: str, retention: Retention) -> None:
        """Lock a version, or for longer than it is."""
        with _explained(self._storage, f"lock {key} until {retention.until:%Y-%m-%d}"):
            self._client.put_object_retention(
                Bucket=self._storage.bucket, Key=key, VersionId=version,
                Retention={"Mode": retention.mode, "RetainUntilDate": retention.until},
            )  # fmt: skip

    def put_new(self, key: str, content: bytes) -> bool:
        """Write an object that must not exist yet; False when it does: exactly one of several writers gets True."""
        events = self._client.meta.events
        events.register("before-sign.s3.PutObject", _only_if_new)
        try:
            self.put(key, content)
        except Exists:
            # An answer that was lost is asked for again, and then it is our own that exists.
            return self.get(key) == content
        finally:
            events.unregister("before-sign.s3.PutObject", _only_if_new)
        return True


class Forbidden(Unreachable):
    """The account may not do this, or there is no such account."""


class Exists(BackupError):
    """An object that must not exist does."""


def _code(error: t.Any) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _version(told: dict[str, t.Any], marker: bool) -> Version:
    size = told.get("Size", 0)
    return Version(told["Key"], told["VersionId"], told["LastModified"], told["IsLatest"], marker, size)


def _only_if_new(request: t.Any, **_: t.Any) -> None:
    # As a header, since boto3 knows the argument from 1.35 on only and Debian 12 has 1.26.
    request.headers["If-None-Match"] = "*"


@contextlib.contextmanager
def _explained(storage: Storage, what: str) -> t.Iterator[None]:
    try:
        yield
    except botocore.exceptions.ClientError as error:
        raise explain(f"cannot {what} in {storage.where}", error.response) from error
    except botocore.exceptions.BotoCoreError as error:
        raise Unreachable(f"cannot {what} in {storage.where}: {error}") from error


def explain(intent: str, answer: dict[str, t.Any]) -> BackupError:
    """The storage's refusal in words. Pure."""
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    code = answer.get("Error", {}).get("Code", "") or status
    if status in (409, 412):
        return Exists(f"{intent}: it exists")
    if code == "RequestTimeTooSkewed":
        return Unreachable(f"{intent}: this host's clock is off -> see the playbook status")
    if status in (401, 403):
        return Forbidden(f"{intent}: {code} -> check the keys and the bucket's policy")
    if code == "NoSuchBucket":
        return Unreachable(f"{intent}: there is no such bucket -> create it, or correct its name")
    if status >= 500 or not status:
        return Unreachable(f"{intent}: {code}")
    return BackupError(f"{intent}: {code} {answer.get('Error', {}).get('Message', '')}")
