from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import found_here, sidecars
from here import CONFIG, STORED, Here, encoded, stateful_set


def of(config=CONFIG, stored=STORED, restoring=False, **changed):
    configured = {"data": {"config.yaml": config}}
    return sidecars.of(stateful_set(**changed), configured, encoded(**stored), restoring)


def test_what_a_sidecar_was_given_is_read_in_the_cluster():
    storage = {"endpoint": "https://s3.example", "bucket": "box", "access_key": "a", "secret_key": "k"}
    assert of() == sidecars.Sidecar("ipam-db", "postgres", "ipam-db-prod", 180, storage, "")


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
    "changed",
    [
        {"config": CONFIG.replace("s3", "local")},
        {"config": CONFIG.replace("object-prefix: ipam-db-prod\n", "")},
        {"stored": {**STORED, "accessKey": ""}},
        {"engine": "etcd"},
    ],
    ids=["local", "no prefix", "no key", "no database of metal-stack"],
)
def test_what_backs_up_to_no_object_storage_is_not_looked_after(changed):
    assert of(**changed) is None


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


def test_one_whose_configuration_is_gone_is_not_looked_after():
    here = Here()
    here.config_maps.clear()
    assert found_here.found(here) == []
