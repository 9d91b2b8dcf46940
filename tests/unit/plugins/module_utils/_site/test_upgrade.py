"""Programs beside Kubernetes: which are due where, in which order, and which must not go back."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._site import upgrade

OLD, NEW = "v1.112.0-cluster", "v1.113.0-cluster"
IMAGE = "docker.io/grafana/grafana"
HOSTS = ["server1", "server2"]


def planned(
    name: str,
    version: str,
    server1: t.Sequence[str] = (),
    server2: t.Sequence[str] = (),
) -> upgrade.Plan:
    """What becomes of a program that both servers are to have, each with these versions."""
    facts = {
        host: {"programs": {"k3s": ["v1"], **({name: list(present)} if present else {})}}
        for host, present in (("server1", server1), ("server2", server2))
    }
    return upgrade.plan([{"hosts": HOSTS, "versions": {name: version}}], facts, {})


@pytest.mark.parametrize(
    ("name", "version", "present", "due"),
    [
        ("vmstorage", NEW, ([NEW], [NEW]), []),
        ("vmstorage", NEW, ([OLD], [NEW]), ["server1"]),
        # One that was linked and does not run yet.
        ("vmstorage", NEW, ([NEW], [OLD, NEW]), ["server2"]),
        # What is nowhere yet is not this playbook's business, but addresses do not move without their programs.
        ("vmstorage", NEW, ([], [NEW]), []),
        ("kube-vip", "v2", ([], ["v1"]), ["server1", "server2"]),
        ("kube-vip", "v2", (["v2"], ["v2"]), []),
    ],
    ids=["all have it", "one is old", "half-way", "none yet", "no kube-vip yet", "kube-vip of the version"],
)
def test_what_has_another_version_is_due(
    name: str, version: str, present: tuple[list[str], list[str]], due: list[str]
) -> None:
    found = planned(name, version, *present)
    assert found["due"] == {host: [name] for host in due}
    assert found["refusals"] == []


def grafana(image: str) -> list[upgrade.Wanted]:
    return [{"hosts": ["server1"], "versions": {"grafana": image}}]


def test_the_plan_says_host_from_and_to_in_the_order_of_the_turns() -> None:
    wanted: list[upgrade.Wanted] = [
        {"hosts": ["server1"], "versions": {"kube-vip": "v2"}},
        {"hosts": HOSTS, "versions": {"vmstorage": NEW, "vmselect": NEW}},
        *grafana(f"{IMAGE}:13.0.0"),
    ]
    facts = {
        "server1": {"programs": {"vmstorage": [OLD], "vmselect": [OLD]}},
        "server2": {"programs": {"vmstorage": [OLD, NEW], "vmselect": [NEW]}},
        "agent1": {"programs": {"vmstorage": [OLD]}},
    }
    assert upgrade.plan(wanted, facts, {"grafana": [f"{IMAGE}:12.4.3"]}) == {
        "due": {"server1": ["kube-vip", "vmstorage", "vmselect", "grafana"], "server2": ["vmstorage"]},
        "summary": [
            "upgrade kube-vip on server1 from none to v2",
            f"upgrade vmstorage on server1 from {OLD} to {NEW}",
            f"upgrade vmselect on server1 from {OLD} to {NEW}",
            f"upgrade vmstorage on server2 from {OLD}, {NEW} to {NEW}",
            f"upgrade grafana on the cluster from {IMAGE}:12.4.3 to {IMAGE}:13.0.0",
        ],
        "refusals": [],
    }


@pytest.mark.parametrize("present", [[NEW], [OLD, NEW]], ids=["runs it", "has linked it"])
def test_a_store_does_not_go_back(present: list[str]) -> None:
    [refusal] = planned("vmstorage", OLD, present, [OLD])["refusals"]
    assert refusal.startswith(
        f"vmstorage on server1: has {NEW}, the inventory asks for {OLD}, and no upgrade goes back"
    )
    assert f"-> ask for {NEW}; where the notes" in refusal


def test_a_kube_vip_that_does_not_run_is_left_for_the_one_before() -> None:
    found = planned("kube-vip", "v1.2.1", ["v1.2.2"], ["v1.2.1", "v1.2.2"])
    assert (found["due"], found["refusals"]) == ({host: ["kube-vip"] for host in HOSTS}, [])


@pytest.mark.parametrize(
    ("present", "due", "refused"),
    [
        ([f"{IMAGE}:12.4.3"], False, False),
        ([f"{IMAGE}:12.3.9"], True, False),
        ([f"{IMAGE}:13.0.0"], True, True),
        # Neither is there, nor did the cluster tell.
        ([], False, False),
    ],
    ids=["the same", "older", "newer", "none"],
)
def test_an_image_that_runs_on_the_cluster_has_a_version_too(present: list[str], due: bool, refused: bool) -> None:
    found = upgrade.plan(grafana(f"{IMAGE}:12.4.3"), {"server1": {"programs": {}}}, {"grafana": present})
    assert found["due"] == ({"server1": ["grafana"]} if due else {})
    assert bool(found["refusals"]) is refused


@pytest.mark.parametrize(
    ("one", "other", "older"),
    [
        ("v1.9.0-cluster", "v1.10.0-cluster", True),
        ("v1.10.0-cluster", "v1.9.0-cluster", False),
        ("v1.10.0-rc1-cluster", "v1.10.0-cluster", False),
        ("registry.example.net:5000/grafana:12.4.3@sha256:0f", f"{IMAGE}:12.5.0", True),
        ("registry.example.net:5000/grafana@sha256:0f", f"{IMAGE}:12.5.0", False),
        (f"{IMAGE}:12", f"{IMAGE}:12.5.0", False),
        (f"{IMAGE}:11", f"{IMAGE}:12.5.0-ubuntu", True),
        (f"{IMAGE}:main", f"{IMAGE}:12.5.0", False),
    ],
)
def test_which_version_is_older(one: str, other: str, older: bool) -> None:
    assert upgrade.is_older(one, other) is older
