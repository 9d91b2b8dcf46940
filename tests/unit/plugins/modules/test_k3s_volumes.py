"""What a node that is gone has left goes, and nothing of one that may run yet."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import holding
from ansible_collections.metalstack.autonomous.plugins.modules import k3s_volumes

CLAIMS = ["metal/db-db-0"]


class Failed(Exception):
    """The module's error."""


class Module:
    """What the functions use of AnsibleModule."""

    def __init__(self, check_mode: bool = False):
        self.params = {"node": "server1", "volumes": ["pvc-1", "pvc-2"], "claims": CLAIMS, "held": ["metal/db"]}
        self.check_mode = check_mode

    def fail_json(self, msg: str):
        raise Failed(msg)


@pytest.fixture
def gone(monkeypatch) -> list[str]:
    """Return what is deleted of a cluster with one volume and two pods of the node."""
    deleted: list[str] = []
    monkeypatch.setattr(k3s_volumes.release, "exists", lambda name: name == "pvc-1")
    monkeypatch.setattr(k3s_volumes.release, "release", lambda name, node: deleted.append(name))
    monkeypatch.setattr(k3s_volumes.release, "pods_of", lambda node: ["dns/coredns", "metal/db-0"])
    monkeypatch.setattr(k3s_volumes.release, "drop", deleted.append)
    monkeypatch.setattr(k3s_volumes.objects, "api", lambda seconds: None)

    def withhold(server, names, claims, node, dry):
        assert (claims, node) == (CLAIMS, "server1")
        deleted.extend(f"hold {name}" for name in names if not dry)
        names = [f"StatefulSet/{name}" for name in names]
        return holding.Outcome(dict.fromkeys(names, 1), dict.fromkeys(names, 0), [], names, [])

    monkeypatch.setattr(k3s_volumes.holding, "withhold", withhold)
    return deleted


@pytest.mark.parametrize("known", [None, {"metadata": {"name": "server1"}}])
def test_check_mode_tells_what_would_go_of_a_node_that_is_known_yet(monkeypatch, gone, known):
    monkeypatch.setattr(k3s_volumes.registry, "node", lambda name: known)
    result = k3s_volumes.released(Module(check_mode=True))
    assert (result["changed"], result["released"], result["pods"]) == (True, ["pvc-1"], ["dns/coredns", "metal/db-0"])
    assert result["held"] == ["StatefulSet/metal/db"]
    assert gone == []


def test_what_must_not_begin_empty_is_held_before_its_volume_goes_and_that_before_the_pods_that_are_left(
    monkeypatch, gone
):
    monkeypatch.setattr(k3s_volumes.registry, "node", lambda name: None)
    assert k3s_volumes.released(Module())["changed"]
    assert gone == ["hold metal/db", "pvc-1", "dns/coredns", "metal/db-0"]


def test_nothing_is_held_once_no_volume_is_left_to_go(monkeypatch, gone):
    monkeypatch.setattr(k3s_volumes.registry, "node", lambda name: None)
    monkeypatch.setattr(k3s_volumes.release, "exists", lambda name: False)
    assert k3s_volumes.released(Module())["held"] == []
    assert gone == ["dns/coredns", "metal/db-0"]


def test_nothing_of_a_node_goes_that_the_cluster_knows(monkeypatch, gone):
    monkeypatch.setattr(k3s_volumes.registry, "node", lambda name: {"metadata": {"name": name}})
    with pytest.raises(Failed, match="server1: the cluster knows this node"):
        k3s_volumes.released(Module())
    assert gone == []
