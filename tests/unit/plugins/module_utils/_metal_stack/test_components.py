"""What a control plane consists of."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import components


def names(found):
    return [one.name for one in found]


def test_components_come_in_the_order_of_metal_stack():
    assert names(components.chosen(["metal", "nsq", "prepare"])) == ["prepare", "nsq", "metal"]
    assert names(components.chosen([])) == list(components.USUAL)
    assert not {"auditing-timescaledb", "logging", "monitoring"} & set(components.USUAL)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, {"ipam", "masterdata-api", "metal-api", "tenant-apiserver", "metal-apiserver"}),
        ({"metal_apiserver_enabled": False}, {"ipam", "masterdata-api", "metal-api"}),
        (
            {"metal_console_enabled": True},
            {"ipam", "masterdata-api", "metal-api", "tenant-apiserver", "metal-apiserver", "metal-console"},
        ),
    ],
)
def test_only_what_is_enabled_is_waited_for(variables, expected):
    (metal,) = components.chosen(["metal"])
    assert set(names(components.expected(metal, variables))) == expected


def test_the_configuration_of_a_sidecar_is_called_as_metal_roles_calls_it():
    assert components.DATABASES["ipam-db"].config == "backup-restore-sidecar-config-ipam-db"
    assert components.DATABASES["metal-db"].config == "backup-restore-sidecar-config-rethinkdb-metal-db"
    assert components.DATABASES["valkey"].config == "backup-restore-sidecar-config-valkey-valkey"
