"""The probe sees what a storage does, and what it does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import own_lab
import pytest
from endpoint import Endpoint

from plugins.module_utils._backup import probe
from plugins.module_utils._backup.errors import Unreachable
from plugins.module_utils._backup.settings import Storage
from plugins.module_utils._backup.store import Forbidden, ObjectStore

MakeStore = Callable[..., ObjectStore]


@pytest.fixture
def make_store(first: Endpoint) -> MakeStore:
    """Return a maker of stores that differ from the first endpoint's in what is given."""

    def make(**changes: Any) -> ObjectStore:
        told = {name: first.variables[name] for name in ("endpoint", "region", "bucket", "access_key", "secret_key")}
        return ObjectStore(Storage(**{**told, "path_style": True, "ca_file": str(first.ca), **changes}))

    return make


def complaints(store: ObjectStore) -> list[str]:
    return probe.complaints(probe.probe(store, "probed"))


def test_the_writers_key_and_a_bucket_with_versions_are_good(make_store: MakeStore) -> None:
    seen = probe.probe(make_store(), "probed")
    assert probe.complaints(seen) == []
    assert seen.clock is not None and abs(seen.clock) < 5


def test_a_key_that_removes_versions_is_found(make_store: MakeStore, first: Endpoint) -> None:
    """G4: the hosts' key must not."""
    (complaint,) = complaints(make_store(**first.variables["pruner"]))
    assert "without DeleteObjectVersion" in complaint


def test_a_bucket_without_versions_is_found(make_store: MakeStore) -> None:
    root = own_lab.keys_of("storage1")["root"]
    bucket = "plain-bucket"
    admin = make_store(**root)._client
    admin.create_bucket(Bucket=bucket)
    try:
        found = complaints(make_store(bucket=bucket, **root))
        assert any("enable versioning" in complaint for complaint in found)
    finally:
        for entry in admin.list_objects_v2(Bucket=bucket).get("Contents", []):
            admin.delete_object(Bucket=bucket, Key=entry["Key"])
        admin.delete_bucket(Bucket=bucket)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"bucket": "nobodys-bucket"}, "no such bucket|check the keys"),
        ({"secret_key": "wrong"}, "check the keys"),
        ({"endpoint": "https://198.51.100.40:7070"}, "cannot write"),
        ({"ca_file": ""}, "CERTIFICATE_VERIFY_FAILED"),
    ],
)
def test_a_storage_that_cannot_be_used_is_named(make_store: MakeStore, changes: dict[str, str], words: str) -> None:
    with pytest.raises(Unreachable, match=words):
        complaints(make_store(**changes))


def test_reader_keys_cannot_back_up(make_store: MakeStore, first: Endpoint) -> None:
    with pytest.raises(Unreachable, match=r"cannot write .* check the keys"):
        complaints(make_store(**first.variables["reader"]))


@pytest.fixture
def locked(make_store: MakeStore) -> str:
    """Return a bucket that locks what is written for two weeks; it goes with the lab."""
    bucket = "locked-bucket"
    admin = make_store(**own_lab.keys_of("storage1")["root"])._client
    admin.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    admin.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 14}}
    admin.put_object_lock_configuration(
        Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
    )
    return bucket


def test_a_lock_is_seen_and_keeps_what_is_written_from_whoever_has_all_keys(make_store: MakeStore, locked: str) -> None:
    """G4: object lock for two weeks."""
    store = make_store(bucket=locked, **own_lab.keys_of("storage1")["root"])
    written = store.put("probed/locked", b"content")
    with pytest.raises(Forbidden):
        store.delete("probed/locked", written.version)
    seen = probe.probe(store, "probed")
    assert seen.lock_days == 14
    # What the lock keeps for two weeks says nothing of what the account may remove then.
    (complaint,) = probe.complaints(seen, 14)
    assert "without DeleteObjectVersion" in complaint
    assert "expected 15 days" in probe.complaints(seen, 15)[1]
    assert not store.keys("probed/probe/")


def test_a_bucket_without_a_default_retention_locks_nothing(make_store: MakeStore) -> None:
    assert probe.probe(make_store(), "probed").lock_days == 0
