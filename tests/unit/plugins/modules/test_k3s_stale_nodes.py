"""Nodes that no host is any more are forgotten; what lives stays, and so do volumes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.modules import k3s_stale_nodes

Answer = Callable[..., dict[str, Any]]
HOSTS = ["server1", "server2"]


@pytest.fixture
def forgotten(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what is forgotten of a cluster that remembers two nodes too many, one of which lives."""
    found: list[str] = []
    lying = [{"name": f"pvc-{node}", "node": node, "claim": f"metal/{node}", "path": "/v"}
             for node in ("server1", "server9", "agent9", "agent8")]  # fmt: skip
    monkeypatch.setattr(k3s_stale_nodes.stale, "registered", lambda: ["agent9", "server1", "server9"])
    monkeypatch.setattr(k3s_stale_nodes.stale, "living", lambda nodes: [one for one in nodes if one == "agent9"])
    monkeypatch.setattr(k3s_stale_nodes.stale, "forget", lambda node, _seconds: found.append(node))
    monkeypatch.setattr(k3s_stale_nodes.observe, "volumes", lambda: lying)
    return found


@pytest.mark.parametrize("check", [False, True])
def test_what_does_not_live_is_forgotten_and_its_volumes_are_told(
    answer: Answer, forgotten: list[str], check: bool
) -> None:
    result = answer(k3s_stale_nodes, hosts=HOSTS, _ansible_check_mode=check)
    assert result["changed"] and result["forgotten"] == ["server9"] and result["living"] == ["agent9"]
    # One that an interrupted run has forgotten is told of, too.
    assert result["orphaned"] == {"agent8": ["metal/agent8"], "server9": ["metal/server9"]}
    assert forgotten == ([] if check else ["server9"])


def test_a_second_run_changes_nothing(answer: Answer, forgotten: list[str]) -> None:
    result = answer(k3s_stale_nodes, hosts=[*HOSTS, "server9"])
    assert not result["changed"] and result["forgotten"] == [] and forgotten == []


def test_nothing_is_forgotten_whose_volumes_cannot_be_told(
    answer: Answer, forgotten: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(k3s_stale_nodes.observe, "volumes", lambda: None)
    result = answer(k3s_stale_nodes, hosts=HOSTS)
    assert result["failed"] and "does not tell which volumes" in result["msg"] and forgotten == []
