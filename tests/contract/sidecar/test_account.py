"""What the sidecar needs of its account before it looks at any data, and what becomes of one that may create no bucket.

It lists the buckets, creates the one that it is told unless it is shown it, has it keep versions and sets a rule.
versitygw shows an account the buckets that are its own, and AWS all that belong to whom it belongs to.
"""

from __future__ import annotations

import pytest
from sidecar import Sidecar
from storage import Storage

ALL = ("s3:*",)
# What is needed in a bucket that is there.
NEEDED = (
    "s3:ListBucketVersions", "s3:PutBucketVersioning", "s3:GetLifecycleConfiguration", "s3:PutLifecycleConfiguration",
    "s3:PutObject", "s3:GetObject", "s3:GetObjectVersion",
)  # fmt: skip


def test_a_bucket_that_is_not_there_is_created_and_the_database_is_fresh(pod: Sidecar, storage: Storage) -> None:
    """With it a wrong name is a new bucket, and an empty database in it."""
    pod.set(s3_bucket_name="a-typing-error")
    pod.account("creator")
    pod.begin()
    assert "a-typing-error" in storage.buckets()
    pod.back_up()
    assert len(storage.versions("a-typing-error")) == 1


def test_who_may_not_create_buckets_is_stopped_by_a_wrong_name(pod: Sidecar, storage: Storage, bucket: str) -> None:
    storage.own(bucket, "sidecar")
    pod.set(s3_bucket_name="another-typing-error")
    pod.account("sidecar")
    assert "AccessDenied" in pod.refused()
    assert "another-typing-error" not in storage.buckets()


def test_who_may_not_create_buckets_works_with_one_of_its_own(pod: Sidecar, storage: Storage, bucket: str) -> None:
    storage.own(bucket, "sidecar")
    pod.account("sidecar")
    pod.write(row="good")
    pod.begin()
    pod.back_up()
    pod.stop()
    pod.lose()
    pod.begin()
    assert pod.read() == {"row": "good"}


@pytest.mark.parametrize("data", [{}, {"row": "good"}], ids=["no data", "data that are well"])
def test_who_may_not_create_buckets_and_is_not_shown_its_own_does_not_start(
    pod: Sidecar, storage: Storage, bucket: str, data: dict[str, str]
) -> None:
    """Whatever it may in the bucket."""
    storage.allow(bucket, "sidecar", *ALL)
    pod.account("sidecar")
    if data:
        pod.write(**data)
    assert "CreateBucket" in pod.refused()


def test_who_may_create_buckets_goes_on_where_the_name_is_taken(pod: Sidecar, storage: Storage, bucket: str) -> None:
    storage.allow(bucket, "creator", *NEEDED)
    pod.account("creator")
    pod.write(row="good")
    pod.begin()
    pod.back_up()
    assert len(storage.versions(bucket)) == 1


def test_the_right_to_set_versioning_is_needed_though_it_is_set(pod: Sidecar, storage: Storage, bucket: str) -> None:
    storage.allow(bucket, "creator", *(one for one in NEEDED if one != "s3:PutBucketVersioning"))
    pod.account("creator")
    pod.write(row="good")
    assert "PutBucketVersioning" in pod.refused()


def test_a_storage_without_lifecycle_rules_stops_it(pod: Sidecar, storage: Storage, bucket: str) -> None:
    """versitygw itself, without the stand-in before it that keeps them."""
    storage.front.lacks_rules = True
    try:
        pod.write(row="good")
        assert "PutBucketLifecycleConfiguration" in pod.refused()
    finally:
        storage.front.lacks_rules = False
