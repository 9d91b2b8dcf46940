"""Objects that are read: by their name, and by their kind with labels."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import client, objects
from ansible_collections.metalstack.autonomous.plugins.modules import k3s_objects_info

MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "example"}}
SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login", "namespace": "example"}}
LABELS = {"a/b": "c", "d": "e"}
SETS = {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"namespace": "example", "labels": LABELS}}
APPLIED = {"kubectl.kubernetes.io/last-applied-configuration": "cGFzcw=="}


def kept(one, **more):
    metadata = {**one["metadata"], "resourceVersion": "7", "managedFields": [{}], "annotations": APPLIED}
    return {**one, "metadata": metadata, **more}


class Server:
    """An API that has what is stored by path, lists among it."""

    def __init__(self):
        self.stored = {
            objects.path(MAP): kept(MAP, data={"a": "b"}, status={}),
            objects.path(SECRET): kept(SECRET, data={"password": "cGFzcw=="}),
        }

    def find(self, path):
        return self.stored.get(path)

    def json(self, path):
        return self.stored[path]


@pytest.fixture
def server(monkeypatch):
    one = Server()
    monkeypatch.setattr(objects, "api", lambda seconds: one)
    return one


def test_what_is_there_is_told_as_the_api_has_it_and_what_is_not_is_left_out(answer, server):
    other = {**MAP, "metadata": {**MAP["metadata"], "name": "other"}}
    told = answer(k3s_objects_info, objects=[other, MAP], _ansible_check_mode=True)
    metadata = {"name": "settings", "namespace": "example", "resourceVersion": "7", "annotations": APPLIED}
    assert told == {"changed": False, "objects": [{**MAP, "metadata": metadata, "data": {"a": "b"}, "status": {}}]}


def test_no_value_of_a_secret_is_told(answer, server):
    (found,) = answer(k3s_objects_info, objects=[SECRET])["objects"]
    assert found["data"] == {"password": "(secret)"} and "cGFzcw==" not in str(found)
    assert found["metadata"]["resourceVersion"] == "7"


@pytest.mark.parametrize(
    ("metadata", "path"),
    [
        (SETS["metadata"], "namespaces/example/statefulsets?labelSelector=a%2Fb%3Dc%2Cd%3De"),
        ({"labels": LABELS}, "statefulsets?labelSelector=a%2Fb%3Dc%2Cd%3De"),
        ({"namespace": "example"}, "namespaces/example/statefulsets?labelSelector="),
    ],
    ids=["of a namespace", "of all", "all of a kind"],
)
def test_without_a_name_all_with_the_labels_are_told_and_of_which_kind_they_are(answer, server, metadata, path):
    server.stored[f"/apis/apps/v1/{path}"] = {"items": [{"metadata": {"name": "one"}}, {"metadata": {"name": "two"}}]}
    found = answer(k3s_objects_info, objects=[{**SETS, "metadata": metadata}])["objects"]
    assert [(one["kind"], one["apiVersion"], one["metadata"]["name"]) for one in found] == [
        ("StatefulSet", "apps/v1", "one"), ("StatefulSet", "apps/v1", "two"),
    ]  # fmt: skip


def test_an_empty_list_is_none(answer, server):
    server.stored["/apis/apps/v1/namespaces/example/statefulsets?labelSelector=a%2Fb%3Dc%2Cd%3De"] = {"items": None}
    assert answer(k3s_objects_info, objects=[SETS])["objects"] == []


def test_an_api_that_gives_no_answer_is_not_taken_for_one_that_has_nothing(answer, server, monkeypatch):
    def fail(path):
        raise client.Unreachable("GET /api: refused")

    monkeypatch.setattr(server, "find", fail)
    told = answer(k3s_objects_info, objects=[MAP])
    assert told == {"failed": True, "msg": "the cluster does not tell it: GET /api: refused"}
