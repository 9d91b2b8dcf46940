"""Servers in three locations: taken if they are near enough to each other, which is measured."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from cluster import Cluster, lab
from playbook import Run, play, said


def judged(**site: object) -> Run:
    """Judge the site as if each of its servers were in a location of its own."""
    return play("validate", "-e", json.dumps({"site_location": "{{ inventory_hostname }}", **site}))


@pytest.fixture
def apart(cluster: Cluster) -> Iterator[str]:
    """Cut the last server off from the others, but not from the controller."""
    lab("partition", ",".join(cluster.servers[:-1]), cluster.servers[-1])
    yield cluster.servers[-1]
    lab("heal")


def test_three_locations_near_to_each_other_are_taken() -> None:
    assert " ms" in said(judged().succeeded())


def test_locations_too_far_from_each_other_are_refused() -> None:
    """No host of a lab is far, so nothing is near enough here."""
    refused = judged(site_round_trip_limit=-1)
    assert refused.returncode != 0 and refused.changed() == 0
    assert "V59" in refused.output and "a round trip of -1 ms at most" in said(refused)


def test_locations_that_do_not_reach_each_other_are_refused(apart: str) -> None:
    refused = judged()
    assert refused.returncode != 0 and refused.changed() == 0
    assert "V59" in refused.output and f"{apart}: no answer at 2380/TCP" in said(refused)


def test_two_locations_are_refused_unless_that_is_accepted() -> None:
    """Whichever of them has the majority is one that the site can't lose."""
    stretched = {"site_location": "{{ 'here' if inventory_hostname == groups.k3s_servers | first else 'there' }}"}
    refused = judged(**stretched)
    assert refused.returncode != 0 and refused.changed() == 0
    assert "V07" in refused.output and "losing there would lose it" in said(refused)
    judged(**stretched, site_allow_stretched=True).succeeded()
