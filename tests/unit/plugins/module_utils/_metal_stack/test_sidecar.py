"""When the sidecar of a database is restarted, and when never."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s.client import Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import sidecar
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack.components import DATABASES
from stack_cluster import Objects

DATABASE = DATABASES["metal-db"]
CONFIG, PROVIDER = DATABASE.config, DATABASE.provider


def apply(cluster: Objects, schedule: str = "often", key: str = "a key") -> None:
    """What the roles make of a database."""
    if not cluster.get("StatefulSet", "", DATABASE.name):
        cluster.put("StatefulSet", DATABASE.name)
    cluster.put("ConfigMap", CONFIG, data={"config.yaml": schedule})
    cluster.put("Secret", PROVIDER, data={"secretKey": key})


def look(cluster: Objects, former: str = "", restored: bool = False) -> sidecar.Sidecar:
    return sidecar.Sidecar(cluster, "ns", DATABASE, key="k", former=former, restored=restored)


def deploy(cluster: Objects, former: str = "", restored: bool = False, **applied: str) -> str:
    """One deployment that comes to its end; what is recorded of the sidecar."""
    one = look(cluster, former, restored)
    one.prepare()
    apply(cluster, **applied)
    one.settle()
    return one.digest


@pytest.mark.parametrize(
    ("first", "then", "restarts"),
    [
        ({}, {}, 0),
        ({}, {"schedule": "seldom"}, 1),
        ({}, {"key": "a rotated key"}, 1),
    ],
)
def test_one_that_runs_is_restarted_for_another_configuration_or_other_keys(first, then, restarts):
    cluster = Objects()
    recorded = deploy(cluster, **first)
    assert cluster.restarts == []
    deploy(cluster, recorded, **then)
    assert len(cluster.restarts) == restarts


def test_keys_are_not_in_what_is_recorded_and_cannot_be_guessed_without_the_key_of_digests():
    cluster = Objects()
    recorded = deploy(cluster)
    other = sidecar.Sidecar(cluster, "ns", DATABASE, key="another", former="", restored=False)
    assert recorded == look(cluster).digest
    assert recorded != other.digest


def test_one_that_runs_and_was_never_recorded_is_restarted_for_another_configuration():
    cluster = Objects()
    apply(cluster, "never")
    deploy(cluster)
    assert cluster.restarts == [DATABASE.name]


def test_one_whose_deployment_was_killed_after_its_configuration_was_there_is_restarted_by_the_next():
    cluster = Objects()
    recorded = deploy(cluster, schedule="never")
    killed = look(cluster, recorded)
    apply(cluster, "often")
    deploy(cluster, killed.digest, schedule="often")
    assert cluster.restarts == [DATABASE.name]


@pytest.mark.parametrize("lacks", [("ConfigMap", CONFIG), ("Secret", PROVIDER)])
def test_one_that_has_not_started_yet_is_left_alone(lacks):
    cluster = Objects()
    apply(cluster, "never")
    del cluster.held[lacks]
    deploy(cluster)
    assert cluster.restarts == []


@pytest.mark.parametrize("former", ["", "the digest of the lost one"])
def test_a_database_that_is_made_anew_is_not_restarted_while_it_restores(former):
    cluster = Objects()
    recorded = deploy(cluster, former, restored=True, schedule="never")
    assert cluster.restarts == []
    # And it backs up again after that.
    deploy(cluster, recorded, schedule="often")
    assert cluster.restarts == [DATABASE.name]


def test_one_that_restores_beside_a_stateful_set_that_stayed_is_restarted_afterwards_alone():
    cluster = Objects()
    recorded = deploy(cluster, schedule="often")
    # It may have read either of both.
    during = deploy(cluster, recorded, restored=True, schedule="never")
    assert cluster.restarts == []
    deploy(cluster, during, schedule="often")
    assert cluster.restarts == [DATABASE.name]


def test_a_pod_finds_no_former_configuration_to_restore_with():
    cluster = Objects()
    apply(cluster)
    del cluster.held["StatefulSet", DATABASE.name]
    look(cluster, restored=True).prepare()
    assert cluster.get("ConfigMap", "ns", CONFIG) is None
    apply(cluster)
    look(cluster).prepare()
    assert cluster.get("ConfigMap", "ns", CONFIG)


def test_the_same_configuration_is_a_restart_whenever_it_comes_back():
    cluster = Objects()
    recorded = deploy(cluster, schedule="often")
    for schedule in ("seldom", "often"):
        recorded = deploy(cluster, recorded, schedule=schedule)
    assert len(cluster.restarts) == 2
    during = deploy(cluster, recorded, restored=True, schedule="never")
    deploy(cluster, during, schedule="often")
    assert len(cluster.restarts) == 3


MARK = "metal-database-restore-metal-db"


def test_the_first_pod_that_is_seen_is_noted_as_the_one_that_restores():
    cluster = Objects()
    one = look(cluster, restored=True)
    cluster.put("ConfigMap", MARK, data={"version": "v1", "pod": ""})
    one.note()
    assert cluster.get("ConfigMap", "ns", MARK)["data"] == {"version": "v1", "pod": ""}
    for uid in ("p1", "p2"):
        cluster.held["Pod", "metal-db-0"] = {"metadata": {"uid": uid}}
        one.note()
        look(cluster, restored=True).note()
        assert cluster.get("ConfigMap", "ns", MARK)["data"] == {"version": "v1", "pod": "p1"}


@pytest.mark.parametrize("restored", [True, False])
def test_without_a_mark_or_a_restore_nothing_is_noted(restored):
    cluster = Objects()
    cluster.held["Pod", "metal-db-0"] = {"metadata": {"uid": "p1"}}
    if not restored:
        cluster.put("ConfigMap", MARK, data={"pod": ""})
    look(cluster, restored=restored).note()
    assert (cluster.get("ConfigMap", "ns", MARK) or {"data": {"pod": ""}})["data"]["pod"] == ""


def test_a_cluster_that_gives_no_answer_is_asked_again(monkeypatch):
    cluster = Objects()
    one = look(cluster, restored=True)
    cluster.put("ConfigMap", MARK, data={"pod": ""})
    cluster.held["Pod", "metal-db-0"] = {"metadata": {"uid": "p1"}}
    with monkeypatch.context() as away:
        away.setattr(cluster, "get", lambda *_: (_ for _ in ()).throw(Unreachable("away")))
        one.note()
    one.note()
    assert cluster.get("ConfigMap", "ns", MARK)["data"]["pod"] == "p1"
