from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

FILE = Path(__file__).resolve().parents[3] / "roles/k3s_cluster/files/hand_over_etcd.py"
spec = importlib.util.spec_from_file_location("hand_over_etcd", FILE)
assert spec and spec.loader
hand_over_etcd = importlib.util.module_from_spec(spec)
spec.loader.exec_module(hand_over_etcd)

US = {"ID": "1", "name": "server1"}
VOTER = {"ID": "2", "name": "server2"}
LEARNER = {"ID": "3", "name": "server3", "isLearner": True}
NEVER_STARTED = {"ID": "4"}


@pytest.mark.parametrize(
    ("leader", "members", "expected"),
    [
        ("1", [US, VOTER], ["2"]),
        ("1", [US, LEARNER, NEVER_STARTED, VOTER], ["2"]),
        ("1", [US], []),
        ("2", [US, VOTER], []),
        (None, [US, VOTER], []),
    ],
)
def test_only_a_leader_hands_over_and_only_to_started_voters(
    leader: str | None, members: list[dict[str, object]], expected: list[str]
) -> None:
    status = {"header": {"member_id": "1"}} | ({"leader": leader} if leader else {})
    assert [member["ID"] for member in hand_over_etcd.successors(status, {"members": members})] == expected


def led(term: str, leader: str = "1") -> dict[str, object]:
    return {"header": {"member_id": "1", "raft_term": term}, "leader": leader}


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ([led("7")], [False]),
        ([led("7"), led("7"), led("7")], [False, True, True]),
        ([led("7"), led("8", leader="2"), led("9")], [False, False, False]),
        ([led("7"), led("9")], [False, False]),
        ([led("8", leader="2"), led("8", leader="2")], [False, False]),
    ],
    ids=["at first", "as before", "given back", "given back between two calls", "another one leads"],
)
def test_a_leadership_has_settled_once_it_was_there_before(
    seen: list[dict[str, object]], expected: list[bool], tmp_path: Path
) -> None:
    """A server that hands over as it stops answers for seconds yet, and must not be given it back."""
    assert [hand_over_etcd.settled(status, tmp_path / "led") for status in seen] == expected
