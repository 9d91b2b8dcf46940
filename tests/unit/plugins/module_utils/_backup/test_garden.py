"""A Garden is backed up whole, or not at all, and comes back in the order in which it has to."""

from __future__ import annotations

import itertools
import json

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import (
    components,
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

RECORD = Record("L1", 2)
SET = "20261127T060000Z"


@pytest.fixture
def serve(monkeypatch, tmp_path):
    """Return what has the host's API be a server with these objects."""
    monkeypatch.setattr(garden.host, "datastore", lambda: "etcd")
    monkeypatch.setattr(garden, "Kubernetes", lambda: type("Api", (), {"lineage": lambda _self: "L1"})())

    def serve(*found, **more):
        server = cases.Server(*found, **more)
        monkeypatch.setattr(garden.objects, "api", lambda _seconds: server)
        monkeypatch.setattr(garden.time, "sleep", lambda seconds: setattr(server, "clock", server.clock + seconds))
        return server

    return serve


@pytest.fixture
def component(tmp_path):
    return components.make({"name": "garden"}, tmp_path)


def whole():
    return [cases.garden(), *cases.secrets(), *cases.referred(), *cases.others(), cases.operator()]


@pytest.fixture
def collected(serve, component, tmp_path):
    serve(*whole())
    stage = tmp_path / "stage"
    stage.mkdir()
    paths, facts = component.collect(stage, RECORD, SET)
    assert paths == []
    return stage, facts


def items(stage, name):
    return json.loads((stage / f"{name}.json").read_text())["items"]


def test_a_set_has_the_garden_with_its_status_and_what_belongs_to_it(collected):
    stage, _facts = collected
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in stage.iterdir()} == {
        "gardens.json": "0o600", "secrets.json": "0o600", "configmaps.json": "0o600",
    }  # fmt: skip
    (kept,) = items(stage, "gardens")
    assert kept["status"] == cases.garden()["status"]
    assert kept["spec"]["virtualCluster"]["etcd"]["main"]["backup"]["bucketName"] == "garden-9f0c"
    names = [one["metadata"]["name"] for one in items(stage, "secrets")]
    assert sorted(names) == sorted(one["metadata"]["name"] for one in (*cases.secrets(), *cases.referred()[:2]))
    assert all("finalizers" not in one["metadata"] for one in items(stage, "secrets"))
    assert [one["metadata"]["name"] for one in items(stage, "configmaps")] == ["audit"]


def test_a_secret_of_the_state_that_the_garden_refers_to_is_kept_once(serve, component, tmp_path):
    reference = {"apiVersion": "v1", "kind": "Secret", "name": "ca-1f2e3d4c"}
    spec = {**cases.garden()["spec"], "resources": [{"name": "a", "resourceRef": reference}]}
    serve(*whole()[1:], cases.garden(spec=spec))
    component.collect(tmp_path, RECORD, SET)
    assert [one["metadata"]["name"] for one in items(tmp_path, "secrets")].count("ca-1f2e3d4c") == 1


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
    serve(*(one for one in whole() if garden_state.purpose(one) != "service-account-key"))
    with pytest.raises(BackupError, match="there is no Secret service-account-key -> see"):
        component.collect(tmp_path, RECORD, SET)
    assert not list(tmp_path.iterdir())


def test_the_garden_of_another_cluster_is_not_backed_up_as_this_one(serve, component, tmp_path):
    serve(*whole())
    with pytest.raises(BackupError, match="the cluster on this host is L1, backups of this host are of L0"):
        component.collect(tmp_path, Record("L0", 1), SET)


@pytest.mark.parametrize("settles", [True, False])
def test_a_garden_that_changes_while_it_is_read_is_read_again(serve, component, tmp_path, settles, monkeypatch):
    server, asked = serve(*whole()), []
    find = server.find

    def changing(path):
        if path == garden.GARDENS and (not asked or not settles):
            server.stored[f"{garden.GARDENS}/local"]["status"]["credentials"] = {"rotation": {}, "times": len(asked)}
        asked.extend([path] if path == garden.GARDENS else [])
        return find(path)

    monkeypatch.setattr(server, "find", changing)
    if settles:
        component.collect(tmp_path, RECORD, SET)
        assert len(asked) == 2
    else:
        with pytest.raises(BackupError, match="the Garden is being changed"):
            component.collect(tmp_path, RECORD, SET)


def test_conditions_that_change_all_the_time_are_no_change(serve, component, tmp_path, monkeypatch):
    server = serve(*whole())
    find = server.find

    def changing(path):
        status = server.stored[f"{garden.GARDENS}/local"]["status"]
        status["conditions"] = [{"type": "x", "lastUpdateTime": str(len(status["conditions"]))}, *status["conditions"]]
        return find(path)

    monkeypatch.setattr(server, "find", changing)
    component.collect(tmp_path, RECORD, SET)


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


def test_a_rehearsal_asks_what_runs_whether_it_would_take_it_and_makes_nothing(collected, component, serve):
    server = serve(*whole())
    before = dict(server.stored)
    component.check(*collected, 3)
    assert server.stored == before
    counts = collected[1]["counts"]
    secrets = ["POST secrets"] * counts["secrets"]
    assert server.calls == [f"PUT {garden.GARDENS}/local", *secrets, "POST configmaps"]


def test_without_a_garden_a_rehearsal_asks_for_a_new_one(collected, component, serve):
    server = serve(*EMPTY)
    component.check(*collected, 3)
    assert server.calls[0] == f"POST {garden.GARDENS}" and list(server.stored) == list(serve(*EMPTY).stored)


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
    server = serve(*whole()[1:], cases.garden(spec=cases.altered(cases.garden()["spec"], path, value)))
    component.check(*collected, 3)
    assert server.calls[0].startswith("PUT")


def test_a_garden_that_has_a_backup_since_is_no_fault_of_the_set(serve, component, tmp_path):
    bare = cases.altered(cases.garden()["spec"], f"{VIRTUAL}etcd.main.backup", None)
    serve(*whole()[1:], cases.garden(spec=bare))
    _paths, facts = component.collect(tmp_path, RECORD, SET)
    serve(*whole())
    component.check(tmp_path, facts, 3)


def test_a_bucket_that_the_garden_names_is_asked_for(collected, component, serve):
    serve(*whole()[1:], cases.garden(spec=cases.altered(cases.garden()["spec"], BUCKET, "garden-9f0c")))
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
    serve(*whole()[1:], cases.garden(spec=cases.altered(cases.garden()["spec"], path, value)))
    with pytest.raises(BackupError, match=rf"would not take Garden local of the set: .*{words}.*no damage") as error:
        component.check(*collected, 3)
    assert type(error.value) is BackupError


def test_a_garden_of_another_uid_has_another_bucket(collected, component, serve):
    anew = cases.garden()
    anew["metadata"]["uid"] = "another"
    serve(*whole()[1:], anew)
    with pytest.raises(BackupError, match="bucketName: field is immutable"):
        component.check(*collected, 3)


def test_a_garden_of_another_name_is_not_asked(collected, component, serve):
    other = cases.garden()
    other["metadata"]["name"] = "another"
    server = serve(*whole()[1:], other)
    with pytest.raises(BackupError, match="Garden another lives here, and is none of the set, which has local"):
        component.check(*collected, 3)
    assert server.calls == []


def test_a_rehearsal_tells_of_a_garden_that_what_runs_does_not_take(serve, component, tmp_path):
    spec = cases.altered(cases.garden()["spec"], f"{VIRTUAL}kubernetes.kubeAPIServer.unknown", True)
    serve(*whole()[1:], cases.garden(spec=spec))
    _paths, facts = component.collect(tmp_path, RECORD, SET)
    serve(*whole())
    with pytest.raises(BackupError, match="not supported by Gardener"):
        component.check(tmp_path, facts, 3)


@pytest.mark.parametrize("times", [1, garden.ATTEMPTS])
def test_a_garden_that_changes_while_it_is_asked_is_asked_again(collected, component, serve, monkeypatch, times):
    server, asked = serve(*whole()), []
    find = server.find

    def changing(path):
        found = find(path)
        if path == f"{garden.GARDENS}/local" and len(asked) < times:
            asked.append(path)
            server.stored[path]["metadata"]["resourceVersion"] += "1"
        return found

    monkeypatch.setattr(server, "find", changing)
    if times < garden.ATTEMPTS:
        component.check(*collected, 3)
    else:
        with pytest.raises(BackupError, match="Garden local is being changed"):
            component.check(*collected, 3)


def test_an_operator_that_does_not_answer_is_no_refusal(collected, component, serve, monkeypatch):
    server = serve(*whole())

    def silent(_path, _method="GET", _body=None, **_more):
        raise client.Unreachable("500 failed calling webhook", 500)

    monkeypatch.setattr(server, "json", silent)
    with pytest.raises(Unreachable, match="failed calling webhook"):
        component.check(*collected, 3)


def test_the_secrets_of_a_set_are_in_the_order_in_which_they_are_applied_by_hand(collected):
    """One after the other, as docs/playbooks/restore.md has it: of one name the older first, the state before all."""
    stage, _facts = collected
    found = [one["metadata"]["name"] for one in items(stage, "secrets")]
    for one_round, next_round in itertools.pairwise(garden_state.rounds(items(stage, "secrets"))):
        newer = {garden_state.purpose(one): one["metadata"]["name"] for one in next_round}
        for one in one_round:
            if later := newer.get(garden_state.purpose(one)):
                assert found.index(one["metadata"]["name"]) < found.index(later)
    assert found[-2:] == ["bucket", "dns"]


EMPTY = (cases.operator(0),)


def test_a_garden_comes_back_to_a_cluster_without_one(collected, component, serve):
    stage, facts = collected
    server = serve(*EMPTY)
    component.fits(facts, RECORD)
    component.restore(stage, facts, RECORD)
    place = f"PATCH {garden.GARDENS}/local"
    names = [one.removeprefix("PATCH secrets/") for one in server.calls]
    assert server.calls[-2:] == [place, f"{place}/status"] and names.index("dns") > names.index("ca-1f2e3d4c-5e58a")
    assert server.calls[-3] == "PATCH configmaps/audit"
    back = server.stored[f"{garden.GARDENS}/local"]
    assert set(back["status"]) == {"credentials", "encryptedResources", "gardener", "observedGeneration"}
    assert back["status"]["observedGeneration"] == 1
    assert back["spec"]["virtualCluster"]["etcd"]["main"]["backup"]["bucketName"] == "garden-9f0c"
    assert component.confirm(stage, facts, RECORD) == facts["counts"]


def test_of_one_name_the_newer_secret_is_made_a_second_later(collected, component, serve):
    server = serve(*EMPTY)
    component.restore(*collected, RECORD)
    made = {path.rpartition("/")[2]: one["metadata"].get("creationTimestamp") for path, one in server.stored.items()}
    assert float(made["ca-1f2e3d4c-5e58a"]) - float(made["ca-1f2e3d4c"]) > 1


@pytest.mark.parametrize("after", [0, 3, 9, len(cases.secrets()), len(cases.secrets()) + 4])
def test_a_restore_that_was_cut_off_goes_on(collected, component, serve, after):
    stage, facts = collected
    server = serve(*EMPTY)
    server.cut = after
    with pytest.raises(Unreachable):
        component.restore(stage, facts, RECORD)
    with pytest.raises(BackupError):
        component.confirm(stage, facts, RECORD)
    server.cut = -1
    component.fits(facts, RECORD)
    component.restore(stage, facts, RECORD)
    assert component.confirm(stage, facts, RECORD) == facts["counts"]


def test_credentials_that_somebody_has_given_stay(collected, component, serve):
    stage, facts = collected
    server = serve(*EMPTY, cases.secret("dns", apiKey="a newer one"))
    component.restore(stage, facts, RECORD)
    given = server.stored[f"{garden.WITHIN}/secrets/dns"]
    assert given["data"] == cases.encoded(apiKey="a newer one")
    component.confirm(stage, facts, RECORD)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ((cases.operator(2),), "runs here with 2 replicas"),
        ((*EMPTY, cases.garden()), "Garden local lives here"),
        ((*EMPTY, cases.managed("ca", value="another")), "Secrets of another Garden"),
    ],
)
def test_a_cluster_on_which_somebody_acts_is_left_alone(collected, component, serve, found, words):
    server = serve(*found)
    with pytest.raises(BackupError, match=f"no Garden is restored here: .*{words}"):
        component.fits(collected[1], RECORD)
    assert server.calls == []


def test_webhooks_and_a_missing_namespace_are_in_the_way(collected, component, serve):
    for kind, words in (("MutatingWebhookConfiguration", "delete mutating"), ("Namespace", "has no namespace garden")):
        one = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": "gardener-operator"}}
        server = serve(*EMPTY, one)
        if kind == "Namespace":
            del server.stored[garden.WITHIN]
        with pytest.raises(BackupError, match=words):
            component.fits(collected[1], RECORD)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda stored: stored.pop(f"{garden.WITHIN}/secrets/dns"), "Secret/garden/dns is missing"),
        (lambda stored: stored[f"{garden.WITHIN}/secrets/ca-1f2e3d4c"].update(data={}),
         "Secret/garden/ca-1f2e3d4c has other data"),
        (lambda stored: stored[f"{garden.GARDENS}/local"].update(spec={}), "Garden/local has another spec"),
        (lambda stored: stored[f"{garden.GARDENS}/local"]["status"].update(encryptedResources=[]),
         "the status of Garden/local has other encryptedResources"),
        (lambda stored: stored.pop(f"{garden.GARDENS}/local"), "Garden/local is missing"),
    ],
)  # fmt: skip
def test_what_is_not_as_the_set_had_it_is_named(collected, component, serve, spoil, words):
    stage, facts = collected
    server = serve(*EMPTY)
    component.restore(stage, facts, RECORD)
    spoil(server.stored)
    with pytest.raises(BackupError, match=words):
        component.confirm(stage, facts, RECORD)


def test_once_it_was_compared_nobody_meets_fields_of_the_restore(collected, component, serve):
    stage, facts = collected
    server = serve(*EMPTY)
    component.restore(stage, facts, RECORD)
    assert len([one for one in server.stored.values() if garden_fit.ours(one)]) == sum(facts["counts"].values())
    component.settle()
    assert not any(garden_fit.ours(one) for one in server.stored.values())
    server.calls.clear()
    component.settle()
    assert server.calls == []
    with pytest.raises(BackupError, match="Garden local lives here"):
        component.fits(facts, RECORD)


def test_what_the_api_says_of_a_secret_is_not_told(collected, component, serve, monkeypatch):
    server = serve(*EMPTY)

    def refuses(path, method="GET", _body=None, **_more):
        raise client.Unreachable(f"{method} {path}: 422 {cases.WORD}", 422)

    monkeypatch.setattr(server, "json", refuses)
    with pytest.raises(BackupError, match=r"the Kubernetes API refuses Secret/garden/.*: 422$") as error:
        component.restore(*collected, RECORD)
    assert cases.WORD not in str(error.value) and error.value.__suppress_context__


def test_paths_are_those_of_the_api():
    assert objects.path(cases.garden()) == f"{garden.GARDENS}/local"
    assert objects.path(cases.operator()) == garden.OPERATOR
    hook = {"apiVersion": "admissionregistration.k8s.io/v1", "metadata": {"name": "gardener-operator"}}
    for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"):
        assert garden.HOOKS.format(kind.lower()) == objects.path({**hook, "kind": kind})
        assert kind.lower() in garden_fit.HOOKS
