"""All that is wrong with a control plane is told at once."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import inputs
from ansible_collections.metalstack.autonomous.plugins.modules import metal_stack_plan
from ansible_collections.metalstack.autonomous.tests.unit.plugins.modules import examples
from control_plane import STORAGE, wanted


def intents(**changed: str) -> list[dict[str, str]]:
    names = ("metal-db", "ipam-db", "masterdata-db", "zitadel-db", "valkey", "headscale-db")
    return [{"name": name, "intent": changed.get(name.replace("-", "_"), "keep")} for name in names]


def test_a_control_plane_as_it_should_be_is_taken():
    assert inputs.complaints(wanted()) == []


def test_one_by_ingress_and_without_production_is_taken():
    by_ingress = {"expose": "ingress", "ingress_dns": "metal.example.org", "gateway_dns": "", "gateway_parents": {}}
    given = wanted(**by_ingress, production=False, storage={})
    assert inputs.complaints(given) == []


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"stage": "Prod"}, "stage 'Prod', expected small letters"),
        ({"stages_others": [{"name": "prod"}]}, "stage prod is there twice"),
        ({"stages_others": [{"name": "prod-initial"}]}, "stages prod and prod-initial share https://s3.example.net"),
        ({"stages_others": [{"name": "prod-initial"}]}, "stage prod begins the name of stage prod-initial"),
        ({"gateway_dns": ""}, "gateway_dns is missing"),
        ({"expose": "ingress"}, "ingress_dns is missing"),
        ({"gateway_dns": "nothing"}, "gateway_dns is 'nothing', expected a domain"),
        ({"gateway_parents": {}}, "gateway_parents.https is missing"),
        ({"gateway_parents": {"https": [{"namespace": "a"}]}}, "gateway_parents.https has {'namespace': 'a'} without"),
        ({"namespace": "A b"}, "namespace is 'A b'"),
        ({"timeout": 0}, "timeout is 0"),
        ({"seed_api_url": "http://192.0.2.1:6443"}, "seed_api_url is 'http://192.0.2.1:6443', expected https://"),
        ({"node_network": ""}, "node_network is missing"),
        ({"pod_network": "198.18.0.0/99"}, "pod_network is '198.18.0.0/99', expected a network"),
        ({"service_network": "198.18.4.0/24"}, "pod_network (198.18.0.0/16) and service_network (198.18.4.0/24)"),
        ({"pod_network": "100.96.0.0/16"}, "pod_network (100.96.0.0/16) and headscale_ipv4_prefix (100.64.0.0/10)"),
        ({"components": ["metal", "metall"]}, "components: metall is none"),
        ({"redeploy": ["nsqd"]}, "redeploy: nsqd is none"),
        ({"databases": intents()[1:]}, "databases: metal-db is missing, which metal-db brings"),
        ({"databases": [*intents(), intents()[0]]}, "databases: metal-db is there twice"),
        ({"databases": [*intents(), {"name": "mysql", "intent": "keep"}]}, "databases: mysql is none"),
        ({"storage": {}}, "storage is missing: backups would be local, and die with the cluster"),
        ({"storage": {**STORAGE, "endpoint": "http://s3"}}, "storage.endpoint is 'http://s3', expected https://"),
        ({"storage": {"bucket": "a"}}, "storage.access_key is missing"),
        ({"storage": {**STORAGE, "bucket": "Metal_Stack"}}, "storage.bucket is 'Metal_Stack', expected 3 to 63 small"),
        ({"storage": {**STORAGE, "ca": "/etc/ssl/ca.pem"}}, "storage.ca is no certificate, expected one in PEM"),
        ({"storage_encryption_key": "short"}, "storage_encryption_key has 5 characters, expected exactly 32"),
        ({"storage_encryption_key": "ä" * 16}, "storage_encryption_key has 16 characters, expected exactly 32"),
        ({"storage_encryption_key": "ä" * 32}, "storage_encryption_key has letters that are not ASCII"),
        (
            {"variables": {"metal_db_backup_restore_sidecar_object_max_keep": 20}},
            "metal-db: object_max_keep is 20, expected 480 or more",
        ),
        (
            {"variables": {"ipam_db_backup_restore_sidecar_object_prefix": "masterdata-db-prod"}},
            "ipam-db (masterdata-db-prod) and masterdata-db (masterdata-db-prod) lie below the same prefix",
        ),
        (
            {"variables": {"metal_db_backup_restore_sidecar_provider": "local"}},
            "metal-db: its backups are local, and die with the cluster",
        ),
        (
            {"variables": {"valkey_backup_restore_sidecar_s3_object_days_max_keep": 3}},
            "valkey: object_days_max_keep is 3, expected 14 or more",
        ),
        (
            {"variables": {"headscale_db_backup_restore_sidecar_object_prefix": "ipam-db-prod-a"}},
            "the prefix of ipam-db (ipam-db-prod) begins that of headscale-db (ipam-db-prod-a)",
        ),
        (
            {"variables": {"metal_control_plane_stage_name": "test"}},
            "variables: metal_control_plane_stage_name is 'test', and the option says 'prod'",
        ),
        (
            {"variables": {"metal_db_backup_restore_sidecar_s3_bucket_name": "another"}},
            "variables: metal_db_backup_restore_sidecar_s3_bucket_name is 'another', and the option says",
        ),
        ({"variables": {"ipam_db_namespace": "ipam"}}, "variables: ipam_db_namespace is 'ipam', and the option says"),
        ({"variables": {"valkey_name": "redis"}}, "variables: valkey_name is 'redis', and the option says 'valkey'"),
        (
            {"variables": {"ipam_db_backup_restore_sidecar_object_prefix": ""}},
            "variables: ipam_db_backup_restore_sidecar_object_prefix is empty",
        ),
        ({"variables": {"metal_api_view_key": "change-me"}}, "metal_api_view_key is metal-roles' default"),
        (
            {"variables": {"metal_apiserver_session_secret": "ninechars"}},
            "session_secret has 9 characters, expected 10",
        ),
        ({"variables": {"zitadel_master_key": "a" * 33}}, "zitadel_master_key has 33 characters, expected exactly 32"),
        ({"variables": {"metal_db_password": 5}}, "metal_db_password is no text"),
        (
            {"variables": {"metal_db_password": "one-of-them", "metal_api_db_password": "another"}},
            "metal_api_db_password and metal_db_password differ",
        ),
    ],
)
def test_a_mistake_is_told(more, expected):
    assert expected in "; ".join(inputs.complaints(wanted(**more)))


def test_all_mistakes_are_told_at_once():
    found = inputs.complaints(wanted(stage="A", namespace="B", gateway_dns="", node_network="", storage={}))
    assert len(found) == 5


def test_networks_of_headscale_count_only_where_it_is_deployed():
    given = wanted(pod_network="100.96.0.0/16", components=["nsq"])
    assert inputs.complaints(given) == []
    given = wanted(pod_network="100.96.0.0/16", variables={"headscale_ipv4_prefix": "10.255.0.0/16"})
    assert inputs.complaints(given) == []


def test_no_secret_is_in_what_is_told():
    key = "8x7" * 3
    found = inputs.complaints(wanted(variables={"zitadel_master_key": key, "metal_apiserver_session_secret": key}))
    assert len(found) == 2
    assert key not in "".join(found)


def test_the_example_of_the_documentation_is_taken():
    known = {"vault_sidecar_access_key": "an access key", "vault_sidecar_secret_key": "its secret key"}
    (task,) = examples.read(metal_stack_plan)
    _, options = examples.options(task, known) or pytest.fail("it runs no module of ours")
    assert inputs.complaints(wanted(**options["control_plane"])) == []
