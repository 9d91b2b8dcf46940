"""What is said of Gardener on the cluster of a site, before anything is touched."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._site import gardener, inputs, offline
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._site.site_cases import CONTROLLER, site

SECRET = "0b7c1d9e5f3a48826d1c7e90b4a5f3e2"
GOOD: dict[str, t.Any] = {
    "site_gardener": True,
    "gardener_version": "v1.138.3",
    "gardener_kubernetes_version": "1.35.6",
    "gardener_operator_chart": "oci://registry.example.org/charts/gardener/operator",
    "gardener_cluster_identity": "example",
    "gardener_ingress_domains": ["runtime.example.org"],
    "gardener_virtual_domains": ["garden.example.org"],
    "gardener_virtual_services": ["10.252.0.0/16"],
    "gardener_backup": {"provider": "S3", "bucket": "garden-example", "secret_name": "etcd-backup"},
    "gardener_secrets": [{"name": "etcd-backup", "data": {"accessKeyID": SECRET}}],
    "gardener_extensions": [],
    "gardener_seed": False,
}
SEED = {
    "gardener_seed": None, "gardener_seed_name": "initial", "gardener_seed_dns": {"type": "powerdns"},
    "gardener_gardenlet_chart": "registry.example.org/gardenlet",
    "gardener_seed_ingress_domain": "seed.example.org",
    "gardener_seed_backup": {"provider": "S3"},
}  # fmt: skip


def found(**changed: t.Any) -> list[tuple[str, str, str]]:
    """Row, variable and value of each finding."""
    return [(one.id, one.variable, one.value) for one in gardener.check(site(**{**GOOD, **changed}), CONTROLLER)]


@pytest.mark.parametrize(
    "changed",
    [
        {}, {"site_gardener": "true"}, SEED, {"gardener_seed": "false"},
        {"site_gardener": False, "gardener_version": None}, {"site_gardener": None, "gardener_backup": "nothing"},
    ],
    ids=["as it is", "on the command line", "with a seed", "told on the command line", "without it", "never"],
)  # fmt: skip
def test_a_good_site_has_nothing_to_mend(changed: dict[str, t.Any]) -> None:
    assert found(**changed) == []


@pytest.mark.parametrize(
    ("changed", "row", "variable", "value"),
    [
        ({"gardener_version": None}, "V71", "gardener_version", "(empty)"),
        ({"gardener_operator_chart": None}, "V71", "gardener_operator_chart", "(empty)"),
        ({**SEED, "gardener_seed_name": None}, "V71", "gardener_seed_name", "(empty)"),
        ({"gardener_version": "1.138"}, "V70", "site_gardener", "garden.version is '1.138'"),
        ({"gardener_cluster_identity": None}, "V70", "site_gardener", "garden.cluster_identity is missing"),
        ({"gardener_kubernetes_version": "1.36.1"}, "V70", "site_gardener", "supports Kubernetes 1.30 to 1.35"),
        ({"site_k3s_version": "v1.36.1+k3s1"}, "V70", "site_gardener", "the runtime cluster has Kubernetes v1.36.1"),
        ({"gardener_virtual_services": ["198.18.0.0/17"]}, "V70", "site_gardener", "overlap"),
        (
            {"gardener_virtual_services": ["10.9.0.0/17"], "site_networks_taken": {"storage": "10.9.0.0/16"}},
            "V70", "site_gardener", "garden.taken_networks.storage 10.9.0.0/16 overlap",
        ),
        ({"gardener_backup": {"buket": "x"}}, "V70", "site_gardener", "garden.backup.buket"),
        ({"gardener_dns": "powerdns"}, "V70", "site_gardener", "dns"),
    ],
)  # fmt: skip
def test_each_mistake_is_named(changed: dict[str, t.Any], row: str, variable: str, value: str) -> None:
    told = found(**changed)
    assert [one[:2] for one in told if value in one[2]] == [(row, variable)], told
    assert SECRET not in str(told)


def test_what_deploys_it_has_what_it_needs_which_is_told_once() -> None:
    lacking = dataclasses.replace(CONTROLLER, missing_programs=("kubernetes", "helm"))
    assert [one.value for one in gardener.check(site(**GOOD), lacking)] == [
        "kubernetes is not installed", "helm is not installed",
    ]  # fmt: skip
    assert len(list(gardener.check(site(**GOOD, gardener_helm="/opt/helm"), lacking))) == 1
    told = [one.value for one in offline.check(site(**GOOD, site_metal_stack=True), lacking)]
    assert told.count("kubernetes is not installed") == 1


@pytest.mark.parametrize(("deployed", "refused"), [(True, True), ("true", True), (False, False), (None, False)])
def test_variables_of_somebody_elses_garden_are_nobodys_business(deployed: t.Any, refused: bool) -> None:
    known = {"gardener_pods": "site_cluster_cidr"}
    given = site(
        site_gardener=deployed, gardener_pods=["10.0.0.0/16"], gardener_of_mine=1, set_by_playbooks=known,
        unreadable={"gardener_token": "'x' is undefined"},
    )  # fmt: skip
    given = dataclasses.replace(given, known_role_variables=("gardener_pods",))
    names = [one.variable for one in inputs.check(given)]
    assert names == (["gardener_of_mine", "gardener_pods", "gardener_token"] if refused else [])
