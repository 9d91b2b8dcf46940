"""What is chosen once."""

from __future__ import annotations

from typing import Any

import gardens
import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._garden import day_one, manifests


def changed(**more: Any) -> list[str]:
    return day_one.changed(manifests.spec(gardens.given(**more), None), gardens.live())


def test_all_that_is_mandatory_is_demanded_at_once_with_its_reason():
    lists = ("ingress_domains", "virtual_domains", "nodes", "pods", "services", "virtual_services")
    found = day_one.missing(gardens.given(cluster_identity="", backup={}, **{name: [] for name in lists}))
    assert [one.split()[0].removeprefix("garden.") for one in found] == [one.option for one in day_one.MANDATORY]
    assert all(" is missing, and " in one and " -> choose it now" in one for one in found)
    assert day_one.missing(gardens.given()) == []


@pytest.mark.parametrize(
    ("more", "option"),
    [
        ({"cluster_identity": "b"}, "cluster_identity"),
        ({"ingress_domains": ["b.example.org", "runtime.example.org"]}, "ingress_domains"),
        ({"virtual_domains": ["b.example.org"]}, "virtual_domains"),
        ({"nodes": []}, "nodes"),
        ({"pods": ["198.17.0.0/16", "198.18.0.0/16"]}, "pods"),
        ({"services": ["198.19.0.0/17"]}, "services"),
        ({"virtual_services": ["10.253.0.0/16"]}, "virtual_services"),
        ({"backup": {}}, "backup.provider"),
    ],
)
def test_what_differs_from_the_garden_that_is_there_is_told(more: dict[str, Any], option: str):
    assert changed(**more)[0].startswith(f"garden.{option} is ")


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"ingress_domains": ["runtime.example.org", "b.example.org"]},
        {"nodes": ["192.0.2.0/24", "203.0.113.0/24"]},
        {"high_availability": True},
        {"kubernetes_version": "1.35.7"},
    ],
)
def test_what_may_be_added_is_no_change(more: dict[str, Any]):
    assert changed(**more) == []


def test_availability_and_the_discovery_server_are_never_taken_back():
    server = {"virtualCluster": {"gardener": {"gardenerDiscoveryServer": {"domain": {"name": "a.example.org"}}}}}
    there = gardens.live(gardens.given(high_availability=True, spec=server))
    found = day_one.changed(manifests.spec(gardens.given(), None), there)
    assert [one.split()[0] for one in found] == [
        "garden.high_availability", "garden.spec.virtualCluster.gardener.gardenerDiscoveryServer",
    ]  # fmt: skip


def test_a_bucket_without_a_name_has_that_of_the_uid_and_stays_without():
    there = gardens.live()
    del there["spec"]["virtualCluster"]["etcd"]["main"]["backup"]["bucketName"]
    backup = {**gardens.given()["backup"], "bucket": "garden-u1"}
    made = manifests.spec(gardens.given(backup=backup), there)
    assert "bucketName" not in made["virtualCluster"]["etcd"]["main"]["backup"]
    assert manifests.spec(gardens.given(backup=backup), None)["virtualCluster"]["etcd"]["main"]["backup"]["bucketName"]


def without(garden: dict[str, Any], field: str) -> dict[str, Any]:
    del garden["spec"]["virtualCluster"]["etcd"]["main"]["backup"][field]
    return garden


@pytest.mark.parametrize(
    ("left_out", "wanted", "there"),
    [
        ("bucketName", {"bucket": "another"}, "garden.backup.bucket is another, and Garden garden has garden-u1"),
        ("bucketName", {"bucket": "garden-u1"}, ""),
        ("region", {"region": "b"}, "garden.backup.region is b, and Garden garden has a"),
        ("region", {"region": "a"}, ""),
        ("region", {"region": ""}, ""),
    ],
)
def test_what_a_garden_leaves_out_of_its_backup_is_what_gardener_takes_for_it(left_out, wanted, there):
    """The bucket is called after the UID, and is in the region of the provider."""
    garden = without(gardens.live(gardens.given(region="a")), left_out)
    given = gardens.given(region="a", backup={**gardens.given()["backup"], **wanted})
    found = day_one.changed(manifests.spec(given, garden), garden)
    assert [one.partition(", which")[0] for one in found] == ([there] if there else [])


def test_a_garden_without_any_region_is_given_none_afterwards():
    garden = without(gardens.live(), "region")
    found = day_one.changed(manifests.spec(gardens.given(), garden), garden)
    assert [one.partition(", which")[0] for one in found] == ["garden.backup.region is a, and Garden garden has none"]


def test_a_garden_without_backups_may_be_given_some():
    garden = gardens.live()
    del garden["spec"]["virtualCluster"]["etcd"]["main"]["backup"]
    assert day_one.changed(manifests.spec(gardens.given(), garden), garden) == []
    assert day_one.bucket(garden) == "" and day_one.bucket(gardens.live()) == "bucket"
