from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._net.kube_vip import (
    Settings,
    environment_file,
    plan,
)

BGP = {"as": 65001, "router_id": "198.51.100.11", "peers": [{"address": "198.51.100.1", "as": 65000, "password": "pw"}]}


def settings(**changes: object) -> Settings:
    return Settings(
        **{
            "address": "198.51.100.10",
            "port": 6443,
            "interface": "host0",
            "node": "server1",
            "mode": "arp",
            "bgp": {},
            "lease": {"duration": 4, "renew": 2, "retry": 1},
            "services_range": "198.51.100.200-198.51.100.219",
            "kubeconfig": "/etc/rancher/k3s/k3s.yaml",
            "metrics_port": 2112,
            "services_metrics_port": 2113,
            **changes,
        }
    )


def test_with_arp_each_kind_of_address_has_its_own_unit_and_lease() -> None:
    result = plan(settings())
    assert (result["control"]["cp_enable"], result["control"]["svc_enable"]) == ("true", "false")
    assert (result["services"]["cp_enable"], result["services"]["svc_enable"]) == ("false", "true")
    assert [(claim["unit"], claim["lease"]) for claim in result["claims"]] == [
        ("kube-vip.service", "plndr-cp-lock"),
        ("kube-vip-services.service", "plndr-svcs-lock"),
    ]


def test_both_units_listen_on_ports_of_their_own() -> None:
    result = plan(settings())
    assert result["control"]["prometheus_server"] != result["services"]["prometheus_server"]


def test_a_single_node_has_service_addresses_without_a_virtual_ip() -> None:
    result = plan(settings(address=""))
    assert not result["control"]
    assert result["services"]["svc_enable"] == "true"


def test_without_addresses_nothing_runs() -> None:
    assert plan(settings(address="", services_range="")) == {"control": {}, "services": {}, "peers": "", "claims": []}


def test_with_bgp_one_process_announces_both_since_a_router_takes_one_session_from_a_host() -> None:
    result = plan(settings(mode="bgp", bgp=BGP))
    assert result["control"]["svc_enable"] == "true"
    assert not result["services"]
    assert [claim["unit"] for claim in result["claims"]] == ["kube-vip.service"]


def test_bgp_passwords_are_kept_apart_from_the_environment() -> None:
    result = plan(settings(mode="bgp", bgp=BGP))
    assert result["peers"] == "bgp_peers=198.51.100.1:65000:pw:false\n"
    assert "pw" not in environment_file(result["control"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mode": "bgp", "bgp": {"as": 65001}}, "lacks router_id, peers"),
        ({"lease": {"duration": 2, "renew": 2, "retry": 1}}, "expected duration > renew"),
        ({"lease": {"duration": 5, "renew": 3, "retry": 3}}, "expected duration > renew"),
        (
            {"mode": "bgp", "bgp": {**BGP, "peers": [{"address": "198.51.100.1", "as": 65000, "password": "a:b"}]}},
            "password",
        ),
    ],
)
def test_settings_that_kube_vip_would_not_run_with_are_refused(changes: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plan(settings(**changes))


def test_an_environment_file_does_not_depend_on_the_order_of_its_lines() -> None:
    assert environment_file({"b": "2", "a": "1"}) == "a=1\nb=2\n"
