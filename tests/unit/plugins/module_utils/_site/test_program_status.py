"""Versions of the programs beside k3s: what hosts and cluster say of them, and what is wanted."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._site import program_status
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._site.site_cases import (
    ADDRESSES,
    NEITHER_NAMES_NOR_TIME,
    site,
)

IMAGE = "docker.io/grafana/grafana:12.4.3"
CLUSTER = "v1.112.0-cluster"


def grafana(*servers: str, image: str = IMAGE) -> dict[str, t.Any]:
    """What k3s_objects_info says of Grafana's Deployment on these servers."""
    pod = {"containers": [{"name": "grafana", "image": image}]}
    return {server: {"objects": [{"spec": {"template": {"spec": pod}}}]} for server in servers}


def kube_vip(**versions: list[str]) -> dict[str, t.Any]:
    """What k3s_info says of kube-vip."""
    return {host: {"programs": {"kube-vip": found} if found else {}} for host, found in versions.items()}


def row(name: str, found: list[program_status.Row]) -> program_status.Row:
    [one] = [each for each in found if each["program"] == name]
    return one


@pytest.mark.parametrize(
    ("found", "behind", "newer"),
    [
        ({"server1": ["v1.2.2"], "server2": ["v1.2.2"]}, [], []),
        ({"server1": ["v1.2.2"], "server2": ["v1.2.1"]}, ["server2"], []),
        # One that is linked and does not run yet.
        ({"server1": ["v1.2.1", "v1.2.2"], "server2": []}, ["server1", "server2"], []),
        ({"server1": ["v1.3.0"], "server2": ["v1.2.10"]}, [], ["server1", "server2"]),
    ],
    ids=["the same", "an older one", "half-way and none", "newer ones"],
)
def test_hosts_whose_version_is_not_the_one_that_is_wanted_are_named(
    found: dict[str, list[str]], behind: list[str], newer: list[str]
) -> None:
    said = row("kube-vip", program_status.describe(site(), kube_vip(**found), {}, {}, {}))
    assert said == {"program": "kube-vip", "wanted": "v1.2.2", "places": found, "behind": behind, "newer": newer}


@pytest.mark.parametrize(
    ("stores", "wanted", "places"),
    [
        ({"victoria-metrics": ["1.112.0+ds1-2"]}, "", ["1.112.0+ds1-2"]),
        ({name: [CLUSTER] for name in ("vmstorage", "vmselect", "vminsert")}, CLUSTER, [CLUSTER]),
        ({"vmstorage": ["v1.111.0-cluster"], "vminsert": [CLUSTER]}, CLUSTER, ["v1.111.0-cluster", CLUSTER]),
    ],
    ids=["Debian's", "a cluster's", "a cluster's, half-way"],
)
def test_a_store_of_debian_has_the_version_that_debian_has(
    stores: dict[str, list[str]], wanted: str, places: list[str]
) -> None:
    said = row("VictoriaMetrics", program_status.describe(site(), {}, {}, {"server1": {"stores": stores}}, {}))
    assert (said["wanted"], said["places"]) == (wanted, {"server1": places})
    assert said["behind"] == (["server1"] if len(places) > 1 else [])


def test_a_host_that_does_not_serve_names_any_more_has_no_version_of_powerdns() -> None:
    found = {host: {"server": {"version": f"4.9.{number}"}} for number, host in enumerate(ADDRESSES)}
    said = row("PowerDNS", program_status.describe(site(), {}, {**found, "old": {"server": {"version": "4"}}}, {}, {}))
    assert said["places"] == {"server1": ["4.9.0"], "server2": ["4.9.1"], "server3": ["4.9.2"]}
    assert (said["wanted"], said["behind"], said["newer"]) == ("", [], [])


@pytest.mark.parametrize(
    ("found", "places", "behind"),
    [
        (grafana("server1", "server2"), {"the cluster": ["12.4.3"]}, []),
        (grafana("server2", image=IMAGE.replace("12.4.3", "12.3.9")), {"the cluster": ["12.3.9"]}, ["the cluster"]),
        ({"server1": {"objects": []}}, {"the cluster": []}, ["the cluster"]),
        ({}, {}, []),
    ],
    ids=["the same", "an older one", "none", "no answer"],
)
def test_the_cluster_says_which_grafana_it_runs(
    found: dict[str, t.Any], places: dict[str, list[str]], behind: list[str]
) -> None:
    said = row("Grafana", program_status.describe(site(site_grafana=True), {}, {}, {}, found))
    assert (said["wanted"], said["places"], said["behind"]) == ("12.4.3", places, behind)


def test_what_a_site_neither_wants_nor_has_is_no_row() -> None:
    bare = site(**NEITHER_NAMES_NOR_TIME, site_api_vip=None, site_load_balancer_range=None)
    assert program_status.describe(bare, kube_vip(server1=[]), {}, {}, {}) == []
    # What it has all the same is one.
    left = program_status.describe(bare, kube_vip(server1=["v1.2.2"]), {}, {}, {})
    assert [(one["program"], one["wanted"], one["behind"], one["newer"]) for one in left] == [("kube-vip", "", [], [])]


@pytest.mark.parametrize(
    ("image", "tag"),
    [
        (IMAGE, "12.4.3"),
        ("registry.example.net:5000/grafana:12.4.3@sha256:0f", "12.4.3"),
        ("registry.example.net:5000/grafana@sha256:0f", "sha256:0f"),
        ("", ""),
    ],
)
def test_an_image_is_known_by_its_tag_or_else_by_its_digest(image: str, tag: str) -> None:
    assert program_status.tag(image) == tag
