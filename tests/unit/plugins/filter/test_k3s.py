"""Hosts that were not found are known all the same."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.filter import k3s

NAMES = {"server1": "node1", "server2": ""}


def test_a_host_that_was_not_found_is_named_after_its_node() -> None:
    [refusal] = k3s.k3s_plan([], ["server1", "server2", "server3"], [], NAMES)["refusals"]
    assert refusal.startswith("node1, server2, server3 did not answer")


@pytest.mark.parametrize("name", ["server1", "node1"])
def test_such_a_host_leaves_by_either_name(name: str) -> None:
    [refusal, *_others] = k3s.k3s_departure([], ["server1"], [], [name], True, names=NAMES)["refusals"]
    assert refusal.startswith("no server would be left")
