"""How the database begins: by whether its data directory is empty, and by what the bucket lists.

What of it loses data is in test_cases.py, beside what stops it.
"""

from __future__ import annotations

import pytest
from sidecar import Sidecar
from storage import Storage


def backed_up(pod: Sidecar, **files: str) -> None:
    """Leave a backup of a database that is lost."""
    pod.write(**files)
    pod.begin()
    pod.back_up()
    pod.stop()
    pod.lose()


def test_a_fresh_database_starts_where_there_is_no_backup(pod: Sidecar, storage: Storage, bucket: str) -> None:
    pod.begin()
    assert pod.read() == {}
    assert storage.versions(bucket) == []


def test_an_empty_directory_gets_the_newest_backup(pod: Sidecar) -> None:
    backed_up(pod, row="old")
    backed_up(pod, row="new")
    pod.begin()
    assert pod.read() == {"row": "new"}


def test_data_start_as_they_are_whatever_the_bucket_has(pod: Sidecar) -> None:
    backed_up(pod, row="good", another="row")
    pod.write(row="other")
    pod.begin()
    assert pod.read() == {"row": "other"}


def test_what_was_deleted_is_restored_all_the_same(pod: Sidecar, storage: Storage, bucket: str) -> None:
    backed_up(pod, row="good")
    storage.root.delete_object(Bucket=bucket, Key="files-prod/db.tar.gz")
    pod.begin()
    assert pod.read() == {"row": "good"}


def test_whatever_lies_below_the_prefix_is_a_backup(pod: Sidecar, storage: Storage, bucket: str) -> None:
    backed_up(pod, row="good")
    storage.later()
    storage.put(bucket, "files-prod/notes.txt", b"when was this made?")
    assert "uncompress" in pod.refused()
    assert pod.read() == {}


def test_a_backup_that_does_not_unpack_is_an_error_and_starts_nothing(
    pod: Sidecar, storage: Storage, bucket: str
) -> None:
    storage.put(bucket, "files-prod/db.tar.gz", b"no archive at all")
    assert "uncompress" in pod.refused()
    assert pod.read() == {}


@pytest.mark.parametrize("field", ["s3_secret_key", "s3_access_key"])
def test_a_storage_that_refuses_is_an_error_even_for_data_that_are_well(pod: Sidecar, field: str) -> None:
    pod.write(row="good")
    pod.set(**{field: "wrong"})
    assert "unable to" in pod.refused()


def test_a_version_that_is_named_replaces_the_data(pod: Sidecar, storage: Storage, bucket: str) -> None:
    backed_up(pod, row="old")
    backed_up(pod, row="new")
    pod.begin()
    old = storage.versions(bucket)[-1]
    assert old.version in pod.call("restore", "ls")
    pod.call("restore", old.version)
    assert pod.read() == {"row": "old"}
    assert "not found" in pod.call("restore", "no-such-version", succeeds=False)
