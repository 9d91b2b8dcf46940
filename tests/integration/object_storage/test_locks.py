"""Real object lock that goes on protecting: extended by the pruner, and stronger than whoever has all keys."""

from __future__ import annotations

import datetime
import json
import uuid

import own_lab
import pytest
from backed_up_host import MakeHost, write
from endpoint import Endpoint

from lab.object_storage import policy
from plugins.module_utils._backup import catalogue, keys, locks, probe, program, prune, prune_copies
from plugins.module_utils._backup.errors import BackupError
from plugins.module_utils._backup.retention import Policy
from plugins.module_utils._backup.sets import Sets
from plugins.module_utils._backup.site import Site, now
from plugins.module_utils._backup.store import Forbidden, ObjectStore, Retention

DAYS = 14
HOSTS = {"site_object_storage": "storage1", "site_object_storage_second": "offsite1"}
LATER = (now() + datetime.timedelta(days=40)).replace(hour=12, minute=0, second=0, microsecond=0)


def named(days: int) -> str:
    return (LATER - datetime.timedelta(days=days)).strftime("%Y%m%dT%H%M%SZ")


def root(site: Site, host: str) -> ObjectStore:
    """Return the storage as the account sees it that may do everything."""
    return ObjectStore(site.settings.storage.by(**own_lab.keys_of(host)["root"]))


@pytest.fixture
def host(make_host: MakeHost, second: Endpoint) -> Site:
    """Return a host whose sets are old and new, in both storages, which were given no lock of their own."""
    one = make_host(copies_to=second, lock_days=DAYS, second_changes={"lock_days": DAYS})
    write(one, 8)
    one.belong("L1")
    for days in (60, 3, 2, 1):
        program.made(one, named(days), ["accounts"], 1)
    program.copied(one)
    return one


@pytest.fixture
def pruner(host: Site, first: Endpoint, second: Endpoint) -> Site:
    """Return the site as the accounts see it that may remove versions."""
    return prune.by(host.settings, **first.variables["pruner"], second=second.variables["pruner"])


@pytest.mark.parametrize(
    "name", ["site_object_storage", pytest.param("site_object_storage_second", marks=pytest.mark.long)]
)
def test_what_sets_need_stays_locked_and_nobody_removes_it(host: Site, pruner: Site, name: str) -> None:
    """G4: not even who has the pruner's keys, or those of the storage itself."""
    site = pruner if name == "site_object_storage" else pruner.elsewhere()
    admin, moment = root(site, HOSTS[name]), now()
    first = prune.plan(pruner, Policy(), ["accounts"], (), LATER)
    leaving = prune.leaving(pruner, first)
    assert {key.rpartition("/")[2] for key in leaving} >= {f"{named(60)}.json", f"{named(60)}.verified-1.json"}
    planned = locks.plan(site, moment, leaving)
    prefix = f"{site.settings.site}/"
    wanted = {key for key in site.store.keys(prefix) if keys.restores(key)} - leaving
    assert {due.one.key for due in planned.due} == wanted
    assert {key.split("/")[3].partition(".")[0] for key in wanted if "/restic/" in key} == {
        "config", "keys", "data", "index", "snapshots",
    }  # fmt: skip
    # The bucket of the lab locks nothing by itself.
    assert "0 days" in planned.lacking

    locks.run(site, planned)
    for due in planned.due:
        for account in (site.store, admin):
            with pytest.raises(BackupError):
                account.delete(due.one.key, due.one.id)
        kept = site.store.retention(due.one.key, due.one.id)
        assert kept == Retention("COMPLIANCE", planned.until)
        with pytest.raises(BackupError):
            admin.retain(due.one.key, due.one.id, Retention("COMPLIANCE", moment + datetime.timedelta(days=1)))
    assert locks.plan(site, moment, leaving).due == []
    assert [one.key for one in site.store.versions(prefix) if one.key in leaving]
    spared = next(one for one in site.store.versions(prefix) if one.key in leaving)
    assert site.store.retention(spared.key, spared.id) is None

    half = moment + datetime.timedelta(days=DAYS / 2)
    again = locks.plan(site, half, leaving)
    assert {due.one.key for due in again.due} == wanted
    locks.run(site, again)
    config = f"{keys.repository(site.settings.site, 'L1')}/config"
    (one,) = [one for one in site.store.versions(config) if one.latest]
    assert site.store.retention(one.key, one.id) == Retention(
        "COMPLIANCE", half.replace(microsecond=0) + datetime.timedelta(days=DAYS)
    )
    assert locks.plan(site, half, leaving).due == []

    # Hidden by somebody, it is all there: what hides it goes, and the sets are whole.
    for key in wanted:
        site.store.delete(key)
    for version in site.store.versions(prefix):
        if version.marker and version.key in wanted:
            site.store.delete(version.key, version.id)
    for days in (3, 2, 1):
        assert Sets(host).verify(1, named(days), "accounts", again=True)["verified"]


@pytest.mark.long
def test_the_keys_of_the_hosts_and_of_readers_extend_nothing_they_must_not(host: Site, first: Endpoint) -> None:
    reader = prune.by(host.settings, **first.variables["reader"])
    planned = locks.plan(reader, now())
    with pytest.raises(Forbidden, match=r"cannot lock .* check the keys"):
        locks.run(reader, planned)
    with pytest.raises(Forbidden, match="cannot list versions"):
        locks.plan(host, now())


@pytest.mark.long
def test_old_sets_go_from_both_storages_although_what_stays_is_locked(host: Site, pruner: Site) -> None:
    first = prune.plan(pruner, Policy(), ["accounts"], (), LATER)
    second = prune_copies.plan(pruner, Policy(), ["accounts"], (), LATER, first)
    for site, leaving in (
        (pruner, prune.leaving(pruner, first)),
        (pruner.elsewhere(), prune_copies.leaving(pruner, second, first)),
    ):
        locks.run(site, locks.plan(site, now(), leaving))
    prune.run(pruner, first)
    prune_copies.run(pruner, second)
    for site in (host, host.elsewhere()):
        assert [one.name for one in catalogue.sets(site.listed())] == [named(days) for days in (3, 2, 1)]
    # What was packed anew is due, and what was locked and is hidden now is not looked at any more.
    for site in (pruner, pruner.elsewhere()):
        there = set(site.store.keys(f"{site.settings.site}/"))
        assert {due.one.key for due in locks.plan(site, now()).due} <= there


@pytest.mark.long
@pytest.mark.parametrize("mode", ["COMPLIANCE", "GOVERNANCE"])
def test_a_bucket_that_locks_what_is_written_is_extended_in_its_mode(
    make_host: MakeHost, first: Endpoint, mode: str
) -> None:
    bucket = f"kept-{uuid.uuid4().hex[:8]}"
    host = make_host(bucket=bucket, lock_days=DAYS)
    admin = root(host, "storage1")._client
    admin.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    admin.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    rule = {"DefaultRetention": {"Mode": mode, "Days": DAYS}}
    admin.put_object_lock_configuration(
        Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
    )
    allowed = policy.policy(bucket, own_lab.keys_of("storage1"))
    admin.put_bucket_policy(Bucket=bucket, Policy=json.dumps(allowed))
    write(host, 8)
    host.belong("L1")
    program.made(host, named(1), ["accounts"], 1)
    pruner = prune.by(host.settings, **first.variables["pruner"])
    # versitygw goes by the rule of the bucket, and tells of an object's own lock alone.
    planned = locks.plan(pruner, now())
    assert planned.objects > 5 and planned.lacking == ""
    locks.run(pruner, planned)
    assert locks.plan(pruner, now()).due == []
    later = now() + datetime.timedelta(days=DAYS / 2)
    planned = locks.plan(pruner, later)
    assert len(planned.due) == planned.objects
    locks.run(pruner, planned)
    assert locks.plan(pruner, later).due == []
    one = planned.due[0].one
    assert pruner.store.retention(one.key, one.id) == Retention(mode, planned.until)
    with pytest.raises(BackupError):
        pruner.store.delete(one.key, one.id)
    # The probe of the playbook says so of an account that lacks the right.
    assert probe.report(host.settings.storage, "s", "", pruner.settings.storage)["complaints"] == []
    pruners = {"AWS": [first.variables["pruner"]["access_key"]]}
    for statement in allowed["Statement"]:
        if statement["Principal"] == pruners:
            statement["Action"] = [action for action in statement["Action"] if action != "s3:PutObjectRetention"]
    admin.put_bucket_policy(Bucket=bucket, Policy=json.dumps(allowed))
    (complaint,) = probe.report(host.settings.storage, "s", "", pruner.settings.storage)["complaints"]
    assert "the pruner's account: cannot lock" in complaint
