from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s.client import Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._kube import client, kinds, namespace
from kube_api import Pool, packages

MISSING, DONE = (404, {"message": "not found"}), (200, {})
POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "reader"}}
PATH = "/api/v1/namespaces/space/pods/reader"
ENDED = [("DELETE", PATH), ("GET", PATH)]


@pytest.fixture
def made(monkeypatch):
    """Return a way to make a namespace of what its cluster answers."""
    monkeypatch.setattr(namespace, "_PAUSE", 0)

    def make(answers, seconds=5):
        pool = Pool(*answers)
        monkeypatch.setattr(client, "load", packages(pool).__getitem__)
        return namespace.Namespace(client.Cluster("file", seconds=seconds), "space"), pool

    return make


def asked(pool):
    return [(method, path) for method, path, _ in pool.asked]


def reading(*pods, log="end"):
    """A pod that was not left by anybody, and is seen like this until it is gone."""
    return [MISSING, MISSING, DONE, *((200, one) for one in pods), (200, log), DONE, MISSING]


def phase(name, **status):
    return {"status": {"phase": name, **status}}


def test_what_a_pod_writes_is_read_once_it_has_ended(made):
    space, pool = made(reading(phase("Pending"), phase("Running"), phase("Succeeded"), log="a\0end"))
    assert space.output(POD) == "a\0end"
    assert asked(pool)[2] == ("POST", "/api/v1/namespaces/space/pods") and asked(pool)[-2:] == ENDED


def test_one_that_was_left_is_removed_first(made):
    space, pool = made([DONE, (200, {}), *reading(phase("Succeeded"))[1:]])
    space.output(POD)
    assert asked(pool)[:4] == [*ENDED, ENDED[1], ("POST", "/api/v1/namespaces/space/pods")]


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (reading(phase("Failed"), log="find: Permission denied\n"), "has ended as Failed: find: Permission denied"),
        (reading(phase("Failed"), log=""), "has ended as Failed: without a word"),
        ([MISSING, MISSING, DONE, MISSING, DONE, MISSING], "pod reader was removed by somebody else"),
    ],
)
def test_a_pod_that_fails_is_an_error_and_removed(made, answers, said):
    space, pool = made(answers)
    with pytest.raises(Unreachable, match=said):
        space.output(POD)
    assert asked(pool)[-2:] == ENDED


SCHEDULED = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes"}


@pytest.mark.parametrize(
    ("pod", "said"),
    [
        ({}, "it is new"),
        (phase("Pending"), "it is Pending"),
        (phase("Pending", conditions=[SCHEDULED]), "Unschedulable: 0/1 nodes"),
        (phase("", containerStatuses=[{"state": {"waiting": {"reason": "ErrImagePull"}}}]), "ErrImagePull"),
        (phase("Running", containerStatuses=[{"state": {"running": {}}}]), "it is Running"),
    ],
)
def test_a_pod_that_does_not_end_is_an_error_that_says_what_it_waits_for_and_removed(made, pod, said):
    space, pool = made([MISSING, MISSING, DONE, (200, pod), DONE, MISSING], seconds=-1)
    with pytest.raises(Unreachable, match=f"has not ended within -1 s: {said}"):
        space.output(POD)
    assert asked(pool)[-2:] == ENDED


def test_what_stays_after_it_was_removed_is_an_error(made):
    space, _ = made([DONE, (200, {})], seconds=-1)
    with pytest.raises(Unreachable, match="Pod reader is still there -1 s after it was removed"):
        space.end(kinds.POD, "reader")


def test_what_is_kept_replaces_what_is_there_by_then(made):
    there = {"metadata": {"resourceVersion": "7"}}
    space, pool = made([MISSING, DONE, (200, there), DONE])
    space.keep(kinds.CONFIG_MAP, "mark", {})
    space.keep(kinds.CONFIG_MAP, "mark", {})
    assert [method for method, _, _ in pool.asked] == ["GET", "POST", "GET", "PUT"]


@pytest.mark.parametrize(("answer", "said"), [((200, "gone"), "gone"), ((400, {"message": "previous"}), "")])
def test_a_container_that_never_ended_has_said_nothing(made, answer, said):
    space, _ = made([answer])
    assert space.last_words("a", "sidecar") == said
