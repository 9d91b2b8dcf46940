from __future__ import annotations

import json

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s.client import Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._kube import client, kinds
from kube_api import NoAnswer, Pool, packages

MISSING = (404, {"message": "not found"})
MARK = {"app.kubernetes.io/managed-by": "metalstack.autonomous"}
PODS = "/api/v1/namespaces/space/pods"


@pytest.fixture
def made(monkeypatch):
    """Return a way to make a cluster of what it answers."""

    def make(*answers, seconds=5):
        pool = Pool(*answers)
        monkeypatch.setattr(client, "load", packages(pool).__getitem__)
        return client.Cluster("file", seconds=seconds), pool

    return make


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        (kinds.POD, "/api/v1/namespaces/space/pods/a"),
        (kinds.CLAIM, "/api/v1/namespaces/space/persistentvolumeclaims/a"),
        (kinds.STATEFUL_SET, "/apis/apps/v1/namespaces/space/statefulsets/a"),
        (kinds.DEPLOYMENT, "/apis/apps/v1/namespaces/space/deployments/a"),
        (kinds.JOB, "/apis/batch/v1/namespaces/space/jobs/a"),
        (kinds.CONFIG_MAP, "/api/v1/namespaces/space/configmaps/a"),
        (kinds.SECRET, "/api/v1/namespaces/space/secrets/a"),
    ],
)
def test_what_the_cluster_says_is_not_there_is_absent(made, kind, path):
    cluster, pool = made(MISSING, (200, {"kind": kind}))
    assert cluster.get(kind, "space", "a") is None and cluster.get(kind, "space", "a") == {"kind": kind}
    assert {(method, asked) for method, asked, _ in pool.asked} == {("GET", path)}


def test_every_question_has_the_login_of_the_kubeconfig_and_an_end(made):
    cluster, pool = made((200, {}), (200, {}), seconds=7)
    cluster.get(kinds.POD, "space", "a")
    cluster.resources("group.example")
    assert all(more["headers"]["authorization"] == "Bearer t" and more["timeout"] == 7 for _, _, more in pool.asked)


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        ((403, {"message": "User cannot get pods"}), 403, "refuses to read Pod p: 403 User cannot get pods"),
        ((500, "what"), 500, "refuses to read Pod p: 500 what"),
        ((502, "x" * 999), 502, f"refuses to read Pod p: 502 {'x' * 300}…"),
        (NoAnswer("Max\nretries"), 0, "gives no answer to read Pod p: Max retries"),
        (ConnectionResetError("reset"), 0, "gives no answer to read Pod p: reset"),
    ],
    ids=["refused", "no status", "long", "no connection", "reset"],
)
def test_what_is_not_answered_is_not_taken_for_absent(made, answer, status, said):
    with pytest.raises(Unreachable, match=f"^the cluster {said}$") as caught:
        made(answer)[0].get(kinds.POD, "space", "p")
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((403, {"message": "no"}), "refuses to GET https://api/some: 403 no"),
        ((200, "<html>"), "GET https://api/some: no JSON in the answer"),
    ],
)
def test_what_is_asked_by_a_path_is_told_by_it(made, answer, said):
    with pytest.raises(Unreachable, match=said):
        made(answer)[0].json("/some")


def test_a_kubeconfig_that_is_none_is_told_by_its_name(made, monkeypatch):
    def fail(*_, **__):
        raise ValueError("no\nkubeconfig")

    found = packages(Pool())
    found["kubernetes.config"].new_client_from_config = fail
    monkeypatch.setattr(client, "load", found.__getitem__)
    with pytest.raises(Unreachable, match="kubeconfig file cannot be used: no kubeconfig"):
        client.Cluster("file")


def test_a_cluster_is_told_by_the_uid_of_its_kube_system(made):
    cluster, _ = made((200, {"metadata": {"uid": "u"}}), MISSING, (401, {"message": "who"}))
    assert cluster.identity() == "u"
    with pytest.raises(Unreachable, match="no namespace kube-system"):
        cluster.identity()
    with pytest.raises(Unreachable, match="refuses to read namespace kube-system: 401 who"):
        cluster.identity()


def test_what_is_kept_is_made_or_replaces_what_was_read_and_keeps_its_labels(made):
    cluster, pool = made((201, {}), (200, {}))
    cluster.keep(kinds.SECRET, "space", "a", {"x": "1"}, None)
    cluster.keep(kinds.SECRET, "space", "a", {"x": "2"}, {"metadata": {"resourceVersion": "7", "labels": {"b": "c"}}})
    assert pool.made() == [
        ("POST", "/api/v1/namespaces/space/secrets"), ("PUT", "/api/v1/namespaces/space/secrets/a"),
    ]  # fmt: skip
    first, second = (json.loads(more["body"]) for _, _, more in pool.asked)
    assert first["metadata"] == {"name": "a", "namespace": "space", "labels": MARK} and first["data"] == {"x": "1"}
    assert second["metadata"]["resourceVersion"] == "7" and second["metadata"]["labels"] == {"b": "c", **MARK}


def test_a_change_is_merged_into_what_is_there(made):
    cluster, pool = made((200, {}))
    cluster.patch(kinds.POD, "space", "a", {"x": 1})
    ((method, path, more),) = pool.asked
    assert (method, path, json.loads(more["body"])) == ("PATCH", f"{PODS}/a", {"x": 1})
    assert more["headers"]["Content-Type"] == "application/strategic-merge-patch+json"


def test_what_is_gone_is_removed_already(made):
    cluster, pool = made(MISSING, (200, {}), (403, {"message": "no"}))
    cluster.remove(kinds.POD, "space", "a")
    cluster.remove(kinds.POD, "space", "a", 0)
    with pytest.raises(Unreachable, match="refuses to remove Pod a: 403 no"):
        cluster.remove(kinds.POD, "space", "a")
    assert [more["body"] for _, _, more in pool.asked] == [None, '{"gracePeriodSeconds": 0}', None]


def test_a_log_is_taken_as_it_was_written(made):
    cluster, pool = made((200, "a\0end"))
    assert cluster.log("space", "a") == "a\0end"
    assert pool.asked[0][1] == f"{PODS}/a/log" and pool.asked[0][2]["headers"]["Accept"] == "*/*"


def test_what_a_container_had_said_when_it_ended_is_read_before_it_was_started_anew(made):
    cluster, pool = made((200, "gone"))
    assert cluster.last_words("space", "a", "sidecar") == "gone"
    assert pool.asked[0][1] == f"{PODS}/a/log?container=sidecar&previous=true&tailLines=50"


def test_what_is_refused_is_told_with_its_reason_and_the_fields_that_it_is_about(made):
    causes = [{"field": "spec.region", "reason": "FieldValueInvalid", "message": "Invalid value"}]
    body = {"message": "x" * 999, "reason": "Invalid", "details": {"causes": causes}}
    with pytest.raises(client.Refusal) as caught:
        made((422, body))[0].json("/some")
    assert (caught.value.status, caught.value.reason, caught.value.causes) == (422, "Invalid", causes)
    assert caught.value.said == "x" * 999


def test_what_the_server_warns_of_is_kept_once(made):
    first = '299 - "a \\"deprecated\\" field", 299 - "and, more"'
    cluster, _ = made((200, {}, first), (200, {}, '299 - "and, more"'))
    cluster.json("/some")
    cluster.json("/some")
    assert cluster.warnings == ['a "deprecated" field', "and, more"]
