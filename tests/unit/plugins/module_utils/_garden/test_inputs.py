"""What is wrong with a description, whatever the cluster is like."""

from __future__ import annotations

from typing import Any

import gardens
import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._garden import inputs, manifests, ranges, required

OTHER = {"name": "target", "domains": [], "networks": []}


def test_a_whole_description_has_no_mistake():
    assert inputs.mistakes(gardens.given(), ["dns", "backup"]) == []


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"name": "A b"}, "expected small letters"),
        ({"ingress_domains": ["a.example.org", "a.example.org"]}, "has a.example.org twice"),
        ({"virtual_domains": ["runtime.example.org"]}, "is of both garden.ingress_domains and garden.virtual_domains"),
        ({"virtual_domains": ["localhost"]}, "expected a domain"),
        ({"seed_api_url": "https://192.0.2.1:6443"}, "expected https://NAME:PORT"),
        ({"seed_api_url": "http://api.example.org"}, "expected https://NAME:PORT"),
        ({"seed_api_url": ""}, "garden.seed_api_url is missing"),
        ({"maintenance": {"end": "25:00"}}, "garden.maintenance.end is '25:00'"),
        ({"others": [{**OTHER, "cluster_identity": "initial"}]}, "the same cluster_identity initial"),
        ({"others": [{**OTHER, "bucket": "bucket"}]}, "write over the other's backups"),
        ({"others": [{**OTHER, "domains": ["garden.example.org"]}]}, "has the same domains: garden.example.org"),
        ({"others": [{**OTHER, "networks": ["10.252.0.0/20"]}]}, "networks of garden.others target 10.252.0.0/20"),
        ({"spec": {"runtimeCluster": {"networking": {"pods": []}}}}, "say garden.pods instead"),
        ({"backup": {"provider": "S3", "bucket": "b"}}, "garden.backup.secret_name is missing"),
        ({"dns": [{"type": "powerdns", "secret_name": "a"}] * 2}, "garden.dns has powerdns twice"),
        ({"extensions": [*gardens.EXTENSIONS, gardens.EXTENSIONS[0]]}, "has provider-metal twice"),
        ({"extensions": [{"name": "a", "spec": {}}]}, "has no deployment.extension or deployment.admission"),
        ({"extensions": [gardens.extension("a", extension={"helm": {}})]}, "expected ref, or repository with tag"),
    ],
)
def test_each_mistake_is_told(more: dict[str, Any], said: str):
    assert any(said in one for one in inputs.mistakes(gardens.given(**more), ["dns", "backup"]))


def test_without_a_seed_nobody_needs_its_url():
    assert inputs.mistakes(gardens.given(seed=False, seed_api_url="")) == []


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"pods": ["198.18.0.0/15"]}, "garden.pods 198.18.0.0/15 and garden.services 198.19.0.0/16 overlap"),
        ({"virtual_services": ["100.64.0.0/13"]}, "garden.taken_networks.headscale"),
        ({"virtual_services": ["10.0.0.0/16", "10.1.0.0/16"]}, "one of each family"),
        ({"nodes": ["192.0.2.0"]}, ""),
        ({"nodes": ["192.0.2.1/24"]}, "expected a network in CIDR notation"),
    ],
)
def test_networks_have_nothing_in_common(more: dict[str, Any], said: str):
    found = ranges.mistakes(gardens.given(**more))
    assert any(said in one for one in found) if said else found == []


def test_a_network_that_is_taken_elsewhere_counts_for_the_virtual_garden_alone():
    assert ranges.mistakes(gardens.given(taken_networks={"office": "192.0.2.0/24"})) == []


@pytest.mark.parametrize(
    ("left_out", "said"),
    [
        ("provider-metal", "no extension reconciles Worker of type metal"),
        ("os-metal", "no extension reconciles any OperatingSystemConfig"),
        ("networking-calico", "Network of type calico -> give one among garden.extensions, such as networking-calico"),
        ("dns-powerdns", "DNSRecord of type powerdns"),
        ("backup-s3", "BackupBucket of type S3"),
    ],
)
def test_a_required_extension_that_is_missing_is_told_unless_it_is_there(left_out: str, said: str):
    few = [one for one in gardens.EXTENSIONS if one["name"] != left_out]
    assert any(said in one for one in required.missing(gardens.given(extensions=few), []))
    there = [{"metadata": {"name": one["name"]}, "spec": one["spec"]} for one in gardens.EXTENSIONS]
    assert required.missing(gardens.given(extensions=few), there) == []


def test_what_the_garden_needs_itself_is_more_than_an_admission():
    admission = {"runtimeCluster": {"helm": {"ociRepository": {"ref": "a"}}}}
    given = gardens.given(
        extensions=[*gardens.EXTENSIONS[:3], gardens.EXTENSIONS[4],
                    gardens.extension("dns-powerdns", ("DNSRecord", "powerdns"), admission=admission)]
    )  # fmt: skip
    assert any("is not installed itself" in one for one in required.missing(given, []))


def test_domains_refer_to_the_provider_by_its_name():
    spec = manifests.spec(gardens.given(), None)
    assert spec["dns"]["providers"] == [{"name": "primary", "type": "powerdns", "secretRef": {"name": "dns"}}]
    assert spec["runtimeCluster"]["ingress"]["domains"] == [{"name": "runtime.example.org", "provider": "primary"}]
    bare = manifests.spec(gardens.given(dns=[]), None)
    assert "dns" not in bare and bare["virtualCluster"]["dns"]["domains"] == [{"name": "garden.example.org"}]


def test_whatever_else_a_garden_has_is_merged():
    more = {
        "virtualCluster": {"kubernetes": {"kubeAPIServer": {"eventTTL": "2h"}}, "gardener": {"gardenerDashboard": {}}}
    }
    virtual = manifests.spec(gardens.given(spec=more), None)["virtualCluster"]
    assert virtual["kubernetes"] == {"version": "1.35.6", "kubeAPIServer": {"eventTTL": "2h"}}
    assert virtual["gardener"] == {"clusterIdentity": "initial", "gardenerDashboard": {}}


def leaves(value: Any, *path: str) -> list[tuple[str, ...]]:
    if not isinstance(value, dict) or not value:
        return [path]
    return [one for key, below in value.items() for one in leaves(below, *path, key)]


def nested(path: tuple[str, ...], value: Any) -> Any:
    for part in reversed(path):
        value = {part: value}
    return value


FULL = gardens.given(
    region="a", zones=["z"], high_availability=True, load_balancer_annotations={"a": "b"},
    storage={"class_name": "fast", "main": "9Gi", "events": "9Gi"},
    backup={**gardens.given()["backup"], "config": {"a": "b"}},
)  # fmt: skip


@pytest.mark.parametrize("path", leaves(manifests.spec(FULL, None)), ids=".".join)
def test_nothing_that_is_made_of_options_is_said_by_spec(path: tuple[str, ...]):
    """Else it would be in the Garden, and what the option says would be checked."""
    for above in range(1, len(path) + 1):
        for value in ("x", None):
            found = inputs.mistakes(gardens.given(spec=nested(path[:above], value)))
            assert any(one.startswith(f"garden.spec has {'.'.join(path[:1])}") for one in found), found


def test_what_stands_for_all_below_is_told_by_its_name():
    found = inputs.mistakes(gardens.given(spec={"virtualCluster": {"gardener": None}}))
    assert len(found) == 1 and "has virtualCluster.gardener -> say garden.cluster_identity instead" in found[0]
