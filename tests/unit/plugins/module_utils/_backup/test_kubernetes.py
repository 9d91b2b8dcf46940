from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import kubernetes
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError
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
