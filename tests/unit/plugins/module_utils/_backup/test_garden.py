"""A Garden is backed up whole, or not at all."""

from __future__ import annotations

import json

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import garden, garden_state
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.gate import Record
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._backup import garden_cases as cases


def test_a_set_has_the_garden_with_its_status_and_what_belongs_to_it(collected):
    stage, _facts = collected
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in stage.iterdir()} == {
        "gardens.json": "0o600", "secrets.json": "0o600", "configmaps.json": "0o600",
    }  # fmt: skip
    (kept,) = cases.items(stage, "gardens")
    assert kept["status"] == cases.garden()["status"]
    assert kept["spec"]["virtualCluster"]["etcd"]["main"]["backup"]["bucketName"] == "garden-9f0c"
    names = [one["metadata"]["name"] for one in cases.items(stage, "secrets")]
    assert sorted(names) == sorted(one["metadata"]["name"] for one in (*cases.secrets(), *cases.referred()[:2]))
    assert all("finalizers" not in one["metadata"] for one in cases.items(stage, "secrets"))
    assert [one["metadata"]["name"] for one in cases.items(stage, "configmaps")] == ["audit"]


def test_what_the_manifest_says_is_no_secret(collected):
    _stage, facts = collected
    assert facts["operator"] == "v1.138.3"
    rotation = {"certificateAuthorities": "Prepared"}
    assert facts["gardens"] == {"local": {"gardener": "v1.138.3", "rotation": rotation}}
    assert facts["counts"] == {"gardens": 1, "secrets": len(cases.secrets()) + 2, "configmaps": 1}
    assert len(facts["state"]) == len(cases.secrets())
    secret = {text for one in (*cases.secrets(), *cases.referred()[:2]) for text in one["data"].values()}
    assert not [text for text in {*secret, cases.WORD} if text in json.dumps(facts)]


@pytest.mark.parametrize(
    ("found", "more", "words"),
    [
        ([], {"knows": False}, "there is no Garden on this cluster"),
        ([], {}, "there is no Garden on this cluster"),
        ([cases.garden(status={})], {}, "Garden local is not there yet"),
        ([cases.garden()], {}, ""),
    ],
)
def test_without_a_garden_there_is_nothing_to_do(serve, component, found, more, words):
    serve(*found, **more)
    assert component.idle().startswith(words) and bool(component.idle()) == bool(words)
    assert not component.holds()


def test_a_host_without_a_cluster_asks_nobody(component, monkeypatch):
    monkeypatch.setattr(garden.host, "datastore", lambda: "none")
    assert component.idle() == "this host is no server of k3s with data"


def test_what_could_not_be_restored_is_not_backed_up(serve, component, tmp_path):
    serve(*(one for one in cases.whole() if garden_state.purpose(one) != "service-account-key"))
    with pytest.raises(BackupError, match="there is no Secret service-account-key -> see"):
        component.collect(tmp_path, cases.RECORD, cases.SET)
    assert not list(tmp_path.iterdir())


def test_the_garden_of_another_cluster_is_not_backed_up_as_this_one(serve, component, tmp_path):
    serve(*cases.whole())
    with pytest.raises(BackupError, match="the cluster on this host is L1, backups of this host are of L0"):
        component.collect(tmp_path, Record("L0", 1), cases.SET)


@pytest.mark.parametrize("level", [1, 2])
def test_a_whole_set_is_found_whole(collected, component, level):
    assert component.check(*collected, level) == {"gardens": 1, "secrets": len(cases.secrets()) + 2, "configmaps": 1}
