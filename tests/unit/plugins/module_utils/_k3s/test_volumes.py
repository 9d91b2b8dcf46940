"""Persistent volumes on the disk of a node."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import volumes

PATH = "/var/lib/k3s-local-storage"
RAW = {
    "metadata": {"name": "pvc-1"},
    "spec": {
        "claimRef": {"namespace": "db", "name": "one"},
        "hostPath": {"path": f"{PATH}/pvc-1_db_one", "type": "DirectoryOrCreate"},
        "nodeAffinity": {
            "required": {
                "nodeSelectorTerms": [
                    {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": ["server2"]}]}
                ]
            }
        },
    },
}
VOLUME = {"name": "pvc-1", "claim": "db/one", "path": f"{PATH}/pvc-1_db_one", "node": "server2"}


def test_a_volume_of_a_node() -> None:
    assert volumes.parse(RAW) == VOLUME


def test_a_volume_of_the_local_kind() -> None:
    spec = {**RAW["spec"], "local": RAW["spec"]["hostPath"]}
    del spec["hostPath"]
    assert volumes.parse({**RAW, "spec": spec}) == VOLUME


def test_a_volume_of_no_node() -> None:
    assert volumes.parse({"metadata": {"name": "nfs"}, "spec": {"nfs": {"path": "/a"}}}) == {
        "name": "nfs",
        "claim": "",
        "path": "",
        "node": "",
    }


@pytest.mark.parametrize(
    ("volume", "directories", "lost"),
    [
        ({}, [], ["db/one"]),
        ({"claim": ""}, [], ["pvc-1"]),
        ({}, ["pvc-1_db_one"], []),
        ({"node": "server3"}, [], []),
        ({"path": "/elsewhere/pvc-1_db_one"}, [], []),
    ],
)
def test_lost_is_what_lay_there_and_is_gone(volume: dict, directories: list[str], lost: list[str]) -> None:
    storage = {"path": PATH, "directories": directories}
    assert volumes.lost([{**VOLUME, **volume}], "server2", storage) == lost
