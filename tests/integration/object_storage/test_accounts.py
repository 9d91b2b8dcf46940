"""What each account may do, and that all else is refused with 403."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from endpoint import Endpoint, code

DENY_NOBODY = '{"Version": "2012-10-17", "Statement": []}'

Request = Callable[[Any, str, str, str], Any]

REQUESTS: dict[str, Request] = {
    "put": lambda s3, bucket, key, _: s3.put_object(Bucket=bucket, Key=key, Body=b"new"),
    "get": lambda s3, bucket, key, _: s3.get_object(Bucket=bucket, Key=key),
    "get-version": lambda s3, bucket, key, version: s3.get_object(Bucket=bucket, Key=key, VersionId=version),
    "list": lambda s3, bucket, key, _: s3.list_objects_v2(Bucket=bucket, Prefix=key),
    "list-versions": lambda s3, bucket, key, _: s3.list_object_versions(Bucket=bucket, Prefix=key),
    "delete": lambda s3, bucket, key, _: s3.delete_object(Bucket=bucket, Key=key),
    "delete-version": lambda s3, bucket, key, version: s3.delete_object(Bucket=bucket, Key=key, VersionId=version),
    "put-versioning": lambda s3, bucket, *_: s3.put_bucket_versioning(
        Bucket=bucket, VersioningConfiguration={"Status": "Suspended"}
    ),
    "put-policy": lambda s3, bucket, *_: s3.put_bucket_policy(Bucket=bucket, Policy=DENY_NOBODY),
    "delete-policy": lambda s3, bucket, *_: s3.delete_bucket_policy(Bucket=bucket),
    "put-lock": lambda s3, bucket, *_: s3.put_object_lock_configuration(
        Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"}
    ),
    "delete-bucket": lambda s3, bucket, *_: s3.delete_bucket(Bucket=bucket),
    "create-bucket": lambda s3, *_: s3.create_bucket(Bucket="another"),
}

MAY = {
    "writer": {"put", "get", "list", "delete"},
    "reader": {"get", "get-version", "list", "list-versions"},
    "pruner": {"put", "get", "get-version", "list", "list-versions", "delete", "delete-version"},
}


@pytest.mark.parametrize("request_", REQUESTS)
@pytest.mark.parametrize("account", MAY)
def test_an_account_may_this_or_gets_403(endpoint: Endpoint, key: str, account: str, request_: str) -> None:
    version = endpoint.put(key, b"old")
    client = endpoint.client(account)
    answer = code(lambda: REQUESTS[request_](client, endpoint.bucket, key, version))
    assert answer in ((200, 204) if request_ in MAY[account] else (403,))


@pytest.mark.parametrize("account", ["writer", "reader"])
def test_a_deletion_of_many_removes_no_version_either(first: Endpoint, key: str, account: str) -> None:
    version = first.put(key, b"old")
    refused = first.client(account).delete_objects(
        Bucket=first.bucket, Delete={"Objects": [{"Key": key, "VersionId": version}]}
    )
    assert [error["Code"] for error in refused["Errors"]] == ["AccessDenied"]
    assert first.get("reader", key, VersionId=version) == b"old"


def test_an_account_of_one_endpoint_is_none_of_the_other(first: Endpoint, second: Endpoint) -> None:
    stranger = Endpoint({**second.variables, **{name: first.variables[name] for name in ("access_key", "secret_key")}})
    assert code(lambda: stranger.client("writer").list_objects_v2(Bucket=second.bucket)) == 403


def test_a_wrong_secret_key_is_refused(first: Endpoint) -> None:
    forger = Endpoint({**first.variables, "secret_key": "0" * 40})
    assert code(lambda: forger.client("writer").list_objects_v2(Bucket=first.bucket)) == 403
