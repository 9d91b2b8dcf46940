"""What of a Garden is kept, in which order it is made again, and what a restore could not do without."""

from __future__ import annotations

import copy
import json
import typing as t

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import garden_state
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._backup.garden_cases import (
    BEGUN,
    EARLIER,
    altered,
    configuration,
    garden,
    managed,
    others,
    referred,
    secret,
    secrets,
)


def kept(**changed: t.Any) -> garden_state.Kept:
    found = {"gardens": [garden()], "secrets": [*secrets(), *referred()[:2]], "configmaps": referred()[2:]}
    return garden_state.Kept(**{**found, **changed})


def test_what_gardener_makes_anew_is_no_state():
    assert {garden_state.purpose(one) for one in secrets()} == {*garden_state.REQUIRED, "observability-ingress"}
    assert [garden_state.purpose(one) for one in (*others(), *referred())] == [""] * 7


@pytest.mark.parametrize(
    ("status", "gone", "words"),
    [
        ({"lastOperation": {"type": "Reconcile", "state": "Error"}}, False, ""),
        ({"lastOperation": {"type": "Create", "state": "Succeeded"}}, False, ""),
        ({"lastOperation": {"type": "Create", "state": "Processing"}}, False, "is not there yet"),
        ({}, False, "is not there yet"),
        (None, False, "is not there yet"),
        ({"lastOperation": {"type": "Reconcile", "state": "Succeeded"}}, True, "is being deleted"),
    ],
)
def test_a_garden_that_comes_or_goes_is_not_backed_up(status, gone, words):
    found = garden(status=status)
    found["metadata"] |= {"deletionTimestamp": BEGUN} if gone else {}
    assert words in garden_state.unready(found) and bool(words) == bool(garden_state.unready(found))


def test_what_belongs_to_the_cluster_goes_and_an_operation_is_not_begun_again():
    found = garden_state.stripped(garden())
    assert found["metadata"] == {"name": "local", "creationTimestamp": EARLIER, "annotations": {"kept": "yes"}}
    assert found["status"] == garden()["status"] and found["spec"] == garden()["spec"]
    applied = garden_state.wanted(found)
    assert "status" not in applied and "creationTimestamp" not in applied["metadata"]
    of_secret = garden_state.wanted(garden_state.stripped(managed("ca")))
    assert set(of_secret) == {"apiVersion", "kind", "metadata", "type", "immutable", "data"}
    assert set(of_secret["metadata"]) == {"name", "namespace", "labels"}


@pytest.mark.parametrize(
    ("backup", "bucket"),
    [({"provider": "s3"}, "garden-9f0c"), ({"bucketName": "of-ours/garden"}, "of-ours/garden"), (None, None)],
    ids=["named for the UID, which a new one has not", "named", "no backup"],
)
def test_a_new_garden_finds_the_bucket_of_the_old_one(backup, bucket):
    found = garden(spec={"virtualCluster": {"etcd": {"main": {"backup": backup} if backup else {}}}})
    main = garden_state.restorable(found)["spec"]["virtualCluster"]["etcd"]["main"]
    assert main.get("backup", {}).get("bucketName") == bucket


def test_a_kept_garden_as_a_change_of_the_one_that_lives_has_its_own_spec_but_for_what_only_goes_on():
    encrypted = {"encryptionConfig": {"resources": ["projects"]}}
    spec = altered(garden()["spec"], "virtualCluster.gardener.gardenerAPIServer", encrypted)
    living = garden(spec={**altered(spec, "virtualCluster.kubernetes.version", "1.36.0"), "dns": {}})
    of_set = garden_state.restorable(garden())
    before = copy.deepcopy((of_set, living))
    asked = garden_state.change(of_set, living)
    assert (of_set, living) == before
    assert asked["spec"] == {**living["spec"], "dns": of_set["spec"]["dns"]} and "status" not in asked
    assert asked["metadata"] == {"name": "local", "annotations": {"kept": "yes"}, "resourceVersion": "77"}


def test_what_the_operator_cannot_find_out_anew_is_restored_of_the_status():
    newer = {
        "credentials": {"encryptionAtRest": {"resources": ["projects"]}},
        "conditions": [],
        "observedGeneration": 3,
    }
    assert garden_state.status_of(garden(status=newer)) == {"credentials": newer["credentials"]}
    assert set(garden_state.status_of(garden())) == {"credentials", "encryptedResources", "gardener"}
    assert garden_state.phases(garden()) == {"certificateAuthorities": "Prepared"}


def test_all_that_the_spec_refers_to_is_found():
    spec = {
        "dns": {"providers": [{"secretRef": {"name": "dns"}, "providerConfig": {"secretRef": {"name": "theirs"}}}]},
        "virtualCluster": {
            "etcd": {"main": {"backup": {"secretRef": {"name": "bucket"}}}},
            "kubernetes": {
                "kubeAPIServer": {
                    "sni": {"secretName": "tls", "domainPatterns": ["*"]},
                    "admissionPlugins": [{"name": "Hook", "kubeconfigSecretName": "hook"}],
                    "structuredAuthentication": {"configMapName": "who"},
                    "auditConfig": {"auditPolicy": {"configMapRef": {"name": "audit"}}},
                }
            },
            "gardener": {"gardenerDashboard": {"tlsSecretName": "page", "frontendConfigMapRef": {"name": "front"}}},
        },
        "resources": [
            {"name": "a", "resourceRef": {"apiVersion": "v1", "kind": "Secret", "name": "also"}},
            {"name": "b", "resourceRef": {"apiVersion": "example.org/v1", "kind": "Else", "name": "else"}},
        ],
    }
    found = garden_state.referred(garden(spec=spec))
    assert [name for kind, name in found if kind == "Secret"] == ["also", "bucket", "dns", "hook", "page", "tls"]
    assert [name for kind, name in found if kind == "ConfigMap"] == ["audit", "front", "who"]
    assert garden_state.needed(garden(spec=spec)) == ["bucket", "dns"]
    assert garden_state.referred(garden(spec={})) == garden_state.needed(garden(spec={})) == []


def test_of_one_name_the_older_secret_is_made_first():
    newest_first = [managed("ca", "-1-2", BEGUN), managed("ca", "-9"), managed("ca-etcd", "-9"), secret("dns")]
    made = [[one["metadata"]["name"] for one in one_round] for one_round in garden_state.rounds(newest_first)]
    assert made == [["ca-9", "ca-etcd-9"], ["ca-1-2"]]
    assert garden_state.rounds([]) == []


def test_a_digest_tells_data_apart_and_not_what_they_are():
    one, other = managed("ca"), managed("ca", value="another")
    assert garden_state.digest(one) == garden_state.digest(copy.deepcopy(one)) != garden_state.digest(other)
    assert garden_state.state([one, secret("dns", apiKey="x")]) == {"ca-1f2e3d4c": garden_state.digest(one)}


@pytest.mark.parametrize(
    ("wanted", "found", "inside"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": {"b": [1, {"c": 2}]}}, {"a": {"b": [1, {"c": 2, "d": 3}]}}, True),
        ({"a": None}, {}, False),
        ({"a": 1}, {"a": 2}, False),
        ({"a": [1]}, {"a": [1, 2]}, False),
        ({"a": {}}, {"a": "x"}, False),
        ({"a": 1}, None, False),
    ],
)
def test_what_the_cluster_adds_is_no_difference(wanted, found, inside):
    assert garden_state.within(wanted, found) is inside


def without(name: str) -> list[dict[str, t.Any]]:
    return [one for one in kept().secrets if garden_state.purpose(one) != name and one["metadata"]["name"] != name]


def changed_rotation(**rotation: t.Any) -> list[dict[str, t.Any]]:
    return [garden(status={**garden()["status"], "credentials": {"rotation": rotation}})]


KEY, CONFIGURATION = "kube-apiserver-etcd-encryption-key", "kube-apiserver-etcd-encryption-configuration"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, []),
        ({"configmaps": []}, []),
        ({"gardens": changed_rotation()}, []),
        *[({"secrets": without(name)}, [f"there is no Secret {name}"]) for name in garden_state.CONFIGURATIONS],
        ({"secrets": without("service-account-key")}, ["there is no Secret service-account-key"]),
        ({"secrets": without("dns")}, ["there is no Secret dns, which it refers to"]),
        ({"secrets": without("ca-gardener-1f2e3d4c-5e58a")}, [f"there is no ca-gardener of the rotation of {BEGUN}"]),
        ({"gardens": changed_rotation(etcdEncryptionKey={"lastInitiationTime": EARLIER, "phase": "Completed"})},
         [f"there is no {name} of the rotation" for name in garden_state.ROTATED["etcdEncryptionKey"]]),
        ({"gardens": changed_rotation(serviceAccountKey={"lastCompletionTime": EARLIER})},
         ["its status has no phase of the rotation of serviceAccountKey"]),
        ({"gardens": [garden(status={"lastOperation": {}})]}, ["its status does not say which Gardener it is of"]),
        ({"secrets": [*without(KEY), managed(KEY, key="key05")]},
         [f"the newest {CONFIGURATION} names no {KEY} that is there"]),
        ({"secrets": [*kept().secrets, configuration("kube-apiserver", "9", "2026-11-21T00:00:00Z", "key18")]},
         [f"the newest {CONFIGURATION} names no {KEY} that is there"]),
        ({"secrets": [*without("service-account-key"), {**managed("service-account-key"), "data": {"value": "?"}}]},
         ["Secret service-account-key-1f2e3d4c has no data that can be decoded"]),
        ({"secrets": [*without("dns"), {**secret("dns"), "data": {}}]}, ["Secret dns has no data"]),
    ],
)  # fmt: skip
def test_what_a_restore_could_not_do_without_is_named(changed, words):
    found = sorted(garden_state.lacking(kept(**changed)))
    assert len(found) == len(words) and all(word in one for one, word in zip(found, sorted(words), strict=True)), found


def test_an_encryption_key_without_its_configuration_is_not_enough():
    assert [*garden_state.lacking(kept(secrets=without(KEY)))] == [f"there is no Secret {KEY}"]
    assert kept().counts() == {"gardens": 1, "secrets": len(secrets()) + 2, "configmaps": 1}
    assert "configmaps" not in json.dumps(kept(configmaps=[]).counts())
