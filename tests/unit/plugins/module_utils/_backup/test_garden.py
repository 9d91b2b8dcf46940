"""A Garden is backed up whole, or not at all."""

from __future__ import annotations

import itertools
import json

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import (
    garden,
    garden_fit,
    garden_state,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import (
    BackupError,
    Damaged,
    Unreachable,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.gate import Record
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import client, objects
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


def test_a_secret_of_the_state_that_the_garden_refers_to_is_kept_once(serve, component, tmp_path):
    reference = {"apiVersion": "v1", "kind": "Secret", "name": "ca-1f2e3d4c"}
    spec = {**cases.garden()["spec"], "resources": [{"name": "a", "resourceRef": reference}]}
    serve(*cases.whole()[1:], cases.garden(spec=spec))
    component.collect(tmp_path, cases.RECORD, cases.SET)
    assert [one["metadata"]["name"] for one in cases.items(tmp_path, "secrets")].count("ca-1f2e3d4c") == 1


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


def test_an_api_that_does_not_answer_is_no_cluster_without_a_garden(serve, component, monkeypatch):
    server = serve()

    def silent(_path):
        raise client.Unreachable("timed out")

    monkeypatch.setattr(server, "find", silent)
    with pytest.raises(Unreachable, match="the Kubernetes API of this host: timed out"):
        component.idle()


def test_what_could_not_be_restored_is_not_backed_up(serve, component, tmp_path):
    serve(*(one for one in cases.whole() if garden_state.purpose(one) != "service-account-key"))
    with pytest.raises(BackupError, match="there is no Secret service-account-key -> see"):
        component.collect(tmp_path, cases.RECORD, cases.SET)
    assert not list(tmp_path.iterdir())


def test_the_garden_of_another_cluster_is_not_backed_up_as_this_one(serve, component, tmp_path):
    serve(*cases.whole())
    with pytest.raises(BackupError, match="the cluster on this host is L1, backups of this host are of L0"):
        component.collect(tmp_path, Record("L0", 1), cases.SET)


@pytest.mark.parametrize("settles", [True, False])
def test_a_garden_that_changes_while_it_is_read_is_read_again(serve, component, tmp_path, settles, monkeypatch):
    server, asked = serve(*cases.whole()), []
    find = server.find

    def changing(path):
        if path == garden.GARDENS and (not asked or not settles):
            server.stored[f"{garden.GARDENS}/local"]["status"]["credentials"] = {"rotation": {}, "times": len(asked)}
        asked.extend([path] if path == garden.GARDENS else [])
        return find(path)

    monkeypatch.setattr(server, "find", changing)
    if settles:
        component.collect(tmp_path, cases.RECORD, cases.SET)
        assert len(asked) == 2
    else:
        with pytest.raises(BackupError, match="the Garden is being changed"):
            component.collect(tmp_path, cases.RECORD, cases.SET)


def test_conditions_that_change_all_the_time_are_no_change(serve, component, tmp_path, monkeypatch):
    server = serve(*cases.whole())
    find = server.find

    def changing(path):
        status = server.stored[f"{garden.GARDENS}/local"]["status"]
        status["conditions"] = [{"type": "x", "lastUpdateTime": str(len(status["conditions"]))}, *status["conditions"]]
        return find(path)

    monkeypatch.setattr(server, "find", changing)
    component.collect(tmp_path, cases.RECORD, cases.SET)


@pytest.mark.parametrize("level", [1, 2])
def test_a_whole_set_is_found_whole(collected, component, level):
    assert component.check(*collected, level) == {"gardens": 1, "secrets": len(cases.secrets()) + 2, "configmaps": 1}


@pytest.mark.parametrize(
    ("file", "spoil", "words"),
    [
        ("secrets", None, r"secrets.json cannot be read \(FileNotFoundError\)"),
        ("gardens", lambda _text: "{", "gardens.json cannot be read"),
        ("gardens", lambda _text: '{"items": []}', "other Gardens or Secrets than the manifest says"),
        ("configmaps", lambda _text: "[]", "configmaps.json cannot be read"),
        ("secrets", lambda text: text.replace("kube-apiserver-etcd-encryption-configuration", "else"),
         "there is no Secret kube-apiserver-etcd-encryption-configuration"),
        ("secrets", lambda text: text.replace(cases.encoded(x=f"ca-1f2e3d4c {cases.WORD}")["x"], "QUFB"),
         "other Gardens or Secrets"),
    ],
)  # fmt: skip
def test_damage_is_seen_at_once(collected, component, file, spoil, words):
    stage, facts = collected
    path = stage / f"{file}.json"
    content = path.read_text()
    path.unlink()
    if spoil:
        path.write_text(spoil(content))
    with pytest.raises(Damaged, match=words) as error:
        component.check(stage, facts, 1)
    assert cases.WORD not in str(error.value)


def test_the_secrets_of_a_set_are_in_the_order_in_which_they_are_applied_by_hand(collected):
    """One after the other, as docs/playbooks/restore.md has it: of one name the older first, the state before all."""
    stage, _facts = collected
    found = [one["metadata"]["name"] for one in cases.items(stage, "secrets")]
    for one_round, next_round in itertools.pairwise(garden_state.rounds(cases.items(stage, "secrets"))):
        newer = {garden_state.purpose(one): one["metadata"]["name"] for one in next_round}
        for one in one_round:
            if later := newer.get(garden_state.purpose(one)):
                assert found.index(one["metadata"]["name"]) < found.index(later)
    assert found[-2:] == ["bucket", "dns"]


def test_paths_are_those_of_the_api():
    assert objects.path(cases.garden()) == f"{garden.GARDENS}/local"
    assert objects.path(cases.operator()) == garden.OPERATOR
    hook = {"apiVersion": "admissionregistration.k8s.io/v1", "metadata": {"name": "gardener-operator"}}
    for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"):
        assert garden.HOOKS.format(kind.lower()) == objects.path({**hook, "kind": kind})
        assert kind.lower() in garden_fit.HOOKS
