from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import (
    deployed,
    found_here,
    sidecars,
)
from here import CONFIG, STORED, Here, encoded, stateful_set


def of(config=CONFIG, stored=STORED, restoring=False, **changed):
    configured = {"data": {"config.yaml": config}}
    return sidecars.of(stateful_set(**changed), configured, encoded(**stored), restoring)


def test_what_a_sidecar_was_given_is_read_in_the_cluster():
    storage = {"endpoint": "https://s3.example", "bucket": "box", "access_key": "a", "secret_key": "k"}
    created = "2026-11-29T11:00:00Z"
    assert of() == sidecars.Sidecar("ipam-db", "postgres", "ipam-db-prod", 180, storage, "", "", created)


@pytest.mark.parametrize(
    ("config", "interval", "prefix"),
    [
        (CONFIG.replace('"', "'"), 180, "ipam-db-prod"),
        (CONFIG.replace('"*/3 * * * *"', "0 4 * * *"), 86400, "ipam-db-prod"),
        (CONFIG.replace('"*/3 * * * *"', '"0 4 * * 1"'), None, "ipam-db-prod"),
        (CONFIG.replace("ipam-db-prod", '"x y"  '), 180, "x y"),
    ],
)
def test_its_options_are_read_however_they_are_quoted(config, interval, prefix):
    found = of(config)
    assert (found.interval, found.prefix) == (interval, prefix)


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"config": CONFIG.replace("s3", "local")}, "backs up to local"),
        ({"config": ""}, "backs up to nothing"),
        ({"config": CONFIG.replace("object-prefix: ipam-db-prod\n", "")}, "no object-prefix"),
        ({"config": CONFIG.replace("object-prefix: ipam-db-prod", "object-prefix: ''")}, "no object-prefix"),
        ({"stored": {**STORED, "accessKey": "", "endpoint": ""}}, "lacks endpoint, accessKey"),
    ],
)
def test_a_sidecar_that_cannot_back_up_to_an_object_storage_is_told(changed, wrong):
    assert wrong in of(**changed).wrong


def test_a_secret_that_cannot_be_read_is_told_without_a_word_of_it():
    here = Here()
    here.secrets[deployed.provider("ipam-db")] = {"data": {"secretKey": "geheim!"}}
    (one,) = found_here.found(here)
    assert "no text in base64" in one.wrong and "geheim" not in repr(one)


@pytest.mark.parametrize(
    ("changed", "waits"),
    [
        ({"replicas": 0}, "it is held until its data are there"),
        ({"restoring": True}, "its restore is not confirmed"),
        ({"config": CONFIG.replace("*/3 * * * *", "0 0 31 2 *")}, "its restore is not confirmed"),
    ],
)
def test_one_that_waits_for_its_data_has_nothing_to_back_up(changed, waits):
    assert of(**changed).waits == waits


def test_the_databases_of_a_cluster_are_those_with_a_sidecar():
    here = Here(sets=[stateful_set(), stateful_set("nsqd", "nsqd", sidecar="exporter")])
    assert [one.name for one in found_here.found(here)] == ["ipam-db"]
    here.config_maps["metal-database-restore-ipam-db"] = {"data": {}}
    assert found_here.found(here)[0].waits
    assert found_here.found(Here(sets=[])) == []


@pytest.mark.parametrize(
    ("gone", "wrong"),
    [("config_maps", "ConfigMap"), ("secrets", "Secret"), ("sets", "no StatefulSet ipam-db")],
)
def test_one_that_the_site_has_is_told_whatever_is_gone_of_it(gone, wrong):
    here = Here()
    getattr(here, gone).clear()
    assert wrong in found_here.found(here, ["ipam-db"])[0].wrong and wrong in found_here.again(here, "ipam-db").wrong
    assert len(found_here.found(here)) == (gone != "sets")


def test_what_backs_up_locally_is_left_alone_unless_the_site_has_a_storage_for_it():
    here = Here()
    here.config_maps["of-ipam-db"] = {"data": {"config.yaml": CONFIG.replace("s3", "local")}}
    assert found_here.found(here) == [] and found_here.found(here, ["ipam-db"])[0].wrong
