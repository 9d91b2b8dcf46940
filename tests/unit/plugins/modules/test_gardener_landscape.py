"""What the modules of a garden's landscape do, beside a garden that takes everything."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible.module_utils import basic
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import options
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.client import Refusal
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.kinds import MANAGED_SEED, SEED, SHOOT
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener_landscape.kinds import (
    CLOUD_PROFILE,
    CREDENTIALS_BINDING,
    GARDENLET,
    NAMESPACE,
    PROJECT,
    SECRET,
    SECRET_BINDING,
)
from ansible_collections.metalstack.autonomous.plugins.modules import (
    gardener_cloud_profile,
    gardener_credentials,
    gardener_project,
    gardener_seed,
    gardener_seed_info,
)

OURS = {"manager": "metalstack.autonomous", "operation": "Apply", "fieldsV1": {"f:spec": {}}}
CONFIRMED = {"state": "absent", "confirm_deletion": True}
CONFIRMATION = "confirmation.gardener.cloud/deletion"
CHART = {"helm": {"ociRepository": {"ref": "registry.test/gardenlet:v1.138.3"}}}
HEALTHY = ("GardenletReady", "ExtensionsReady", "SeedSystemComponentsHealthy")


class Garden:
    """Objects by kind, namespace and name. asked: every write, in order. held: kinds that only begin to go."""

    def __init__(self) -> None:
        self.warnings, self.there, self.asked, self.held = ["deprecated"], {}, list[str](), set[str]()

    def get(self, kind: Any, namespace: str, name: str) -> Any:
        return copy.deepcopy(self.there.get((kind.name, namespace, name)))

    def list(self, kind: Any, namespace: str = "", labels: str = "") -> Any:
        return [
            copy.deepcopy(one) for (name, inside, _), one in self.there.items()
            if name == kind.name and namespace in ("", inside)
        ]  # fmt: skip

    def apply(self, kind: Any, wanted: Any, dry: bool = False, force: bool = False) -> Any:
        metadata = wanted["metadata"]
        place = (kind.name, metadata.get("namespace", ""), metadata["name"])
        live = self.there.get(place)
        made = {**(live or {}), **copy.deepcopy(wanted)}
        before = (live or {"metadata": {"generation": 0}})["metadata"]
        changed = live is None or any(live.get(key) != made.get(key) for key in ("spec", "data"))
        made["metadata"] = {
            **metadata, "uid": before.get("uid", "u"), "resourceVersion": "7", "managedFields": [OURS],
            "generation": before.get("generation", 1) + changed,
        }  # fmt: skip
        if not dry:
            self.there[place] = made
            self.asked.append(f"apply {'/'.join(place)}")
        return copy.deepcopy(made)

    def patch(self, kind: Any, namespace: str, name: str, change: Any, dry: bool = False) -> Any:
        if not dry:
            self.there[kind.name, namespace, name]["metadata"].update(change["metadata"])
            self.asked.append(f"patch {kind.name}/{namespace}/{name}")

    def delete(self, kind: Any, namespace: str, name: str, uid: str = "", dry: bool = False) -> None:
        if dry:
            return
        self.asked.append(f"delete {kind.name}/{namespace}/{name}")
        if kind.name in self.held:
            self.there[kind.name, namespace, name]["metadata"]["deletionTimestamp"] = "now"
        else:
            del self.there[kind.name, namespace, name]

    def put(self, kind: Any, name: str, namespace: str = "", **more: Any) -> Any:
        """Have an object, beside what modules write."""
        kept = {"uid": "u", "generation": 1, "resourceVersion": "7", "managedFields": [OURS]}
        metadata = {"name": name, **kept, **more.pop("metadata", {})}
        if namespace:
            metadata["namespace"] = namespace
        made = {"apiVersion": kind.version, "kind": kind.name, "metadata": metadata, **more}
        self.there[kind.name, namespace, name] = made
        return made


@pytest.fixture
def garden(monkeypatch):
    made = Garden()
    monkeypatch.setattr(options, "opened", lambda _given: made)
    return made


@pytest.fixture
def have(answer):
    def have(module, check=False, **given):
        return answer(module, check, **{"kubeconfig": "/none", "timeout": 0, **given})

    return have


@pytest.fixture
def warned(monkeypatch):
    """What modules warn of."""
    told: list[str] = []
    monkeypatch.setattr(basic.AnsibleModule, "warn", lambda _module, text: told.append(text))
    return told


GIVEN = {
    gardener_cloud_profile: {"name": "a", "spec": {"type": "metal"}},
    gardener_project: {"name": "a"},
    gardener_credentials: {"namespace": "n", "name": "a", "data": {"key": "hidden"}},
    gardener_seed: {
        "name": "a", "deployment": CHART, "seed": {"provider": {"type": "metal"}},
        "secrets": [{"name": "dns", "data": {"key": "hidden"}}],
    },
}  # fmt: skip


@pytest.mark.parametrize("module", list(GIVEN), ids=lambda module: module.__name__.rpartition(".")[2])
def test_what_is_made_is_previewed_made_once_and_shown_without_secrets(garden, have, module):
    previewed = have(module, check=True, **GIVEN[module])
    assert previewed["changed"] and not garden.asked and not previewed.get("failed")
    made = have(module, wait=False, **GIVEN[module])
    assert made["changed"] and garden.asked and made["diff"] == previewed["diff"]
    written = list(garden.asked)
    again = have(module, wait=False, **GIVEN[module])
    assert not again["changed"] and garden.asked == written and again["diff"] == {"before": {}, "after": {}}
    assert "hidden" not in f"{previewed}{made}{again}"


@pytest.mark.parametrize("module", list(GIVEN), ids=lambda module: module.__name__.rpartition(".")[2])
def test_what_is_not_there_is_absent_and_what_is_there_goes_once_that_is_confirmed(garden, have, module):
    place = {key: value for key, value in GIVEN[module].items() if key in ("namespace", "name")}
    assert not have(module, **place, state="absent")["changed"]
    have(module, wait=False, **GIVEN[module])
    garden.asked.clear()
    refused = have(module, **place, state="absent")
    assert refused["failed"] and "set 'confirm_deletion: true'" in refused["msg"]
    previewed = have(module, check=True, **place, **CONFIRMED)
    assert previewed["changed"] and previewed["diff"]["before"] and not garden.asked
    gone = have(module, **place, **CONFIRMED)
    assert gone["changed"] and not gone.get("failed") and gone["diff"] == previewed["diff"]
    assert not have(module, **place, state="absent")["changed"]


def test_a_projects_deletion_is_confirmed_for_gardener_and_a_refused_one_is_not_left_so(garden, have, monkeypatch):
    garden.put(PROJECT, "a", spec={"namespace": "garden-a"})
    have(gardener_project, name="a", **CONFIRMED)
    assert garden.asked == ["patch Project//a", "delete Project//a"]
    garden.put(PROJECT, "a", spec={"namespace": "garden-a"})
    refusal = Refusal("x", 403, '{"message": "no"}')

    def delete(*_args, **_options):
        raise refusal

    monkeypatch.setattr(garden, "delete", delete)
    told = have(gardener_project, name="a", **CONFIRMED)
    assert told["failed"] and "the garden refuses to delete Project a: no" in told["msg"]
    assert garden.get(PROJECT, "", "a")["metadata"]["annotations"] == {CONFIRMATION: None}


@pytest.mark.parametrize(
    ("spec", "module", "place", "said"),
    [
        ({"cloudProfile": {"kind": "CloudProfile", "name": "a"}}, gardener_cloud_profile, {}, "Shoot n/s"),
        ({"cloudProfile": {"name": "a"}}, gardener_cloud_profile, {}, "Shoot n/s"),
        ({"cloudProfile": {"kind": "NamespacedCloudProfile", "name": "a"}}, gardener_cloud_profile, {}, ""),
        ({"credentialsBindingName": "a"}, gardener_credentials, {"namespace": "n"}, "Shoot n/s"),
        ({"credentialsBindingName": "b"}, gardener_credentials, {"namespace": "n"}, ""),
        ({}, gardener_project, {"namespace": "n"}, "Shoot n/s"),
        ({"seedName": "a"}, gardener_seed, {}, "Shoot n/s"),
        ({"seedName": "b"}, gardener_seed, {}, ""),
    ],
)
def test_what_a_shoot_uses_stays(garden, have, spec, module, place, said):
    have(module, wait=False, **{**GIVEN[module], **place})
    garden.put(SHOOT, "s", "n", spec=spec)
    garden.asked.clear()
    told = have(module, name="a", **place, **CONFIRMED)
    assert bool(told.get("failed")) == bool(said) and said in told.get("msg", "") and bool(garden.asked) != bool(said)


def test_a_namespace_that_is_there_is_given_the_labels_of_its_project_and_no_others(garden, have):
    garden.put(NAMESPACE, "garden", metadata={"labels": {"gardener.cloud/role": "garden"}})
    told = have(gardener_project, name="garden", namespace="garden", wait=False)
    assert told["changed"] and garden.asked == ["apply Namespace//garden", "apply Project//garden"]
    garden.put(NAMESPACE, "garden-b", metadata={"labels": {"project.gardener.cloud/name": "other"}})
    told = have(gardener_project, name="b")
    assert told["failed"] and "belongs to project other" in told["msg"]


@pytest.mark.parametrize("given", [{"secret_name": "b"}, {"provider_type": "local"}])
def test_another_secret_for_a_binding_is_refused(garden, have, given):
    have(gardener_credentials, **GIVEN[gardener_credentials])
    garden.asked.clear()
    told = have(gardener_credentials, **{**GIVEN[gardener_credentials], **given})
    assert told["failed"] and "immutable" in told["msg"] and not garden.asked


REFERENCE = {"namespace": "n", "name": "a"}


@pytest.mark.parametrize(
    ("kind", "leads"),
    [
        (CREDENTIALS_BINDING, {"credentialsRef": {"apiVersion": "v1", "kind": "Secret", **REFERENCE}}),
        (SECRET_BINDING, {"secretRef": REFERENCE}),
    ],
)
def test_a_secret_that_another_binding_has_stays(garden, have, warned, kind, leads):
    have(gardener_credentials, **GIVEN[gardener_credentials])
    garden.put(kind, "b", "other", provider={"type": "metal"}, **leads)
    have(gardener_credentials, namespace="n", name="a", **CONFIRMED)
    assert not garden.get(CREDENTIALS_BINDING, "n", "a") and garden.get(SECRET, "n", "a")
    assert f"n/a: Secret n/a stays, since {kind.name} other/b uses it, too" in warned


def test_a_secret_that_others_have_made_stays(garden, have, warned):
    garden.put(SECRET, "a", "n", metadata={"managedFields": [{**OURS, "manager": "kubectl"}]})
    have(gardener_credentials, namespace="n", name="a")
    have(gardener_credentials, namespace="n", name="a", **CONFIRMED)
    assert not garden.get(CREDENTIALS_BINDING, "n", "a") and garden.get(SECRET, "n", "a")
    assert "n/a: Secret n/a stays, since it was made by others" in warned
    again = have(gardener_credentials, namespace="n", name="a", state="absent")
    assert not again["changed"] and not again.get("failed") and garden.get(SECRET, "n", "a")


def test_a_secret_without_its_binding_goes_once_that_is_confirmed(garden, have):
    have(gardener_credentials, **GIVEN[gardener_credentials])
    del garden.there["CredentialsBinding", "n", "a"]
    told = have(gardener_credentials, namespace="n", name="a", state="absent")
    assert told["failed"] and "Secret n/a: deletion is not confirmed" in told["msg"] and garden.get(SECRET, "n", "a")
    assert have(gardener_credentials, namespace="n", name="a", **CONFIRMED)["changed"]
    assert not garden.get(SECRET, "n", "a")


@pytest.mark.parametrize(("status", "gone"), [(404, True), (403, False)])
def test_a_garden_without_secret_bindings_is_told_from_one_that_does_not_show_them(
    garden, have, monkeypatch, status, gone
):
    have(gardener_credentials, **GIVEN[gardener_credentials])
    there = garden.list

    def listed(kind, *place):
        if kind is SECRET_BINDING:
            raise Refusal("x", status, '{"message": "no"}')
        return there(kind, *place)

    monkeypatch.setattr(garden, "list", listed)
    told = have(gardener_credentials, namespace="n", name="a", **CONFIRMED)
    assert bool(told.get("failed")) is not gone and bool(garden.get(SECRET, "n", "a")) is not gone


def test_a_deletion_that_is_held_up_tells_by_whom_and_goes_on_with_the_next_run(garden, have):
    garden.held.add("CloudProfile")
    garden.put(CLOUD_PROFILE, "a", spec={}, metadata={"finalizers": ["gardener"]})
    told = have(gardener_cloud_profile, name="a", **CONFIRMED)
    assert told["failed"] and told["changed"] and "finalizers gardener" in told["msg"] and not told["over"]
    told = have(gardener_cloud_profile, name="a", state="absent")
    assert told["failed"] and not told["changed"]
    told = have(gardener_cloud_profile, name="a", spec={})
    assert told["failed"] and "is being deleted since now" in told["msg"]


class TestSeed:
    GIVEN = GIVEN[gardener_seed]

    def status(self, garden, state="Succeeded", **states):
        """What gardener-operator and gardenlet have made of it by now."""
        own = garden.there["Gardenlet", "garden", "a"]
        conditions = [{"type": "GardenletReconciled", "status": "True"}]
        own["status"] = {"observedGeneration": own["metadata"]["generation"], "conditions": conditions}
        healthy = [{"type": one, "status": states.get(one, "True")} for one in HEALTHY]
        garden.put(
            SEED, "a", spec=own["spec"]["config"]["seedConfig"]["spec"],
            status={
                "observedGeneration": 1, "gardener": {"version": "v1.138.3"}, "conditions": healthy,
                "lastOperation": {"type": "Reconcile", "state": state, "progress": 42, "description": "istio"},
            },
        )  # fmt: skip

    def test_its_gardenlet_is_waited_for_and_then_the_seed_itself(self, garden, have):
        told = have(gardener_seed, **self.GIVEN)
        assert told["failed"] and told["changed"] and "generation 1 is deployed" in told["msg"] and told["seed"] == {}
        self.status(garden, "Processing")
        told = have(gardener_seed, **self.GIVEN)
        assert told["failed"] and "Reconcile Processing 42 %: istio" in told["msg"]
        self.status(garden, ExtensionsReady="False")
        assert [one["condition"] for one in have(gardener_seed, **self.GIVEN)["failures"]] == ["ExtensionsReady"]
        assert not have(gardener_seed, **self.GIVEN, healthy=False).get("failed")
        self.status(garden)
        told = have(gardener_seed, **self.GIVEN)
        assert not told.get("failed") and not told["changed"] and told["version"] == "v1.138.3"
        assert told["operation"]["state"] == "Succeeded"

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"version": "v1.137.9"}, "is lower, which Gardener does not support"),
            ({"config": {"controllers": {"shootState": {"concurrentSyncs": 0}}}}, "no state of a shoot would be saved"),
        ],
    )
    def test_what_would_harm_is_refused(self, garden, have, given, said):
        have(gardener_seed, **self.GIVEN, wait=False)
        self.status(garden)
        garden.asked.clear()
        told = have(gardener_seed, **{**self.GIVEN, **given})
        assert told["failed"] and said in told["msg"] and not garden.asked

    def test_a_seed_of_a_shoot_is_left_to_its_managed_seed(self, garden, have):
        garden.put(MANAGED_SEED, "a", "garden", spec={})
        for given in (self.GIVEN, {"name": "a", **CONFIRMED}):
            told = have(gardener_seed, **given)
            assert told["failed"] and "a ManagedSeed of this name makes the seed" in told["msg"] and not garden.asked

    def test_its_gardenlet_goes_before_it(self, garden, have):
        have(gardener_seed, **self.GIVEN, wait=False)
        self.status(garden)
        garden.asked.clear()
        assert have(gardener_seed, name="a", **CONFIRMED)["changed"]
        assert garden.asked == ["delete Gardenlet/garden/a", "delete Seed//a"]
        assert garden.get(SECRET, "garden", "dns") and not garden.get(GARDENLET, "garden", "a")

    def test_its_state_and_its_shoots_are_read(self, garden, answer, have):
        have(gardener_seed, **self.GIVEN, wait=False)
        self.status(garden, ExtensionsReady="False")
        garden.put(SHOOT, "s", "n", spec={"seedName": "a"})
        (one,) = answer(gardener_seed_info, kubeconfig="/none", name="a")["seeds"]
        assert (one["ready"], one["shoots"], one["version"]) == (False, ["Shoot n/s"], "v1.138.3")
        assert answer(gardener_seed_info, kubeconfig="/none", name="b")["seeds"] == []
