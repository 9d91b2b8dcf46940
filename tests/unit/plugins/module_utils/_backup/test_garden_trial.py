"""Whether what runs would take a Garden of a set, which is asked and changes nothing."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import garden_api
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import (
    BackupError,
    Unreachable,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import client
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._backup import garden_cases as cases


def test_a_rehearsal_asks_what_runs_whether_it_would_take_it_and_makes_nothing(collected, component, serve):
    server = serve(*cases.whole())
    before = dict(server.stored)
    component.check(*collected, 3)
    assert server.stored == before
    counts = collected[1]["counts"]
    secrets = ["POST secrets"] * counts["secrets"]
    assert server.calls == [f"PUT {garden_api.GARDENS}/local", *secrets, "POST configmaps"]


def test_without_a_garden_a_rehearsal_asks_for_a_new_one(collected, component, serve):
    server = serve(*cases.EMPTY)
    component.check(*collected, 3)
    assert server.calls[0] == f"POST {garden_api.GARDENS}" and list(server.stored) == list(serve(*cases.EMPTY).stored)


VIRTUAL, RUNTIME = "virtualCluster.", "runtimeCluster.networking."
BUCKET = f"{VIRTUAL}etcd.main.backup.bucketName"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (f"{VIRTUAL}kubernetes.version", "1.36.0"),
        (f"{VIRTUAL}controlPlane", {"highAvailability": {}}),
        (f"{VIRTUAL}gardener.gardenerDiscoveryServer", {}),
        (f"{VIRTUAL}kubernetes.kubeAPIServer.encryptionConfig", {"resources": ["configmaps"]}),
        (f"{VIRTUAL}networking.services", ["100.64.0.0/13", "fd00::/108"]),
        (f"{RUNTIME}nodes", ["10.0.0.0/24"]),
        (f"{RUNTIME}pods", ["10.42.0.0/16", "fd00::/56"]),
        ("dns.providers", []),
    ],
)
def test_a_rehearsal_takes_what_the_garden_went_on_to_since_for_no_fault_of_the_set(
    collected, component, serve, path, value
):
    server = serve(*cases.whole()[1:], cases.garden(spec=cases.altered(cases.garden()["spec"], path, value)))
    component.check(*collected, 3)
    assert server.calls[0].startswith("PUT")


def test_a_garden_that_has_a_backup_since_is_no_fault_of_the_set(serve, component, tmp_path):
    bare = cases.altered(cases.garden()["spec"], f"{VIRTUAL}etcd.main.backup", None)
    serve(*cases.whole()[1:], cases.garden(spec=bare))
    _paths, facts = component.collect(tmp_path, cases.RECORD, cases.SET)
    serve(*cases.whole())
    component.check(tmp_path, facts, 3)


def test_a_bucket_that_the_garden_names_is_asked_for(collected, component, serve):
    serve(*cases.whole()[1:], cases.garden(spec=cases.altered(cases.garden()["spec"], BUCKET, "garden-9f0c")))
    component.check(*collected, 3)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (f"{VIRTUAL}gardener.clusterIdentity", "another", "clusterIdentity: field is immutable"),
        (BUCKET, "another", "bucketName: field is immutable"),
        (f"{RUNTIME}pods", ["10.0.0.0/8"], "pods: cannot be removed"),
        (f"{VIRTUAL}networking.services", ["10.0.0.0/8"], "services: cannot be removed"),
    ],
)
def test_a_set_of_another_garden_cannot_be_rehearsed_and_is_not_damaged(
    collected, component, serve, path, value, words
):
    serve(*cases.whole()[1:], cases.garden(spec=cases.altered(cases.garden()["spec"], path, value)))
    with pytest.raises(BackupError, match=rf"would not take Garden local of the set: .*{words}.*no damage") as error:
        component.check(*collected, 3)
    assert type(error.value) is BackupError


def test_a_garden_of_another_uid_has_another_bucket(collected, component, serve):
    anew = cases.garden()
    anew["metadata"]["uid"] = "another"
    serve(*cases.whole()[1:], anew)
    with pytest.raises(BackupError, match="bucketName: field is immutable"):
        component.check(*collected, 3)


def test_a_garden_of_another_name_is_not_asked(collected, component, serve):
    other = cases.garden()
    other["metadata"]["name"] = "another"
    server = serve(*cases.whole()[1:], other)
    with pytest.raises(BackupError, match="Garden another lives here, and is none of the set, which has local"):
        component.check(*collected, 3)
    assert server.calls == []


def test_a_rehearsal_tells_of_a_garden_that_what_runs_does_not_take(serve, component, tmp_path):
    spec = cases.altered(cases.garden()["spec"], f"{VIRTUAL}kubernetes.kubeAPIServer.unknown", True)
    serve(*cases.whole()[1:], cases.garden(spec=spec))
    _paths, facts = component.collect(tmp_path, cases.RECORD, cases.SET)
    serve(*cases.whole())
    with pytest.raises(BackupError, match="not supported by Gardener"):
        component.check(tmp_path, facts, 3)


@pytest.mark.parametrize("times", [1, garden_api.ATTEMPTS])
def test_a_garden_that_changes_while_it_is_asked_is_asked_again(collected, component, serve, monkeypatch, times):
    server, asked = serve(*cases.whole()), []
    find = server.find

    def changing(path):
        found = find(path)
        if path == f"{garden_api.GARDENS}/local" and len(asked) < times:
            asked.append(path)
            server.stored[path]["metadata"]["resourceVersion"] += "1"
        return found

    monkeypatch.setattr(server, "find", changing)
    if times < garden_api.ATTEMPTS:
        component.check(*collected, 3)
    else:
        with pytest.raises(BackupError, match="Garden local is being changed"):
            component.check(*collected, 3)


def test_an_operator_that_does_not_answer_is_no_refusal(collected, component, serve, monkeypatch):
    server = serve(*cases.whole())

    def silent(_path, _method="GET", _body=None, **_more):
        raise client.Unreachable("500 failed calling webhook", 500)

    monkeypatch.setattr(server, "json", silent)
    with pytest.raises(Unreachable, match="failed calling webhook"):
        component.check(*collected, 3)
