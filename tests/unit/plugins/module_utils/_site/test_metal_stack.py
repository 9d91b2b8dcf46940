"""What is said of metal-stack on the cluster of a site, before anything is touched."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._site import inputs, metal_stack
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._site.site_cases import CONTROLLER, site

PEM = "-----BEGIN CERTIFICATE-----\n"
KEY = "0b7c1d9e5f3a48826d1c7e90b4a5f3e2"
FIRST = {"endpoint": "https://203.0.113.41", "bucket": "backup", "access_key": "site", "secret_key": KEY, "ca": PEM}
SECOND = {**FIRST, "endpoint": "https://203.0.113.42", "access_key": "second"}
OWN = {"bucket": "metal-stack-example", "access_key": "sidecars", "secret_key": KEY}
GOOD: dict[str, t.Any] = {
    "site_metal_stack": True,
    "site_object_storage": FIRST,
    "site_metal_stack_storage": OWN,
    "metal_stack_control_plane_release_vectors": [{"url": "oci://ghcr.io/metal-stack/releases:v0.22.19"}],
    "metal_stack_control_plane_gateway_parents": {"https": [{"name": "https", "namespace": "gateways"}]},
}


def found(**changed: t.Any) -> list[tuple[str, str, str]]:
    """Row, variable and value of each finding."""
    return [(one.id, one.variable, one.value) for one in metal_stack.check(site(**{**GOOD, **changed}), CONTROLLER)]


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"site_metal_stack": "true"},
        {"site_metal_stack": False, "metal_stack_control_plane_release_vectors": None},
        {"site_metal_stack": "false", "site_metal_stack_intent": "new"},
        {"site_metal_stack_databases": [{"name": "valkey", "size_floor": 1024}], "site_metal_stack_intent": "restore"},
        {"site_metal_stack_storage": {**OWN, "bucket": "backup", "endpoint": "https://203.0.113.43"}},
        {"site_metal_stack_storage": {**OWN, "bucket": "backup", "endpoint": f"{FIRST['endpoint']}:8443"}},
        {"site_object_storage_second": SECOND},
        {"metal_stack_control_plane_expose": "ingress", "metal_stack_control_plane_gateway_parents": None},
        {
            "site_metal_stack_address": "198.51.100.205",
            "metal_stack_control_plane_gateway_class": "eg", "metal_stack_control_plane_gateway_parents": None,
        },
    ],
    ids=[
        "as it is", "on the command line", "without metal-stack", "told so on the command line", "what is restored",
        "the same bucket elsewhere", "at another port", "a second place", "by an ingress",
        "by a Gateway that is made",
    ],
)  # fmt: skip
def test_a_good_site_has_nothing_to_mend(changed: dict[str, t.Any]) -> None:
    assert found(**changed) == []


@pytest.mark.parametrize(
    ("changed", "row", "variable", "value"),
    [
        ({"site_metal_stack_intent": "restor"}, "V69", "site_metal_stack_intent", "restor"),
        ({"site_metal_stack_databases": ["valkey"]}, "V69", "site_metal_stack_databases", "valkey"),
        ({"site_metal_stack_address": "198.51.100.7"}, "V69", "site_metal_stack_address", "198.51.100.7"),
        (
            {"metal_stack_control_plane_release_vectors": []},
            "V69", "metal_stack_control_plane_release_vectors", "(empty)",
        ),
        (
            {"site_metal_stack_storage": {**OWN, "bucket": "backup"}},
            "V69", "site_metal_stack_storage.bucket", "backup",
        ),
        *(
            (
                {
                    "site_object_storage": {**FIRST, "endpoint": "https://s3.example.net"},
                    "site_metal_stack_storage": {**OWN, "bucket": "backup", "endpoint": spelled},
                },
                "V69", "site_metal_stack_storage.bucket", "backup",
            )
            for spelled in (
                "https://s3.example.net/", "https://s3.example.net:443", "https://S3.Example.net", "https://s3.example.net."
            )
        ),
        (
            {"site_metal_stack_storage": {**OWN, "access_key": "site"}},
            "V69", "site_metal_stack_storage.access_key", "(not shown)",
        ),
        (
            {"site_object_storage_second": SECOND, "site_metal_stack_storage": {**OWN, "access_key": "second"}},
            "V69", "site_metal_stack_storage.access_key", "(not shown)",
        ),
        (
            {"site_metal_stack_storage": {**OWN, "endpoint": "https://198.51.100.12"}},
            "V37", "site_metal_stack_storage.endpoint", "https://198.51.100.12",
        ),
        *(
            (
                {"site_metal_stack_storage": {**OWN, "endpoint": endpoint}},
                "V37", "site_metal_stack_storage.endpoint", endpoint,
            )
            for endpoint in (
                "https://s3.example.org", "https://198.18.0.9", "https://198.19.0.9:8443",
                "http://203.0.113.44", "203.0.113.44",
            )
        ),
        (
            {"site_metal_stack_storage": {**OWN, "bucket": "Metal_Stack"}},
            "V68", "site_metal_stack", "storage.bucket is 'Metal_Stack'",
        ),
        (
            {"site_metal_stack_storage": {**OWN, "ca": "/etc/ssl/ca.pem"}},
            "V68", "site_metal_stack", "storage.ca is no certificate",
        ),
        (
            {"metal_stack_control_plane_storage_encryption_key": "ä" * 32},
            "V68", "site_metal_stack", "storage_encryption_key has letters that are not ASCII",
        ),
        (
            {"metal_stack_control_plane_variables": {"metal_db_backup_restore_sidecar_provider": "local"}},
            "V68", "site_metal_stack", "metal-db: its backups are local",
        ),
        (
            {"metal_stack_control_plane_variables": {"valkey_backup_restore_sidecar_object_max_keep": 20}},
            "V68", "site_metal_stack", "valkey: object_max_keep is 20",
        ),
        (
            {"site_metal_stack_databases": [{"name": "valkey", "intnet": "keep"}]},
            "V68", "site_metal_stack", "databases.intnet",
        ),
        (
            {"site_metal_stack_databases": [{"name": "valkey", "discard": "perhaps"}]},
            "V68", "site_metal_stack", "discard",
        ),
        ({"site_metal_stack_storage": {**OWN, "secret_key": ""}}, "V68", "site_metal_stack", "storage.secret_key is"),
        ({"site_metal_stack_storage": {**OWN, "buket": "x"}}, "V68", "site_metal_stack", "storage.buket"),
        ({"site_metal_stack_storage": {}}, "V68", "site_metal_stack", "storage is missing"),
        ({"site_metal_stack_stage": "Prod"}, "V68", "site_metal_stack", "stage 'Prod'"),
        ({"site_metal_stack_databases": [{"name": "valley"}]}, "V68", "site_metal_stack", "databases: valley is none"),
        (
            {"metal_stack_control_plane_components": ["nqs"]},
            "V68", "site_metal_stack", "components: nqs is none",
        ),
        (
            {"metal_stack_control_plane_variables": {"metal_api_view_key": 5}},
            "V68", "site_metal_stack", "metal_api_view_key is no text",
        ),
        (
            {"metal_stack_control_plane_stages_others": [{"name": "example"}]},
            "V68", "site_metal_stack", "stage example is there twice",
        ),
        ({"site_service_cidr": "100.64.0.0/13"}, "V68", "site_metal_stack", "overlap"),
    ],
)  # fmt: skip
def test_each_mistake_is_named(changed: dict[str, t.Any], row: str, variable: str, value: str) -> None:
    told = found(**changed)
    assert [(one[0], one[1]) for one in told] == [(row, variable)]
    assert value in told[0][2]


def test_all_mistakes_are_told_at_once_and_no_secret() -> None:
    told = found(
        site_metal_stack_intent="new",
        site_metal_stack_storage={**OWN, "bucket": "backup"},
        metal_stack_control_plane_components=["nqs"],
        metal_stack_control_plane_namespace="A",
        metal_stack_control_plane_variables={"metal_api_view_key": KEY[:3]},
    )
    assert len(told) >= 5
    assert KEY[:3] not in str(told)


def test_what_deploys_it_has_what_it_needs() -> None:
    lacking = dataclasses.replace(CONTROLLER, missing_programs=("kubernetes", "helm"), certificates=("x is missing",))
    told = list(metal_stack.check(site(**GOOD), lacking))
    assert [one.id for one in told] == ["V68", "V24", "V24"]
    few = {**GOOD, "metal_stack_control_plane_components": ["prepare", "nsq"]}
    lacking = dataclasses.replace(CONTROLLER, missing_programs=("helm",))
    assert list(metal_stack.check(site(**few), lacking)) == []


def test_what_the_site_knows_need_not_be_said_twice() -> None:
    told = metal_stack.described(site(**GOOD, site_recovery="fresh", site_domain="site-a.example.org"))
    assert told["stage"] == "example"
    assert told["gateway_dns"] == "metal.site-a.example.org"
    assert told["seed_api_url"] == "https://api.site-a.example.org:6443"
    assert (told["pod_network"], told["service_network"]) == ("198.18.0.0/16", "198.19.0.0/16")
    assert told["storage"] == {**OWN, "endpoint": "https://203.0.113.41", "ca": PEM}
    assert {one["intent"] for one in told["databases"]} == {"fresh"}


@pytest.mark.parametrize(("deployed", "refused"), [(True, True), ("true", True), (False, False), (None, False)])
def test_a_partition_of_the_site_takes_from_it_what_it_knows(deployed: t.Any, refused: bool) -> None:
    known = {"metal_stack_partition_stage": ""}
    given = site(site_metal_stack=deployed, metal_stack_partition_stage="other", set_by_playbooks=known)
    found = [(one.id, one.variable) for one in inputs.check(given)]
    assert found == ([("V40", "metal_stack_partition_stage")] if refused else [])
