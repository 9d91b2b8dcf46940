"""What a cluster is given, and what it has to have."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import preparation
from control_plane import wanted

DEFAULT = {"storageclass.kubernetes.io/is-default-class": "true"}


def storage_class(name, annotations=None):
    return {"metadata": {"name": name, "annotations": annotations}}


def test_the_networks_and_the_url_are_where_others_read_them():
    found = preparation.config_maps(wanted(seed_api_url="https://api.example.org:6443"))
    assert {one["metadata"]["name"]: one["data"] for one in found} == {
        "shoot-info": {
            "nodeNetwork": "192.0.2.0/24", "podNetwork": "198.18.0.0/16", "serviceNetwork": "198.19.0.0/16",
        },
        "seed-api-server": {"url": "https://api.example.org:6443"},
    }  # fmt: skip
    assert preparation.config_maps(wanted(host_provider="gcp")) == []


def test_namespaces_are_those_that_something_is_put_into():
    def names(**more):
        return [one["metadata"]["name"] for one in preparation.namespaces(wanted(**more))]

    assert names() == ["metal-control-plane"]
    assert names(seed_api_url="https://a:1", namespace="metal") == ["metal", "garden"]


def test_a_config_map_of_somebody_else_has_to_have_what_is_read_of_it():
    (ours,) = preparation.config_maps(wanted())
    assert preparation.strangers(ours, {"data": {**ours["data"], "nodeNetwork": "10.0.0.0/8", "more": "a"}}) == []
    assert "has no nodeNetwork, podNetwork" in preparation.strangers(ours, {"data": {"serviceNetwork": "a"}})[0]
    assert "has no nodeNetwork" in preparation.strangers(ours, {})[0]


@pytest.mark.parametrize(
    ("classes", "expose", "expected"),
    [
        ({"nginx", "traefik"}, "ingress", ""),
        ({"traefik"}, "ingress", "the cluster has no IngressClass nginx (it has traefik)"),
        (set(), "ingress", "the cluster has no IngressClass nginx (it has none)"),
        (set(), "gateway", ""),
        (set(), "none", ""),
    ],
)
def test_somebody_has_to_see_to_ingresses(classes, expose, expected):
    found = preparation.without_ingress(wanted(expose=expose, ingress_dns="metal.example.org"), classes)
    assert expected in "".join(found) and bool(found) is bool(expected)


@pytest.mark.parametrize(
    ("wanted_class", "classes", "expected"),
    [
        ("", [storage_class("a", DEFAULT)], ""),
        ("", [storage_class("a")], "the cluster has no default StorageClass"),
        ("", [], "the cluster has no default StorageClass"),
        ("", [storage_class("a", DEFAULT), storage_class("b", DEFAULT)], "several default StorageClasses (a, b)"),
        ("b", [storage_class("a", DEFAULT), storage_class("b", DEFAULT)], ""),
        ("a", [storage_class("a")], ""),
        ("a", [storage_class("b", DEFAULT)], "the cluster has no StorageClass a (there are b)"),
        ("a", [], "the cluster has no StorageClass a (there is none)"),
    ],
)
def test_volumes_need_a_storage_class(wanted_class, classes, expected):
    found = preparation.without_class(wanted(storage_class=wanted_class), classes)
    assert expected in "".join(found) and bool(found) is bool(expected)
