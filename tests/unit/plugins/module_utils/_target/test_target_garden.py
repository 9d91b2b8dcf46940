"""What the garden of a second stage has that the initial one may not share, and what it cannot be deployed without."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._target import garden

S3 = "https://s3.example.net"
SEED: dict[str, Any] = {
    "name": "users", "ingress_domain": "seed.users.example.org",
    "dns": {"internal_domain": "internal.users.example.org"}, "backup": {"provider": "S3"},
}  # fmt: skip
GARDEN: dict[str, Any] = {
    "version": "v1.138.3", "kubernetes_version": "1.35.6", "operator_chart": "oci://charts/operator",
    "cluster_identity": "prod", "ingress_domains": ["runtime.two.example.org"],
    "virtual_domains": ["garden.two.example.org"], "virtual_services": ["10.252.0.0/16"],
    "backup": {"bucket": "garden-prod", "secret_name": "backup"},
    "secrets": [{"name": "dns", "data": {"endpoint": "no"}}, {"name": "backup", "data": {"endpoint": S3}}],
    "seed_ingress_domain": "seed.two.example.org", "seed_name": "prod", "seeds": [SEED],
    "seed_dns": {"internal_domain": "internal.two.example.org", "default_domains": [{"domain": "two.example.org"}]},
}  # fmt: skip
SHOOTS = [{"name": "garden", "carries": ["gardener"]}, {"name": "users", "carries": ["seed"]}]
# As argument_specs.yml of the role has them.
OPTIONS = {*GARDEN, "kubeconfig", "context", "runtime", "nodes"}


def test_what_is_its_own_is_gathered_from_the_options_of_the_role() -> None:
    found = garden.had({**GARDEN, "domains": ["more.example.org"], "networks": {"vpn": "10.9.0.0/16"}})
    assert found["domains"] == [
        "runtime.two.example.org", "garden.two.example.org", "seed.two.example.org", "internal.two.example.org",
        "two.example.org", "seed.users.example.org", "internal.users.example.org", "more.example.org",
    ]  # fmt: skip
    assert found["buckets"] == [{"endpoint": S3, "bucket": "garden-prod"}]
    assert found["networks"] == {"virtual_services": ["10.252.0.0/16"], "vpn": "10.9.0.0/16"}


def test_a_storage_in_a_file_is_not_known() -> None:
    found = garden.had({**GARDEN, "secrets": [{"name": "backup", "files": {"endpoint": "/a"}}], "buckets": [{"a": 1}]})
    assert found["buckets"] == [{"endpoint": "", "bucket": "garden-prod"}, {"a": 1}]


@pytest.mark.parametrize("given", [{}, {"seeds": "none", "backup": "none", "secrets": [7], "seed_dns": []}])
def test_nothing_is_gathered_of_what_is_no_description(given: dict[str, Any]) -> None:
    assert garden.had(given) == {"domains": [], "buckets": [], "networks": {}}


@pytest.mark.parametrize("given", [GARDEN, {"deployed_elsewhere": True}, {"deployed_elsewhere": "yes", "domains": []}])
def test_nothing_is_said_of_a_garden_that_can_be_deployed_or_is_by_others(given: dict[str, Any]) -> None:
    assert garden.complaints(given, SHOOTS, OPTIONS) == []


def test_nobody_needs_a_garden_for_shoots_without_one() -> None:
    assert garden.complaints({}, [{"name": "stack", "carries": ["metal_stack"]}, {"name": "bare"}], OPTIONS) == []


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"cluster_identiy": "prod"}, "cluster_identiy is none of its options"),
        ({"kubeconfig": "/somewhere"}, "kubeconfig is none of its options"),
        ({"version": "", "backup": {}}, "version, backup missing, expected for garden, which carries gardener"),
        ({"deployed_elsewhere": "no", "version": None}, "version missing"),
        ({"seeds": []}, "seeds has no users, expected an entry for each shoot that carries seed"),
        ({"seeds": [SEED, {**SEED, "name": "b", "ingress_domain": "b"}]}, "seeds.b, expected the name of a shoot"),
        ({"seeds": [SEED, {**SEED, "ingress_domain": "b"}]}, "seeds.users is there twice"),
        ({"seeds": [{"name": "users", "dns": {"type": "a"}}]}, "seeds.users: ingress_domain, backup missing"),
        ({"seed_name": "users"}, "seeds.users has the name of the garden's own seed"),
        ({"seed_ingress_domain": SEED["ingress_domain"]}, "ingress_domain seed.users.example.org is that of two"),
    ],
)
def test_what_it_cannot_be_deployed_without_is_told_before(changed: dict[str, Any], expected: str) -> None:
    (found,) = garden.complaints({**GARDEN, **changed}, SHOOTS, OPTIONS)
    assert expected in found


def test_names_are_not_judged_where_nobody_knows_the_options() -> None:
    assert garden.complaints({**GARDEN, "strange": 1}, SHOOTS, ()) == []
