"""Which nodes of a restored cluster no host is any more, and what they leave behind."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import client, observe, stale


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Have time pass by sleeping alone."""
    found = SimpleNamespace(now=0.0)
    monkeypatch.setattr(stale.time, "monotonic", lambda: found.now)
    monkeypatch.setattr(stale.time, "sleep", lambda seconds: setattr(found, "now", found.now + seconds))
    return found


def volume(name: str, node: str, claim: str = "") -> dict[str, str]:
    return {"name": name, "node": node, "claim": claim, "path": f"/v/{name}"}


@pytest.mark.parametrize(
    ("nodes", "hosts", "expected"),
    [
        pytest.param(["server1", "server9"], ["server1"], ["server9"], id="one that was"),
        pytest.param(["server1"], ["Server1", "server2"], [], id="a host that has not entered yet, and capitals"),
        pytest.param(["agent1", "server9"], [], ["agent1", "server9"], id="none of them"),
    ],
)
def test_a_node_that_no_host_is_called_is_a_stranger(nodes: list[str], hosts: list[str], expected: list[str]) -> None:
    assert stale.strangers(nodes, hosts) == expected


def test_only_nodes_that_k3s_has_let_in_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["server1.node-password.k3s", "k3s-serving", "a.b.node-password.k3s"]
    items = [{"metadata": {"name": name}} for name in names]

    def asked(path: str, accept: str) -> dict:
        assert path == stale.SECRETS and accept.startswith("application/json;as=PartialObjectMetadataList")
        return {"items": items}

    monkeypatch.setattr(client, "api", lambda *_, **__: SimpleNamespace(json=asked))
    assert stale.registered() == ["a.b", "server1"]


def test_a_node_lives_of_which_a_kubelet_says_something(monkeypatch: pytest.MonkeyPatch, clock) -> None:
    """Whatever the snapshot says of when it was heard last: a kubelet may just be coming back."""
    beats = {"gone": itertools.repeat("t1"), "never": itertools.repeat(""), "silent": itertools.repeat(None)}
    beats["back"] = itertools.chain(itertools.repeat("t1", 15), itertools.repeat("t2"))
    monkeypatch.setattr(observe, "heartbeat", lambda node: next(beats[node]))
    assert stale.living(list(beats)) == ["back", "silent"]
    assert clock.now == stale.WATCH_SECONDS


def test_nobody_waits_where_nobody_is_watched(monkeypatch: pytest.MonkeyPatch, clock) -> None:
    monkeypatch.setattr(observe, "heartbeat", None)
    assert stale.living([]) == [] and clock.now == 0


def test_claims_are_named_by_the_node_that_they_wait_for() -> None:
    known = [
        volume("pvc-3", "server9"),
        volume("pvc-1", "server9", "metal/data-db-0"),
        volume("pvc-2", "server1", "metal/data-db-1"),
        volume("nfs", ""),
    ]
    assert stale.orphaned(known, ["server1", "server2"]) == {"server9": ["metal/data-db-0", "pvc-3"]}
    assert stale.orphaned(known, ["Server1", "server9"]) == {}
