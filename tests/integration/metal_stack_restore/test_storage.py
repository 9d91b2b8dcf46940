"""Drills of metal-stack's databases whose object storage is away, is another one, or has a name that nobody serves."""

from __future__ import annotations

import time

import pytest
from one_site import DATABASES, PREFIXES, SCHEDULE, WHOLE, Site
from pod import SIDECAR
from pods import NAMESPACE
from scenario import DATABASES as OF
from scenario import measured, scenario
from servers import until
from unchanged import everything, refused

NAME = "masterdata-db"
POD = f"/api/v1/namespaces/{NAMESPACE}/pods/{NAME}-0"


@scenario(
    id="B2",
    title="Bucket, stage or prefix of a database are other ones than they were",
    initial_cluster="none: nothing is deployed. With a wrong bucket that is there, a database that lives on its disk"
    " is backed up there from then on",
    target_cluster="none",
    end_users="none",
    detection="a database that has to be restored is refused: it has no backup there, and what the bucket has instead"
    " is named. So is Valkey where it lives, whose data are in memory alone; of others that live each run of the"
    " playbook `metal_stack` or `bootstrap` warns that they have data and no backup",
    remedy="correct `site_metal_stack_storage` or `site_metal_stack_stage`, and run the playbook `metal_stack` again."
    " Only `fresh` begins a database without data, and where there is a backup that is refused, too",
)
@pytest.mark.long
def test_a_wrong_bucket_is_no_new_database(saved: Site) -> None:
    site = saved
    right, before = site.bucket, {name: site.backups(name) for name in DATABASES}
    site.age("valkey")
    site.bucket = wrong = site.storage.bucket()
    try:
        assert "valkey: keep, but it has its data in memory alone, and no backup there" in refused(site, "keep")
        assert site.whole()
        site.lose_volumes(*DATABASES)
        began = time.monotonic()
        said = refused(site, "restore")
        measured("B2", "until a restore from it is refused", time.monotonic() - began, OF)
        assert f"{NAME}: restore, but it has no backup -> check endpoint, bucket, stage and prefix" in said
        assert "its volume has no data, and it has no backup either" in refused(site, "keep")
        site.bucket = "never-made"
        assert "there is no such bucket" in site.play("restore", fails=True).output
        site.bucket, site.name = right, "initail"
        said = refused(site, "restore")
        assert f"has {PREFIXES[NAME]}/" in said and f"nothing below {NAME}-initail/" in said
    finally:
        site.bucket, site.name = right, "initial"
    assert f"{NAME}: fresh, but it has backups" in refused(site, "fresh")
    began = time.monotonic()
    site.play("restore")
    measured("B2", "from the correction until all rows are back", time.monotonic() - began, OF)
    assert site.whole() and {name: site.backups(name) for name in DATABASES} == before
    assert [one.key for one in site.storage.store(wrong).versions("") if one.key] == []


@scenario(
    id="B1",
    title="The object storage of the databases is down, or the key of their sidecars was revoked",
    initial_cluster="databases that run go on, without backups. One that has to start, also with all its data, waits"
    " for the storage, since its sidecar asks for the bucket first; so whoever needs it waits",
    target_cluster="its machines, addresses or projects cannot be changed while a database waits",
    end_users="none",
    detection="each run of the playbook `metal_stack` or `bootstrap` is refused and names the storage and the reason;"
    " one that comes later warns of a backup that is older than two times its schedule, and `status` tells both",
    remedy="mend the storage or the key; a database that waits starts by itself. With another key: into"
    " `site_metal_stack_storage`, then the playbook `metal_stack`. Restart no database meanwhile",
)
@pytest.mark.long
def test_without_its_object_storage_a_database_goes_on_and_one_that_starts_waits(saved: Site) -> None:
    site = saved
    before, pod = site.backups(NAME), site.pod(NAME)
    volume = site.pods.volumes[f"{NAME}-{NAME}-0"] / "postgres"
    with site.storage.down():
        site.sidecar(NAME).run(SIDECAR, "create-backup", succeeds=False)
        assert site.whole()
        began = time.monotonic()
        said = site.play("keep", fails=True).output
        measured("B1", "until a run is refused for it", time.monotonic() - began, OF)
        assert f"{NAME}: cannot list" in said and "Nothing was changed" in said
        assert site.pod(NAME) is pod and site.whole()
        site.cluster.request(POD, "DELETE")
        until(lambda: site.pods.running.get(f"{NAME}-0") and site.pod(NAME) is not pod, "another pod")
        until(lambda: "unable to ensure backup bucket" in site.sidecar(NAME).log, "its sidecar asks in vain")
        assert not site.answers(NAME) and (volume / "PG_VERSION").exists()
    began = time.monotonic()
    until(lambda: site.answers(NAME), "it starts by itself")
    measured("B1", "from the storage's return until a database that waited answers", time.monotonic() - began, OF)
    assert site.whole() and site.backups(NAME) == before

    site.more = {"storage": {**site.storage.given(site.bucket), "secret_key": "revoked"}}
    try:
        said = refused(site, "keep")
    finally:
        site.more = {}
    assert "SignatureDoesNotMatch -> check the keys and the bucket's policy" in said
    assert site.play("keep").changed == 0
    site.back_up(NAME)
    assert len(site.backups(NAME)) == len(before) + 1 and site.schedule(NAME) == SCHEDULE


@scenario(
    id="D4",
    title="The databases' object storage has a name that the lost DNS served",
    initial_cluster="databases are not restored, and those that have to start wait, until the name is known again",
    target_cluster="as with N6",
    end_users="as with N6",
    detection="a name in a zone of the site is refused before (V37); any other when a restore asks for it: the run is"
    " refused and names the endpoint, before anything is touched",
    remedy="`endpoint` of `site_metal_stack_storage` by address, or by a name that others serve; then the playbook"
    " `metal_stack` again. Pods resolve it by the cluster's DNS and the hosts' resolvers, not by the hosts' own files",
)
def test_a_name_that_nobody_serves_is_refused_and_its_address_restores(saved: Site) -> None:
    site = saved
    before = everything(site)
    site.lose_volumes(*DATABASES)
    named = site.storage.front.url.replace("198.19.255.1", "s3.lost.example")
    site.more = {"storage": {**site.storage.given(site.bucket), "endpoint": named}}
    try:
        began = time.monotonic()
        said = refused(site, "restore")
        measured("D4", "until a restore is refused for it", time.monotonic() - began, OF)
    finally:
        site.more = {}
    assert f"in {named}/{site.bucket}:" in said and "resolution" in said and "Nothing was changed" in said
    began = time.monotonic()
    site.play("restore")
    measured("D4", "from the address until all rows are back", time.monotonic() - began, OF)
    assert site.rows() == WHOLE and site.whole() and everything(site) == before
