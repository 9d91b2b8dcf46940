"""What is still to come of a seed, as its Gardenlet and its own status have it."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener_landscape import seed_status

SPEC = {"provider": {"type": "metal"}, "taints": [{"key": "a"}]}


def own(observed=2, **conditions):
    known = [{"type": name, "status": state, "reason": "R", "message": "m"} for name, state in conditions.items()]
    metadata = {"name": "a", "uid": "u", "generation": 2}
    return {"metadata": metadata, "spec": {}, "status": {"observedGeneration": observed, "conditions": known}}


def seed(spec=None, observed=3, state="Succeeded", kind="Reconcile", version="v1.138.3", states=None, **metadata):
    healthy = {"GardenletReady": "True", "ExtensionsReady": "True", "SeedSystemComponentsHealthy": "True"}
    conditions = {**healthy, **(states or {})}
    status = {
        "observedGeneration": observed, "gardener": {"version": version},
        "lastOperation": {"type": kind, "state": state, "progress": 42, "description": "on it"},
        "conditions": [{"type": name, "status": one, "message": "m"} for name, one in conditions.items()],
    }  # fmt: skip
    metadata = {"name": "a", "uid": "s", "generation": 3, **metadata}
    return {"metadata": metadata, "spec": {**SPEC, "settings": {}, **(spec or {})}, "status": status}


@pytest.mark.parametrize(
    ("found", "said", "over"),
    [
        (own(GardenletReconciled="True"), "", False),
        # Whoever has deployed it to another cluster has that one's kubeconfig yet.
        (
            {**own(GardenletReconciled="True"), "spec": {"kubeconfigSecretRef": {"name": "a-kubeconfig"}}},
            "Secret a-kubeconfig",
            False,
        ),
        (None, "it is gone", True),
        ({**own(), "metadata": {"uid": "other"}}, "another one of its name", True),
        # The success before is not that of this generation.
        (own(observed=1, GardenletReconciled="True"), "generation 1 was seen last", False),
        (own(), "unknown", False),
        # Gardener-operator alone has seen it; gardenlet has still to say that it runs.
        (own(SeedRegistered="True"), "SeedRegistered True: R: m", False),
        (own(SeedRegistered="True", GardenletReconciled="False"), "GardenletReconciled False: R: m", False),
    ],
)
def test_gardenlet_has_deployed_itself_when_it_says_so_of_this_generation(found, said, over):
    failures, final = seed_status.deployed(found, "u", 2)
    assert final == over and said in "".join(one.seen for one in failures) and bool(failures) == bool(said)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (seed(), ""),
        (None, "there is none"),
        (seed(spec={"taints": []}), "spec.taints differ"),
        (seed(spec={"taints": [{"key": "b"}]}), "spec.taints[0].key differ"),
        (seed(observed=2), "generation 2 was seen last"),
        (seed(state="Processing"), "Reconcile Processing 42 %: on it"),
        (seed(state="Error"), "Reconcile Error"),
        (seed(kind="Delete"), "Delete Succeeded"),
        (seed(version="v1.137.2"), "v1.137.2"),
        (seed(version=""), "no version yet"),
        (seed(states={"ExtensionsReady": "Progressing"}), "ExtensionsReady Progressing"),
        (seed(spec={"backup": {"provider": "S3"}}), "unknown"),
        (seed(spec={"backup": {"provider": "S3"}}, states={"BackupBucketsReady": "True"}), ""),
        (seed(deletionTimestamp="now"), "it is being deleted since now"),
    ],
)
def test_a_seed_is_ready_when_all_of_it_holds(found, said):
    failures, over = seed_status.ready(found, "a", SPEC, "1.138.3", healthy=True)
    assert said in "".join(one.seen for one in failures) and bool(failures) == bool(said)
    assert over == ("deleted" in said)


def test_conditions_count_only_where_they_are_asked_for():
    assert seed_status.ready(seed(states={"ExtensionsReady": "False"}), "a", SPEC, "", healthy=False) == ([], False)


def test_a_seed_carries_a_shoot_that_is_on_it_or_moved_to_it():
    shoot = {"spec": {"seedName": "b"}, "status": {"seedName": "a"}}
    assert [name for name in ("a", "b", "c") if seed_status.carries(name, shoot)] == ["a", "b"]
