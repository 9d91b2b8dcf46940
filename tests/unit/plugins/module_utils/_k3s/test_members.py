"""etcd's answers, as its JSON gateway gives them."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import members

STATUS = {"header": {"cluster_id": "77", "member_id": "1"}, "leader": "1", "version": "3.6.7", "dbSize": "2048"}
LIST = {
    "members": [
        {"ID": "2", "peerURLs": ["https://198.51.100.12:2380"], "isLearner": True},
        {"ID": "1", "name": "server1-0a1b2c3d", "peerURLs": ["https://198.51.100.11:2380"]},
    ]
}


def test_members_voters_and_learners() -> None:
    seen = members.parse(STATUS, LIST, {})
    assert [(entry["id"], entry["learner"], entry["started"]) for entry in seen["members"]] == [
        ("2", True, False),
        ("1", False, True),
    ]
    assert (seen["quorum"], seen["leader_id"], seen["member_id"], seen["database_bytes"]) == (True, "1", "1", 2048)


@pytest.mark.parametrize(
    ("status", "listed", "alarms"),
    [({}, None, None), (STATUS, None, None), (STATUS, LIST, None), ({**STATUS, "leader": "0"}, LIST, {})],
)
def test_no_quorum_unless_a_majority_has_answered_all(status: dict, listed: dict | None, alarms: dict | None) -> None:
    assert members.parse(status, listed, alarms)["quorum"] is False


def test_an_alarm_names_its_member() -> None:
    raised = {"alarms": [{"memberID": "1", "alarm": "NOSPACE"}, {"memberID": "9", "alarm": "CORRUPT"}]}
    assert members.parse(STATUS, LIST, raised)["alarms"] == ["CORRUPT on 9", "NOSPACE on server1-0a1b2c3d"]


@pytest.mark.parametrize(
    ("name", "address", "expected"),
    [
        ("server1", "", ["1"]),
        ("other", "198.51.100.12", ["2"]),
        ("server1", "198.51.100.12", ["2", "1"]),
        ("server", "", []),
        ("server1-0a1b2c3d", "", []),
    ],
)
def test_members_of_a_node_are_found_by_name_and_by_address(name: str, address: str, expected: list[str]) -> None:
    found = members.of_node(members.parse(STATUS, LIST, {})["members"], name, address)
    assert [member["id"] for member in found] == expected
