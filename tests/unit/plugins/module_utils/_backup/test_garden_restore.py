"""A Garden comes back in the order in which it has to, to a cluster on which nobody acts."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import garden_api, garden_fit
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import (
    BackupError,
    Unreachable,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import client
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._backup import garden_cases as cases


def test_a_garden_comes_back_to_a_cluster_without_one(collected, component, serve):
    stage, facts = collected
    server = serve(*cases.EMPTY)
    component.fits(facts, cases.RECORD)
    component.restore(stage, facts, cases.RECORD)
    place = f"PATCH {garden_api.GARDENS}/local"
    names = [one.removeprefix("PATCH secrets/") for one in server.calls]
    assert server.calls[-2:] == [place, f"{place}/status"] and names.index("dns") > names.index("ca-1f2e3d4c-5e58a")
    assert server.calls[-3] == "PATCH configmaps/audit"
    back = server.stored[f"{garden_api.GARDENS}/local"]
    assert set(back["status"]) == {"credentials", "encryptedResources", "gardener", "observedGeneration"}
    assert back["status"]["observedGeneration"] == 1
    assert back["spec"]["virtualCluster"]["etcd"]["main"]["backup"]["bucketName"] == "garden-9f0c"
    assert component.confirm(stage, facts, cases.RECORD) == facts["counts"]


def test_of_one_name_the_newer_secret_is_made_a_second_later(collected, component, serve):
    server = serve(*cases.EMPTY)
    component.restore(*collected, cases.RECORD)
    made = {path.rpartition("/")[2]: one["metadata"].get("creationTimestamp") for path, one in server.stored.items()}
    assert float(made["ca-1f2e3d4c-5e58a"]) - float(made["ca-1f2e3d4c"]) > 1


@pytest.mark.parametrize("after", [0, 3, 9, len(cases.secrets()), len(cases.secrets()) + 4])
def test_a_restore_that_was_cut_off_goes_on(collected, component, serve, after):
    stage, facts = collected
    server = serve(*cases.EMPTY)
    server.cut = after
    with pytest.raises(Unreachable):
        component.restore(stage, facts, cases.RECORD)
    with pytest.raises(BackupError):
        component.confirm(stage, facts, cases.RECORD)
    server.cut = -1
    component.fits(facts, cases.RECORD)
    component.restore(stage, facts, cases.RECORD)
    assert component.confirm(stage, facts, cases.RECORD) == facts["counts"]


def test_credentials_that_somebody_has_given_stay(collected, component, serve):
    stage, facts = collected
    server = serve(*cases.EMPTY, cases.secret("dns", apiKey="a newer one"))
    component.restore(stage, facts, cases.RECORD)
    given = server.stored[f"{garden_api.WITHIN}/secrets/dns"]
    assert given["data"] == cases.encoded(apiKey="a newer one")
    component.confirm(stage, facts, cases.RECORD)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ((cases.operator(2),), "runs here with 2 replicas"),
        ((*cases.EMPTY, cases.garden()), "Garden local lives here"),
        ((*cases.EMPTY, cases.managed("ca", value="another")), "Secrets of another Garden"),
    ],
)
def test_a_cluster_on_which_somebody_acts_is_left_alone(collected, component, serve, found, words):
    server = serve(*found)
    with pytest.raises(BackupError, match=f"no Garden is restored here: .*{words}"):
        component.fits(collected[1], cases.RECORD)
    assert server.calls == []


def test_webhooks_and_a_missing_namespace_are_in_the_way(collected, component, serve):
    for kind, words in (("MutatingWebhookConfiguration", "delete mutating"), ("Namespace", "has no namespace garden")):
        one = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": "gardener-operator"}}
        server = serve(*cases.EMPTY, one)
        if kind == "Namespace":
            del server.stored[garden_api.WITHIN]
        with pytest.raises(BackupError, match=words):
            component.fits(collected[1], cases.RECORD)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda stored: stored.pop(f"{garden_api.WITHIN}/secrets/dns"), "Secret/garden/dns is missing"),
        (lambda stored: stored[f"{garden_api.WITHIN}/secrets/ca-1f2e3d4c"].update(data={}),
         "Secret/garden/ca-1f2e3d4c has other data"),
        (lambda stored: stored[f"{garden_api.GARDENS}/local"].update(spec={}), "Garden/local has another spec"),
        (lambda stored: stored[f"{garden_api.GARDENS}/local"]["status"].update(encryptedResources=[]),
         "the status of Garden/local has other encryptedResources"),
        (lambda stored: stored.pop(f"{garden_api.GARDENS}/local"), "Garden/local is missing"),
    ],
)  # fmt: skip
def test_what_is_not_as_the_set_had_it_is_named(collected, component, serve, spoil, words):
    stage, facts = collected
    server = serve(*cases.EMPTY)
    component.restore(stage, facts, cases.RECORD)
    spoil(server.stored)
    with pytest.raises(BackupError, match=words):
        component.confirm(stage, facts, cases.RECORD)


def test_once_it_was_compared_nobody_meets_fields_of_the_restore(collected, component, serve):
    stage, facts = collected
    server = serve(*cases.EMPTY)
    component.restore(stage, facts, cases.RECORD)
    assert len([one for one in server.stored.values() if garden_fit.ours(one)]) == sum(facts["counts"].values())
    component.settle()
    assert not any(garden_fit.ours(one) for one in server.stored.values())
    server.calls.clear()
    component.settle()
    assert server.calls == []
    with pytest.raises(BackupError, match="Garden local lives here"):
        component.fits(facts, cases.RECORD)


def test_what_the_api_says_of_a_secret_is_not_told(collected, component, serve, monkeypatch):
    server = serve(*cases.EMPTY)

    def refuses(path, method="GET", _body=None, **_more):
        raise client.Unreachable(f"{method} {path}: 422 {cases.WORD}", 422)

    monkeypatch.setattr(server, "json", refuses)
    with pytest.raises(BackupError, match=r"the Kubernetes API refuses Secret/garden/.*: 422$") as error:
        component.restore(*collected, cases.RECORD)
    assert cases.WORD not in str(error.value) and error.value.__suppress_context__
