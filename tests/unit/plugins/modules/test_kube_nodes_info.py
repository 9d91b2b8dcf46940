"""What is told of the nodes of a cluster."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s.client import Unreachable
from ansible_collections.metalstack.autonomous.plugins.modules import kube_nodes_info


def node(name: str, ready: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "status": {"conditions": [{"type": "Ready", "status": ready}]}}


class Cluster:
    def __init__(self, kubeconfig: str, _context: str) -> None:
        self.kubeconfig = kubeconfig

    def json(self, path: str, what: str) -> Any:
        if self.kubeconfig == "/gone":
            raise Unreachable(f"the cluster gives no answer to {what}")
        there = {
            "/version": {"gitVersion": "v1.35.4"},
            "/api/v1/nodes": {"items": [node("b", "True"), node("a", "False")]},
        }
        return there[path]


@pytest.fixture(autouse=True)
def cluster(monkeypatch):
    monkeypatch.setattr(kube_nodes_info, "Cluster", Cluster)


def test_those_that_are_ready_are_told_apart(answer):
    found = answer(kube_nodes_info, kubeconfig="/there")
    assert (found["version"], found["ready"]) == ("v1.35.4", ["b"])
    assert [one["name"] for one in found["nodes"]] == ["a", "b"]


def test_one_that_gives_no_answer_is_no_cluster_without_nodes(answer):
    assert "gives no answer to read its version" in answer(kube_nodes_info, kubeconfig="/gone")["msg"]
