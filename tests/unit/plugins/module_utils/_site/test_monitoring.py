"""What a site needs for a cluster of stores, said in words that tell what is missing."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._site import offline
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._site.site_cases import (
    CLUSTER,
    CONTROLLER,
    servers,
    site,
)

PROGRAMS = {name: {"v1.112.0-cluster": ["amd64"]} for name in ("vmstorage", "vmselect", "vminsert")}
GIVEN = dataclasses.replace(CONTROLLER, checksums={**CONTROLLER.checksums, **PROGRAMS})


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, ""),
        ({"groups": {"monitoring_servers": ["server1", "server2"]}}, "cluster, with 2 of the 3 hosts or more"),
        ({"site_victoria_metrics_version": "v1.113.0-cluster"}, "no artifact with a checksum for vmstorage"),
        ({"site_victoria_metrics_version": "v1.112.0"}, ""),
    ],
)
def test_a_cluster_has_what_it_takes(changed: dict[str, t.Any], said: str) -> None:
    found = [one for one in offline.check(site(**CLUSTER, **changed), GIVEN) if one.id == "V64"]
    assert (said in found[0].value) if said else not found


def test_a_cluster_is_in_one_location() -> None:
    where = {
        name: {**own, "site_location": place}
        for (name, own), place in zip(servers("a", "b", "c").items(), "xyz", strict=True)
    }
    (found,) = offline.check(site(where, **CLUSTER), GIVEN)
    assert found.id == "V64" and "hosts in the locations x, y, z" in found.value
    assert offline.check(site(where, **{**CLUSTER, "site_monitoring_mode": "auto"}), GIVEN) == []
