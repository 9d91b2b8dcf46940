"""What metal-stack's roles are handed."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import components, variables
from control_plane import STORAGE, wanted


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("metal_control_plane_stage_name", "prod"),
        ("metal_control_plane_namespace", "metal-control-plane"),
        ("metal_control_plane_ingress_dns", "metal.example.org"),
        ("metal_stack_release_version", "v0.22.19"),
        ("zitadel_external_domain", "auth.metal.example.org"),
        ("metal_db_backup_restore_sidecar_provider", "s3"),
        ("metal_db_backup_restore_sidecar_s3_bucket_name", STORAGE["bucket"]),
        ("metal_db_backup_restore_sidecar_object_days_max_keep", 14),
        ("valkey_backup_restore_sidecar_s3_object_days_max_keep", 14),
        ("headscale_db_backup_restore_sidecar_object_prefix", "headscale-db-prod"),
        ("headscale_db_backup_restore_sidecar_backup_cron_schedule", "0 0 * * *"),
        ("ipam_db_backup_restore_sidecar_backup_cron_schedule", "*/3 * * * *"),
        ("metal_api_httproute_parent_refs", [{"name": "https", "namespace": "gateways"}]),
        ("nsq_tcproute_enabled", False),
        ("headscale_ingress_enabled", False),
    ],
)
def test_a_variable_is_as_the_options_say(name, expected):
    assert variables.all_of(wanted(), "v0.22.19")[name] == expected


def test_metal_roles_has_no_variable_for_a_prefix_of_these():
    found = variables.all_of(wanted())
    assert "metal_db_backup_restore_sidecar_object_prefix" not in found
    assert "valkey_backup_restore_sidecar_object_prefix" not in found


def test_by_ingress_no_route_is_made():
    found = variables.all_of(wanted(expose="ingress", ingress_dns="metal.example.org", gateway_dns=""))
    assert not [name for name in found if "route_enabled" in name]


def test_what_the_inventory_gives_wins_over_all_but_the_gate():
    name = "metal_db_backup_restore_sidecar_backup_cron_schedule"
    given = wanted(variables={name: "0 * * * *", "metal_db_storage_size": "9Gi"})
    assert variables.all_of(given)[name] == "0 * * * *"
    assert variables.all_of(given)["metal_db_storage_size"] == "9Gi"
    assert variables.all_of(given, "", {"metal-db": "0 0 31 2 *"})[name] == "0 0 31 2 *"


def test_the_retention_of_headscale_reaches_the_role_of_the_engine():
    headscale, metal_db = components.chosen(["headscale", "metal-db"])[::-1]
    everything = variables.all_of(wanted(variables={"headscale_db_backup_restore_sidecar_object_max_keep": 999}))
    assert variables.of_component(headscale, everything) == {
        "postgres_backup_restore_sidecar_object_max_keep": 999,
        "postgres_backup_restore_sidecar_object_days_max_keep": 14,
    }
    assert variables.of_component(metal_db, everything) == {}


def test_the_gate_is_asked_about_what_is_deployed():
    given = wanted(variables={"ipam_db_backup_restore_sidecar_object_max_keep": 500}, storage_encryption_key="k" * 32)
    ipam_db = components.DATABASES["ipam-db"]
    intent = {"intent": "restore", "size_floor": 1000, "version": "", "fenced": True, "without_sentinels": True}
    intent["discard"] = True
    assert variables.asked(given, ipam_db, intent) == {
        "name": "ipam-db", "engine": "postgres", "prefix": "ipam-db-prod", "intent": "restore", "provider": "s3",
        "schedule": "*/3 * * * *", "object_max_keep": 500, "object_days_max_keep": 14, "encrypted": True,
        "size_floor": 1000, "version": "", "fenced": True, "without_sentinels": True,
        "discard": True,
    }  # fmt: skip
