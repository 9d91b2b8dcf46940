"""Whether kube-vip's range has an address for each Service."""

from __future__ import annotations

import ipaddress

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import addresses
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack.addresses import Wish

TWO = {"data": {"range-global": "192.0.2.200-192.0.2.201"}}
GATEWAY = Wish("envoy", "Gateway metal-control-plane")


def asking(address):
    return GATEWAY._replace(asked=(ipaddress.ip_address(address),))


def service(name, status="", asked="", kind="LoadBalancer", field=""):
    return {
        "metadata": {
            "name": name, "namespace": "other",
            **({"annotations": {"kube-vip.io/loadbalancerIPs": asked}} if asked else {}),
        },
        "spec": {"type": kind, **({"loadBalancerIP": field} if field else {})},
        "status": {"loadBalancer": {"ingress": [{"ip": status}]} if status else {}},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("data", "namespace", "size"),
    [
        ({"range-global": "192.0.2.200-192.0.2.201"}, "a", 2),
        ({"cidr-global": "192.0.2.0/30, 198.51.100.7/32"}, "a", 5),
        ({"cidr-global": "192.0.2.0/30", "range-a": "192.0.2.9-192.0.2.9"}, "a", 1),
        ({"cidr-global": "192.0.2.0/30", "range-global": "192.0.2.9-192.0.2.9"}, "a", 4),
        ({"cidr-global": "2001:db8::/64"}, "a", 2**64),
    ],
)
def test_a_namespace_has_a_pool_of_its_own_or_the_global_one(data, namespace, size):
    found = addresses.pool({"data": data}, namespace)
    assert found is not None and found.size == size


def test_without_a_pool_somebody_else_may_give_addresses():
    assert addresses.pool(None, "a") is None
    assert addresses.pool({"data": {"range-b": "192.0.2.1-192.0.2.2"}}, "a") is None
    assert addresses.complaints(None, [], [asking("192.0.2.1")]) == []


@pytest.mark.parametrize("text", ["192.0.2.9-192.0.2.1", "192.0.2.1-2001:db8::1", "a range"])
def test_what_is_no_range_is_told(text):
    (found,) = addresses.complaints({"data": {"range-global": text}}, [], [GATEWAY])
    assert "ConfigMap kube-system/kubevip is no pool of addresses" in found


@pytest.mark.parametrize(
    ("services", "wanted", "expected"),
    [
        ([], [GATEWAY], ""),
        ([service("a", "192.0.2.200")], [GATEWAY], ""),
        ([service("a", "192.0.2.200"), service("b", asked="192.0.2.201")], [GATEWAY], "has 0 free addresses of 2,"),
        ([service("a", "192.0.2.200"), service("b", field="192.0.2.201")], [GATEWAY], "other/b (192.0.2.201)"),
        ([service("a", "198.51.100.1"), service("b", "192.0.2.200")], [GATEWAY], ""),
        ([service("a", "192.0.2.200", kind="ClusterIP"), service("b", "192.0.2.201")], [GATEWAY], ""),
        ([service("a"), service("b")], [GATEWAY], "for which other/a, other/b wait as well"),
        (
            [],
            [GATEWAY, Wish("a", "Service a"), Wish("b", "Service b")],
            "one for each of Gateway metal-control-plane, Service a",
        ),
        # One address that both have, and none that a name would be.
        ([service("a", "192.0.2.200", asked="192.0.2.200")], [GATEWAY], ""),
        ([service("a", asked="0.0.0.0"), service("b", "192.0.2.200")], [GATEWAY], "for which other/a wait"),
    ],
)
def test_each_service_needs_an_address_that_nobody_has(services, wanted, expected):
    found = addresses.complaints(TWO, services, wanted)
    assert expected in "".join(found) and bool(found) is bool(expected)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.201", ""),
        ("192.0.2.200", "which Service other/a has"),
        ("192.0.2.7", "expected one of 192.0.2.200-192.0.2.201"),
        ("2001:db8::1", "expected one of 192.0.2.200-192.0.2.201"),
    ],
)
def test_an_address_that_is_asked_for_has_to_be_free_and_in_the_pool(address, expected):
    found = addresses.complaints(TWO, [service("a", "192.0.2.200")], [asking(address)])
    assert expected in "".join(found) and bool(found) is bool(expected)


def test_a_service_that_has_only_asked_has_none_yet():
    assert not addresses.has_one(service("a", asked="192.0.2.200"))
    assert addresses.has_one(service("a", "192.0.2.200"))


def test_an_address_is_asked_for_in_the_pool_of_whoever_asks():
    pools = {"data": {"range-envoy": "192.0.2.1-192.0.2.1", "range-global": "192.0.2.7-192.0.2.7"}}
    assert addresses.complaints(pools, [], [asking("192.0.2.1"), Wish("other", "Service other")]) == []
