from __future__ import annotations

from pathlib import Path

import pytest

from lab.k3s.standin import etcd
from lab.k3s.standin.errors import Refusal
from lab.k3s.standin.etcd import Member
from lab.k3s.standin.paths import Paths

FIRST = Member("1", "server1-0a0b0c0d", "https://198.51.100.11:2380", False)
SECOND = Member("2", "my-server2-0a0b0c0d", "https://198.51.100.12:2380", True)
UNSTARTED = Member("3", "", "https://198.51.100.13:2380", True)


def test_an_answer_becomes_a_member() -> None:
    answer = {"ID": "2", "name": SECOND.name, "peerURLs": [SECOND.peer], "isLearner": True}
    assert Member.of(answer) == SECOND
    assert (SECOND.node, SECOND.address) == ("my-server2", "198.51.100.12")


def test_a_joiner_names_every_started_member_and_itself() -> None:
    initial = etcd.joining("server3-1", "198.51.100.13", [FIRST, SECOND, UNSTARTED])
    assert initial["initial-cluster"] == (
        "server1-0a0b0c0d=https://198.51.100.11:2380,my-server2-0a0b0c0d=https://198.51.100.12:2380,"
        "server3-1=https://198.51.100.13:2380"
    )
    assert initial["initial-cluster-state"] == "existing"


@pytest.mark.parametrize(
    ("name", "address", "member"),
    [
        ("server1-0a0b0c0d", "198.51.100.11", True),
        ("server3-1", "198.51.100.13", True),
        ("server1-0a0b0c0d", "198.51.100.14", False),
        ("other", "198.51.100.11", False),
    ],
)
def test_a_member_is_known_by_name_and_address(name: str, address: str, member: bool) -> None:
    assert etcd.is_member([FIRST, UNSTARTED], name, address) is member


def test_a_node_with_an_older_member_may_not_join() -> None:
    etcd.refuse_duplicate([FIRST], "server1", FIRST.name)
    etcd.refuse_duplicate([FIRST, UNSTARTED], "server2", "server2-1")
    with pytest.raises(Refusal, match="duplicate node name found, please use a unique name for this node"):
        etcd.refuse_duplicate([FIRST], "server1", "server1-ffffffff")


def test_a_members_name_is_chosen_once(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    name = etcd.member_name(paths, "server1")
    assert name.startswith("server1-")
    assert etcd.member_name(paths, "server1") == name


def test_a_reset_member_is_named_anew_and_out_of_reach(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    before = etcd.member_name(paths, "server1")
    name = etcd.rename_member(paths, "server1")
    assert name != before
    assert etcd.member_name(paths, "server1") == name
    options = etcd.arguments(paths, name, "198.51.100.11", etcd.resetting(name, "198.51.100.11"), True)
    assert options["force-new-cluster"] == "true"
    assert not [key for key, value in options.items() if "listen" in key and "198.51.100.11" in value]


class Elsewhere:
    def __init__(self, cluster: str, *members: Member) -> None:
        self._answer = cluster, list(members)

    def members(self) -> tuple[str, list[Member]]:
        if not self._answer[0]:
            raise OSError("context deadline exceeded")
        return self._answer


def test_a_joiner_goes_by_the_members_of_the_cluster_that_it_joins() -> None:
    silent, old, right = Elsewhere(""), Elsewhere("1", SECOND), Elsewhere("2", FIRST)
    assert etcd.answering([silent, old, right], "2") == (right, [FIRST])  # type: ignore[list-item]
    assert etcd.answering([silent, old], "2") is None  # type: ignore[list-item]
