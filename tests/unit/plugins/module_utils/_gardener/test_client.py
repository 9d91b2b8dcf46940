"""What is asked of a garden, and what becomes of a login that counts no more."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import client, refusals
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.kinds import (
    MANAGED_SEED,
    SEED,
    SHOOT,
    path,
)
from shoots import shoot

SHOOTS = "/apis/core.gardener.cloud/v1beta1/namespaces/garden-a/shoots"
MANAGER = "fieldManager=metalstack.autonomous"
DENIED = client.Refusal("x", 401, "{}")


class Cluster:
    """What answers by turns; every one that is opened takes up where the last one was."""

    answers: list[Any]
    asked: list[tuple[str, str, Any, str]]
    opened = 0

    def __init__(self, *_: Any) -> None:
        self.warnings: list[str] = []
        type(self).opened += 1

    def json(self, place: str, method: str, body: Any, content: str, what: str, accept: str) -> dict[str, Any]:
        type(self).asked.append((method, place, body, content))
        answer = type(self).answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)


@pytest.fixture
def garden(monkeypatch: pytest.MonkeyPatch) -> Any:
    def made(*answers: Any) -> client.Garden:
        Cluster.answers, Cluster.asked, Cluster.opened = list(answers), [], 0
        return client.Garden("file")

    monkeypatch.setattr(client, "Cluster", Cluster)
    return made


@pytest.mark.parametrize(
    ("kind", "words", "expected"),
    [
        (SHOOT, ("garden-a", "fra"), f"{SHOOTS}/fra"),
        (SHOOT, ("garden-a", "fra", "adminkubeconfig"), f"{SHOOTS}/fra/adminkubeconfig"),
        (SHOOT, (), "/apis/core.gardener.cloud/v1beta1/shoots"),
        (SEED, ("", "seed"), "/apis/core.gardener.cloud/v1beta1/seeds/seed"),
        (MANAGED_SEED, ("garden",), "/apis/seedmanagement.gardener.cloud/v1alpha1/namespaces/garden/managedseeds"),
    ],
)
def test_where_an_object_is(kind, words, expected):
    assert path(kind, *words) == expected


@pytest.mark.parametrize(
    ("ask", "expected"),
    [
        (lambda garden: garden.apply(SHOOT, shoot(), dry=True),
         ("PATCH", f"{SHOOTS}/fra?{MANAGER}&force=false&dryRun=All", "application/apply-patch+yaml")),
        (lambda garden: garden.apply(SHOOT, shoot(), force=True),
         ("PATCH", f"{SHOOTS}/fra?{MANAGER}&force=true", "application/apply-patch+yaml")),
        (lambda garden: garden.replace(SHOOT, shoot(), dry=True),
         ("PUT", f"{SHOOTS}/fra?{MANAGER}&dryRun=All", "application/json")),
        (lambda garden: garden.patch(SHOOT, "garden-a", "fra", {"a": 1}),
         ("PATCH", f"{SHOOTS}/fra?{MANAGER}", "application/merge-patch+json")),
        (lambda garden: garden.patch(SHOOT, "garden-a", "fra", [{"op": "test"}], dry=True),
         ("PATCH", f"{SHOOTS}/fra?{MANAGER}&dryRun=All", "application/json-patch+json")),
        (lambda garden: garden.create(SHOOT, "garden-a", "fra", "viewerkubeconfig", {}),
         ("POST", f"{SHOOTS}/fra/viewerkubeconfig", "application/json")),
        (lambda garden: garden.delete(SHOOT, "garden-a", "fra", uid="u"),
         ("DELETE", f"{SHOOTS}/fra", "application/json")),
    ],
    ids=["dry", "by force", "replace", "merge", "json patch", "subresource", "delete"],
)  # fmt: skip
def test_what_is_asked(garden, ask, expected):
    ask(garden({}))
    ((method, place, _, content),) = Cluster.asked
    assert (method, place, content) == expected


def test_only_the_shoot_that_is_meant_is_deleted(garden):
    garden({}).delete(SHOOT, "garden-a", "fra", uid="u")
    assert Cluster.asked[0][2] == {"preconditions": {"uid": "u"}}


def test_a_deletion_that_is_only_tried_says_so_in_its_body_which_is_all_that_counts(garden):
    garden({}).delete(SHOOT, "garden-a", "fra", uid="u", dry=True)
    assert Cluster.asked[0][1:3] == (f"{SHOOTS}/fra", {"preconditions": {"uid": "u"}, "dryRun": ["All"]})


def test_what_is_not_there_is_none_and_deleted_already(garden):
    missing = client.Refusal("x", 404, '{"reason": "NotFound"}')
    opened = garden(missing, missing, client.Refusal("x", 403, "{}"), client.Refusal("x", 403, "{}"))
    assert opened.get(SHOOT, "garden-a", "fra") is None
    opened.delete(SHOOT, "garden-a", "fra")
    with pytest.raises(client.Refusal):
        opened.get(SHOOT, "garden-a", "fra")
    with pytest.raises(client.Refusal):
        opened.delete(SHOOT, "garden-a", "fra")


def test_an_api_that_a_server_does_not_have_is_no_shoot_that_is_gone(garden):
    opened = garden(*[client.Refusal("x", 404, "404 page not found")] * 2)
    with pytest.raises(client.Refusal) as caught:
        opened.get(SHOOT, "garden-a", "fra")
    assert "is it the kubeconfig of the (virtual) garden?" in refusals.explained(caught.value)
    with pytest.raises(client.Refusal):
        opened.delete(SHOOT, "garden-a", "fra")


def test_a_login_that_counts_no_more_is_read_anew_once_and_warnings_stay(garden):
    opened = garden(DENIED, {"a": 1}, DENIED, DENIED)
    opened.warnings.append("deprecated")
    assert opened.get(SHOOT, "garden-a", "fra") == {"a": 1} and Cluster.opened == 2
    assert opened.warnings == ["deprecated"]
    with pytest.raises(client.Refusal) as caught:
        opened.get(SHOOT, "garden-a", "fra")
    assert caught.value.status == 401 and Cluster.opened == 3


def test_what_is_listed_says_of_which_kind_it_is(garden):
    (found,) = garden({"items": [{"metadata": {}}]}).list(SHOOT, "garden-a", "a=b,c")
    assert (found["kind"], found["apiVersion"]) == ("Shoot", SHOOT.version)
    assert Cluster.asked[0][1] == f"{SHOOTS}?labelSelector=a%3Db%2Cc"
    assert garden({"items": None}).list(SHOOT) == []


def test_a_refusal_has_its_words(garden):
    body = {"message": "no", "reason": "Forbidden", "details": None}
    with pytest.raises(client.Refusal) as caught:
        garden(client.Refusal("x", 403, json.dumps(body))).apply(SHOOT, shoot())
    assert (caught.value.reason, caught.value.said, caught.value.causes) == ("Forbidden", "no", [])
