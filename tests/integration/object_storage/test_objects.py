"""What is written stays: old versions, a first write, and all of it over a cut of the power."""

from __future__ import annotations

import datetime
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError
from endpoint import Endpoint, code
from own_lab import lab


def test_an_object_that_was_overwritten_can_still_be_read(endpoint: Endpoint, key: str) -> None:
    version = endpoint.put(key, b"old")
    endpoint.put(key, b"new")
    assert endpoint.get("reader", key) == b"new"
    assert endpoint.get("reader", key, VersionId=version) == b"old"


def test_an_object_that_was_deleted_can_still_be_read(endpoint: Endpoint, key: str) -> None:
    version = endpoint.put(key, b"old")
    assert endpoint.client("writer").delete_object(Bucket=endpoint.bucket, Key=key)["DeleteMarker"]
    assert code(lambda: endpoint.client("reader").get_object(Bucket=endpoint.bucket, Key=key)) == 404
    assert endpoint.get("reader", key, VersionId=version) == b"old"


def test_a_write_on_the_condition_that_there_is_nothing_is_refused_the_second_time(
    endpoint: Endpoint, key: str
) -> None:
    endpoint.put(key, b"first", IfNoneMatch="*")
    with pytest.raises(ClientError, match="PreconditionFailed"):
        endpoint.put(key, b"second", IfNoneMatch="*")
    assert endpoint.get("reader", key) == b"first"


def test_of_many_such_writes_at_once_one_wins(endpoint: Endpoint, key: str) -> None:
    client = endpoint.client("writer")

    def write(body: bytes) -> int:
        return code(lambda: client.put_object(Bucket=endpoint.bucket, Key=key, Body=body, IfNoneMatch="*"))

    bodies = [str(n).encode() for n in range(8)]
    with ThreadPoolExecutor(len(bodies)) as pool:
        answers = list(pool.map(write, bodies))
    assert sorted(answers) == [200, *[412] * 7]
    assert endpoint.get("reader", key) == bodies[answers.index(200)]


def test_a_version_that_is_locked_outlives_the_pruner_until_its_time(endpoint: Endpoint, key: str) -> None:
    until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=60)
    version = endpoint.put(key, b"locked", ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=until)
    pruner = endpoint.client("pruner")
    assert code(lambda: pruner.delete_object(Bucket=endpoint.bucket, Key=key, VersionId=version)) == 403
    assert endpoint.get("reader", key, VersionId=version) == b"locked"


@pytest.mark.parametrize("verbs", [("kill", "start"), ("reboot",)], ids="+".join)
def test_data_outlive_a_cut_of_the_power(first: Endpoint, key: str, verbs: tuple[str, ...]) -> None:
    version = first.put(key, b"old")
    first.put(key, b"new")
    for verb in verbs:
        lab(verb, "storage1")
    assert first.get("reader", key) == b"new"
    assert first.get("reader", key, VersionId=version) == b"old"
    assert code(lambda: first.client("writer").delete_object(Bucket=first.bucket, Key=key, VersionId=version)) == 403


def test_an_endpoint_whose_disk_was_emptied_is_set_up_anew(second: Endpoint, key: str) -> None:
    second.put(key, b"lost")
    lab("wipe", "offsite1")
    assert second.client("reader").list_object_versions(Bucket=second.bucket).get("Versions", []) == []
    version = second.put(key, b"new")
    assert code(lambda: second.client("writer").delete_object(Bucket=second.bucket, Key=key, VersionId=version)) == 403
