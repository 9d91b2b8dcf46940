from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import kubernetes
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError, Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.gate import Record

BEFORE = {"secrets": {"a/one": "1", "a/two": "2"}, "configmaps": {"b/three": "3"}}


@pytest.mark.parametrize(
    ("after", "lasting"),
    [
        (BEFORE, BEFORE),
        ({"secrets": {"a/one": "1"}}, {"secrets": {"a/one": "1"}, "configmaps": {}}),
        ({"secrets": {"a/one": "9", "a/two": "2"}}, {"secrets": {"a/two": "2"}, "configmaps": {}}),
        ({"secrets": {"a/one": "1", "a/new": "7"}}, {"secrets": {"a/one": "1"}, "configmaps": {}}),
    ],
    ids=["nothing happened", "deleted", "made anew", "added"],
)
def test_only_what_was_there_before_and_after_was_there_at_the_moment(after, lasting):
    assert kubernetes.lasting(BEFORE, after) == lasting


def test_missing_objects_are_named():
    found = {"secrets": {"a/one": "1", "a/two": "another"}}
    assert kubernetes.missing(BEFORE, found) == ["configmaps b/three", "secrets a/two"]
    with pytest.raises(BackupError, match="configmaps b/three, secrets a/two"):
        kubernetes.refuse_missing(BEFORE, found)
    assert kubernetes.refuse_missing(BEFORE, {**BEFORE, "pods": {"x": "y"}}) == 3


def test_another_cluster_than_that_of_the_backups_is_refused():
    kubernetes.refuse_other("L1", Record("L1", 2))
    with pytest.raises(BackupError, match="is L2, backups of this host are of L1: it was founded anew"):
        kubernetes.refuse_other("L2", Record("L1", 2))


def test_many_missing_objects_are_counted():
    wanted = {"secrets": {f"a/{n}": str(n) for n in range(8)}}
    with pytest.raises(BackupError, match="and 3 more"):
        kubernetes.refuse_missing(wanted, {})


def test_the_revision_is_that_of_a_list_which_the_members_agree_on(monkeypatch):
    asked = []

    class Api:
        def json(self, path, accept=""):
            asked.append(path)
            return {"metadata": {"resourceVersion": "4711", "continue": "x"}, "items": [{"metadata": {}}]}

    monkeypatch.setattr(kubernetes.client, "api", lambda *_, **__: Api())
    assert kubernetes.Kubernetes().revision() == 4711
    # With resourceVersion=0 a server would answer by what it remembers.
    assert asked == ["/api/v1/namespaces?limit=1"]


APIS = {
    "mesh.example.org": {"v1": {"gateways": "g"}, "v1alpha3": {"gateways": "g", "filters": "f"}},
    "apps": {"v1": {"deployments": "d"}},
}


def served(down=()):
    """An API server with the objects of each resource; what is down refuses."""
    lists, answers = {}, {"/api/v1": {"resources": []}}
    for group, versions in APIS.items():
        names = [{"groupVersion": f"{group}/{version}"} for version in versions]
        lists[group] = {"name": group, "preferredVersion": names[0], "versions": names[::-1]}
        for version, resources in versions.items():
            path = f"/apis/{group}/{version}"
            answers[path] = {"resources": [{"name": one, "verbs": ["list"]} for one in resources]}
            for resource, name in resources.items():
                meta = {"name": name, "uid": f"{name} by {version}"}
                answers[f"{path}/{resource}"] = {"metadata": {}, "items": [{"metadata": meta}]}
    answers["/apis"] = {"groups": list(lists.values())}

    class Api:
        def json(self, path, accept=""):
            if path.partition("?")[0] in down:
                raise kubernetes.client.Unreachable("down")
            return answers[path.partition("?")[0]]

    return Api()


GATEWAYS = {"gateways.mesh.example.org": {"/g": "g by v1"}}
FILTERS = {"filters.mesh.example.org": {"/f": "f by v1alpha3"}}
OWN = {"deployments.apps": {"/d": "d by v1"}}
MESH = "/apis/mesh.example.org"


@pytest.mark.parametrize(
    ("down", "found", "unlisted"),
    [
        ([], {**OWN, **GATEWAYS, **FILTERS}, []),
        ([f"{MESH}/v1/gateways"], {**OWN, **FILTERS}, ["gateways.mesh.example.org"]),
        ([f"{MESH}/v1alpha3"], {**OWN, **GATEWAYS}, ["mesh.example.org"]),
        ([f"{MESH}/v1", f"{MESH}/v1alpha3"], OWN, ["mesh.example.org"]),
    ],
    ids=["all", "a resource", "a version", "a group"],
)
def test_what_only_another_than_the_preferred_version_serves_is_listed_too(monkeypatch, down, found, unlisted):
    monkeypatch.setattr(kubernetes.client, "api", lambda *_, **__: served(down))
    assert kubernetes.Kubernetes().objects() == (found, unlisted)


def test_an_api_of_kubernetes_itself_has_to_answer(monkeypatch):
    monkeypatch.setattr(kubernetes.client, "api", lambda *_, **__: served(["/apis/apps/v1"]))
    with pytest.raises(Unreachable, match="down"):
        kubernetes.Kubernetes().objects()
