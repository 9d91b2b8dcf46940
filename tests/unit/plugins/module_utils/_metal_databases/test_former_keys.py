"""Keys that sidecars had are kept beside them until their bucket refuses them, and what they may do yet is told."""

from __future__ import annotations

import base64

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError, Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import client, former_keys
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._backup import allowing

DATABASES = ["metal-db", "ipam-db", "valkey"]
ALL = ("keys", "put", "get", "delete", "versions", "buckets", "knows_rules")


def pair(number):
    return {"access_key": f"access-{number}", "secret_key": f"secret-{number}"}


def given(number):
    return {"endpoint": "https://s3.example", "bucket": "box", **pair(number)}


class Namespace:
    """The Secrets beside the databases; one of them is not deployed, and one backs up to no bucket."""

    def __init__(self):
        self.secrets = {"backup-restore-sidecar-backup-provider-config-valkey": {}}

    def deploy(self, number, *names, bucket="box"):
        values = {"endpoint": "https://s3.example", "bucketName": bucket}
        values |= {"accessKey": f"access-{number}", "secretKey": f"secret-{number}"}
        data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
        for name in names or ("metal-db", "ipam-db"):
            self.secrets[f"backup-restore-sidecar-backup-provider-config-{name}"] = {"data": data}

    def get(self, kind, name):
        assert kind == "Secret"
        return self.secrets.get(name)

    def keep(self, _kind, name, data):
        self.secrets[name] = {"data": dict(data)}

    def remove(self, _kind, name):
        del self.secrets[name]


@pytest.fixture
def cluster():
    found = Namespace()
    found.deploy(1)
    return found


@pytest.fixture
def may(monkeypatch):
    """Return what each key may do; those that are not named may do nothing."""
    allowed = {}
    for module in (client, former_keys):
        monkeypatch.setattr(module, "PlainStore", allowing.stores(allowed))
    return allowed


def test_what_sidecars_had_is_kept_once_and_until_it_is_wanted_again(cluster):
    assert former_keys.different(cluster, given(1), DATABASES) == []
    assert not former_keys.keep(cluster, given(1), DATABASES)
    assert former_keys.different(cluster, given(2), DATABASES) == ["metal-db", "ipam-db"]
    assert (former_keys.keep(cluster, given(2), DATABASES), former_keys.keep(cluster, given(2), DATABASES)) == (
        True, False
    )  # fmt: skip
    cluster.deploy(2)
    assert former_keys.kept(cluster, given(2)) == [pair(1)]
    former_keys.keep(cluster, given(3), DATABASES)
    assert former_keys.kept(cluster, given(3)) == [pair(1), pair(2)]
    assert former_keys.kept(cluster, given(1)) == [pair(2)]


def test_a_run_that_was_cut_off_between_two_databases_goes_on(cluster):
    former_keys.keep(cluster, given(2), DATABASES)
    cluster.deploy(2, "metal-db")
    assert former_keys.different(cluster, given(2), DATABASES) == ["ipam-db"]
    assert not former_keys.keep(cluster, given(2), DATABASES) and former_keys.kept(cluster, given(2)) == [pair(1)]


def test_another_bucket_is_no_other_key(cluster):
    cluster.deploy(1, "ipam-db", bucket="other")
    with pytest.raises(BackupError, match=r"ipam-db is backed up to https://s3\.example/other, wanted .*/box"):
        former_keys.keep(cluster, given(2), DATABASES)


def test_former_keys_are_forgotten_when_somebody_asks_for_it_and_there_were_any(cluster):
    assert not former_keys.forget(cluster)
    former_keys.keep(cluster, given(2), DATABASES)
    assert former_keys.forget(cluster) and former_keys.kept(cluster, given(2)) == []


def test_what_former_keys_may_do_yet_is_told_of_all(cluster, may):
    former_keys.keep(cluster, given(2), DATABASES)
    cluster.deploy(2)
    assert former_keys.accepted(cluster, given(2)) == []
    may["access-1"] = ("keys", "get")
    assert former_keys.accepted(cluster, given(2)) == ["list", "read"]
    # Those in force are not asked about.
    may["access-2"] = ALL
    assert former_keys.accepted(cluster, given(2)) == ["list", "read"]


def test_a_bucket_that_does_not_answer_refuses_nothing(cluster, may):
    former_keys.keep(cluster, given(2), DATABASES)
    may["access-1"] = Unreachable("time-out")
    with pytest.raises(Unreachable):
        former_keys.accepted(cluster, given(2))


@pytest.mark.parametrize(
    ("allowed", "complaint"),
    [
        (ALL, ""),
        ([one for one in ALL if one != "delete"], ""),
        ([one for one in ALL if one != "put"], "403"),
        ([one for one in ALL if one != "get"], "403"),
        ([one for one in ALL if one != "versions"], "403"),
        ([one for one in ALL if one != "knows_rules"], "403"),
    ],
    ids=["all", "it needs to remove nothing", "a reader", "a writer", "no versions", "no rules"],
)
def test_keys_are_proved_before_a_sidecar_has_them(may, allowed, complaint):
    may["access-2"] = allowed
    if not complaint:
        former_keys.prove(given(2))
        return
    with pytest.raises(BackupError, match=complaint):
        former_keys.prove(given(2))


def test_wrong_keys_are_refused(may):
    with pytest.raises(BackupError):
        former_keys.prove(given(2))


def test_what_is_neither_refused_nor_done_is_no_proof(may):
    may["access-2"] = BackupError("the region is wrong")
    with pytest.raises(BackupError, match="the region is wrong"):
        former_keys.prove(given(2))
