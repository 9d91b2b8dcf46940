"""Which server goes on alone after the quorum was lost, and when none does."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import layout, survivor
from found import THREE, address, changed, host, live, stopped, unseen


def having(name: str, **seen) -> dict:
    """A server with data that has no quorum."""
    return changed(stopped(name), datastore_bytes=40 << 20, datastore_written=1_700_000_000, **seen)


def waiting(name: str) -> dict:
    """The same, its k3s running in vain; it still lists the members that are gone."""
    found = having(name, unit={"state": "activating"})
    found["seen"]["etcd"]["members"] = [
        {"id": each, "name": each, "addresses": [address(each)], "learner": False, "started": True} for each in THREE
    ]
    return found


def reset(name: str, *entered: str) -> dict:
    """A server that an interrupted run has left alive, with those that have entered since."""
    return changed(live(name, [name, *entered]), reset_begun=True)


def crowded(name: str, **seen) -> dict:
    found = having(name, **seen)
    found["seen"]["system"]["free_bytes"][layout.DATA_DIR] = 200 << 20
    return found


CHOICES = {
    "the others come with empty disks": (
        [waiting("server1"), host("server2"), host("server3")], "", "server1", [2, 3], [],
    ),
    "its k3s is down": ([having("server1"), host("server2"), host("server3")], "", "server1", [2, 3], []),
    "it need not be the first": ([host("server1"), host("server2"), waiting("server3")], "", "server3", [1, 2], []),
    "the others come with their old disks, and one was named": (
        [waiting("server1"), having("server2"), having("server3")], "server1", "server1", [2, 3], [2, 3],
    ),
    "one with its old disk, one without": (
        [having("server1"), waiting("server2"), host("server3")], "server2", "server2", [1, 3], [1],
    ),
    "a member that was removed has nothing to give up": (
        [waiting("server1"), changed(stopped("server2"), datastore="removed"), host("server3")],
        "", "server1", [2, 3], [],
    ),
    "a run was cut off after the reset, before the start": (
        [having("server1", reset_begun=True), host("server2"), host("server3")], "", "server1", [2, 3], [],
    ),
    "a run was cut off, and the copy that it made has filled the disk": (
        [crowded("server1", reset_begun=True), host("server2"), host("server3")], "", "server1", [2, 3], [],
    ),
}  # fmt: skip

RESUMED = {
    "it lives alone": ([reset("server1"), host("server2"), host("server3")], "", [2, 3], []),
    "it lives alone beside old disks": ([reset("server1"), having("server2"), host("server3")], "", [2, 3], [2]),
    "one has entered": (
        [reset("server1", "server2"), live("server2", ["server1", "server2"]), having("server3")], "", [3], [3],
    ),
    "one enters just now": ([reset("server1", "server2"), host("server2"), host("server3")], "server1", [3], []),
    "all have entered": ([reset("server1", "server2", "server3"), *(live(n, THREE) for n in THREE[1:])], "", [], []),
}  # fmt: skip

REFUSALS = {
    "nobody has data": ([host(name) for name in THREE], "", "no server has data of etcd"),
    "several have, and none was named": (
        [waiting("server1"), having("server2"), host("server3")], "",
        "2 servers have data: server1 (40 MiB, last written 2023-11-14 22:13:20 UTC); server2",
    ),
    "the named one has none": ([waiting("server1"), host("server2"), host("server3")], "server2", "found: none"),
    "the named one has SQLite": (
        [waiting("server1"), changed(host("server2"), datastore="sqlite"), host("server3")], "server2",
        "found: sqlite) -> name one that has: server1",
    ),
    "the named one is no server": ([waiting("server1"), *map(host, THREE[1:])], "other", "restore_survivor is other"),
    "the survivor does not answer": (
        [unseen("server1"), host("server2"), host("server3")], "", "server1 did not answer",
    ),
    "another does not answer": (
        [waiting("server1"), unseen("server2"), unseen("server3")], "", "server2, server3 did not answer",
    ),
    "the quorum lives": ([live(name, THREE) for name in THREE], "", "Kubernetes lives on server1, server2, server3"),
    "a majority lives": (
        [live("server1", THREE), live("server2", THREE), host("server3")], "server1", "the quorum is not lost",
    ),
    "one that was reset is not the named one": (
        [reset("server1"), having("server2"), host("server3")], "server2", "Kubernetes lives on server1",
    ),
    "the gate keeps its data from starting": (
        [waiting("server2"), host("server1"), host("server3")], "", "server2: restored elsewhere",
    ),
    "no room for the copy": ([crowded("server1"), host("server2"), host("server3")], "", "200 MiB free"),
    "a single server": ([waiting("server1")], "", "is its own majority"),
}  # fmt: skip


def named(numbers: list[int]) -> list[str]:
    return [f"server{number}" for number in numbers]


@pytest.mark.parametrize(("hosts", "wanted", "chosen", "fence", "leave"), CHOICES.values(), ids=CHOICES)
def test_one_goes_on_and_the_others_enter_anew(hosts, wanted, chosen, fence, leave) -> None:
    expected = {"survivor": chosen, "resumed": False, "fence": named(fence), "leave": named(leave), "refusals": []}
    assert survivor.choose(hosts, wanted) == expected


@pytest.mark.parametrize(("hosts", "wanted", "fence", "leave"), RESUMED.values(), ids=RESUMED)
def test_a_survivor_that_lives_already_is_not_reset_again(hosts, wanted, fence, leave) -> None:
    expected = {"survivor": "server1", "resumed": True, "fence": named(fence), "leave": named(leave), "refusals": []}
    assert survivor.choose(hosts, wanted) == expected


@pytest.mark.parametrize(("hosts", "wanted", "complaint"), REFUSALS.values(), ids=REFUSALS)
def test_what_could_lose_data_is_refused(hosts, wanted, complaint) -> None:
    found = survivor.choose(hosts, wanted, {"server2": "restored elsewhere"})
    assert complaint in " ".join(found["refusals"])
    assert " -> " in found["refusals"][0] or wanted == "other" or "restored" in found["refusals"][0]
