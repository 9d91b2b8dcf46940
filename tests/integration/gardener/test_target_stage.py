"""The second stage on a target: with what is handed on, and nothing of the initial stage."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import playing
import pytest
from controllers import Controllers
from garden import Garden
from target_site import Site, described
from upstream import Upstream

STACK = "metal_stack_control_plane_"
# The target itself says these.
KNOWN = ("kubeconfig", "node_network", "pod_network", "service_network")


@pytest.fixture
def site(garden: Garden, tmp_path: Path, names: Iterator[str]) -> Iterator[Site]:
    """A target that stands, in whose cluster workloads run."""
    made = Site(tmp_path, garden, next(names), {"stack": described("stack", "metal_stack")})
    controllers = None
    try:
        made.play()
        cluster = made.gardenlet.clusters["stack"]
        cluster.define_gateways()
        cluster.define_storage_class()
        controllers = Controllers(cluster)
        yield made
    finally:
        if controllers:
            controllers.stop()
        made.stop()


def stage(directory: Path, upstream: Upstream, name: str, **more: Any) -> dict[str, Any]:
    """What an inventory says of a stage, by the names of the role's variables."""
    nowhere: Any = SimpleNamespace(kubeconfig="/nowhere")
    return playing.Stage(directory, nowhere, upstream, name=name, more=more).described()


def test_metal_stack_is_deployed_on_the_shoot_that_carries_it(site: Site, tmp_path: Path) -> None:
    upstream = Upstream(tmp_path / "upstream")
    initial = stage(
        tmp_path, upstream, "initial", namespace="of-the-initial-stage", gateway_dns="metal.one.example.org"
    )
    second = stage(tmp_path, upstream, "prod", gateway_dns="metal.two.example.org")
    given = {name.removeprefix(STACK): value for name, value in second.items()}
    site.besides = {**initial, "site_target_metal_stack": {key: given[key] for key in given if key not in KNOWN}}
    assert site.play().changed > 0
    spaces = {one["metadata"]["name"] for one in site.asked("stack", "/api/v1/namespaces")["items"]}
    assert playing.NAMESPACE in spaces and "of-the-initial-stage" not in spaces
    sets = site.asked("stack", f"/apis/apps/v1/namespaces/{playing.NAMESPACE}/statefulsets")["items"]
    assert [one["metadata"]["name"] for one in sets] == ["nsqd"]
    info = site.asked("stack", "/api/v1/namespaces/kube-system/configmaps/shoot-info")["data"]
    assert (info["podNetwork"], info["serviceNetwork"]) == ("10.1.0.0/16", "10.2.0.0/16")
    assert site.play().changed == 0
