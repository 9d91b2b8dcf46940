"""What is known of variables that the playbooks set for their roles."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._site import inventory


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("k3s_cluster_token", "site_k3s_token"),
        ("powerdns_api_key", "site_dns_api_key"),
        ("chrony_nts", "site_nts"),
        ("dns_resolver_search", "site_domain"),
        ("grafana_admin_password", "site_grafana_admin_password"),
        ("kube_vip_holder_command", ""),
    ],
)
def test_each_variable_of_a_role_is_known_with_its_input(name: str, source: str) -> None:
    assert inventory.translations()[name] == source


def test_what_is_nobodys_own_is_none_of_them() -> None:
    assert not {"dns_servers", "all_hosts"} & inventory.translations().keys()
