"""The modules that look at databases in a cluster, and mark their restores: what they fill in, and when they fail."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s.client import Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._kube import kinds
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import offered
from ansible_collections.metalstack.autonomous.plugins.modules import (
    metal_database_gate,
    metal_database_info,
    metal_database_restore,
)
from ansible_collections.metalstack.autonomous.tests.unit.plugins.modules import examples

DATABASES = [{"name": "ipam-db", "engine": "postgres"}]
CLAIM = {"metadata": {"name": "ipam-db-ipam-db-0", "uid": "u"}, "status": {"phase": "Lost"}}


class Cluster:
    """One without a pod, a claim or a mark, unless a test gives it some."""

    def __init__(self):
        self.given, self.claims, self.marks, self.sets = None, {}, {}, {}

    def called(self, namespace):
        self.namespace = namespace
        return self

    def identity(self):
        return "uid"

    def of(self, kind):
        return {kinds.POD: {}, kinds.CLAIM: self.claims, kinds.STATEFUL_SET: self.sets, kinds.CONFIG_MAP: self.marks}[
            kind
        ]

    def get(self, kind, name):
        return self.of(kind).get(name)

    def keep(self, kind, name, data):
        self.of(kind)[name] = {"data": dict(data)}

    def remove(self, kind, name):
        self.of(kind).pop(name, None)

    end = remove


@pytest.fixture
def cluster(monkeypatch):
    """Return the cluster that the modules ask, which knows by what it was made."""
    one = Cluster()

    def made(*given):
        one.given = given
        return one

    monkeypatch.setattr(offered, "Cluster", made)
    monkeypatch.setattr(offered, "Namespace", lambda cluster, name: cluster.called(name))
    for name in ("K8S_AUTH_KUBECONFIG", "KUBECONFIG"):
        monkeypatch.delenv(name, raising=False)
    return one


def test_what_is_not_there_is_told(answer, cluster):
    told = answer(metal_database_info, kubeconfig="/k", stage="prod", databases=DATABASES)
    assert told["changed"] is False and told["cluster"] == "uid"
    assert told["databases"][0]["volume"] == {
        "exists": False, "entries": [], "restoring": False, "running": False, "began": None, "begun": None,
    }  # fmt: skip
    assert cluster.given == ("/k", "", 60) and cluster.namespace == "metal-control-plane"


def test_it_fails_with_all_that_cannot_be_found_out(answer, cluster):
    cluster.claims = {f"{name}-{name}-0": CLAIM for name in ("ipam-db", "valkey")}
    two = [*DATABASES, {"name": "valkey", "engine": "valkey"}]
    told = answer(metal_database_info, kubeconfig="/k", stage="prod", databases=two)
    assert told["failed"] and "ipam-db: claim" in told["msg"] and "; valkey: claim" in told["msg"]
    assert [one["volume"] for one in told["databases"]] == [None, None]


def test_without_a_cluster_it_fails(answer, cluster, monkeypatch):
    def refuse():
        raise Unreachable("the cluster refuses")

    monkeypatch.setattr(cluster, "identity", refuse)
    told = answer(metal_database_info, kubeconfig="/k", stage="prod", databases=DATABASES)
    assert told == {"failed": True, "msg": "the cluster refuses", "databases": []}


@pytest.mark.parametrize(
    ("environment", "file"),
    [({"K8S_AUTH_KUBECONFIG": "/a", "KUBECONFIG": "/b"}, "/a"), ({"KUBECONFIG": "/b"}, "/b")],
)
def test_the_kubeconfig_may_come_from_the_environment(answer, cluster, monkeypatch, environment, file):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    answer(metal_database_info, stage="prod", databases=DATABASES)
    assert cluster.given[0] == file


def test_without_a_kubeconfig_it_fails(answer, cluster):
    assert "kubeconfig" in answer(metal_database_info, stage="prod", databases=DATABASES)["msg"]


def mark(answer, state, **options):
    return answer(metal_database_restore, kubeconfig="/k", name="ipam-db", state=state, **options)


def test_a_restore_is_marked_and_the_mark_removed(answer, cluster):
    told = mark(answer, "begun", version="v1")
    assert (
        told["changed"] and told["diff"] == {"before": {}, "after": told["after"]} and told["after"]["version"] == "v1"
    )
    assert not mark(answer, "begun", version="v1")["changed"]
    assert mark(answer, "confirmed")["changed"] and not mark(answer, "confirmed")["changed"]


def test_what_is_left_of_a_restore_is_told_before_it_is_cleared_away(answer, cluster):
    mark(answer, "begun", version="v1")
    cluster.sets = {"ipam-db": {}}
    told = mark(answer, "cleared", engine="postgres", version="v1", _ansible_check_mode=True)
    assert told["changed"] and told["diff"] == {"before": {"StatefulSet": "ipam-db"}, "after": {}} and cluster.sets
    assert mark(answer, "cleared", engine="postgres", version="v1")["changed"] and not cluster.sets
    assert not mark(answer, "cleared", engine="postgres", version="v1")["changed"]
    assert "no restore of version v2" in mark(answer, "cleared", engine="postgres", version="v2")["msg"]


def test_a_beginning_without_data_is_marked_with_the_prefix_of_its_backups(answer, cluster):
    assert "prefix" in mark(answer, "fresh")["msg"] and not cluster.marks
    told = mark(answer, "fresh", prefix="ipam-db-prod")
    assert told["changed"] and told["before"] is None and told["after"]["cluster"] == "uid"
    assert not mark(answer, "fresh", prefix="ipam-db-prod")["changed"]


def test_check_mode_marks_nothing(answer, cluster):
    assert mark(answer, "begun", _ansible_check_mode=True)["changed"] and not cluster.marks


def test_a_mark_that_cannot_be_read_is_an_error(answer, cluster, monkeypatch):
    def refuse(kind, name):
        raise Unreachable("the cluster refuses")

    monkeypatch.setattr(cluster, "get", refuse)
    assert mark(answer, "begun") == {"failed": True, "msg": "the cluster refuses"}


def test_the_examples_of_looking_run_and_are_what_the_gate_takes(answer, cluster):
    looking, deciding = examples.read(metal_database_info)
    found = answer(metal_database_info, **examples.options(looking, {})[1])
    assert [one["prefix"] for one in found["databases"]] == ["rethinkdb-prod", "masterdata-db-prod", "valkey-prod"]
    name, options = examples.options(deciding, {"found": found, "sidecar_storage": {}})
    assert metal_database_gate.__name__.endswith(f".{name}") and options["cluster"] == "uid"
    assert options["databases"][0]["volume"].keys() == metal_database_gate.VOLUME.keys()


def test_the_examples_of_marking_run(answer, cluster):
    gated = {"databases": [{"prefix": "rethinkdb-prod", "restores": {"version": "v1"}}]}
    for task in examples.read(metal_database_restore):
        # What a restore that was cut short has left.
        cluster.sets = {"metal-db": {}}
        assert answer(metal_database_restore, **examples.options(task, {"gated": gated})[1])["changed"]
    assert list(cluster.marks) == ["metal-database-began-ipam-db", "metal-database-began-metal-db"]
