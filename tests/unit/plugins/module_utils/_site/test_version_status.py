"""What runs, what is wanted, and what could follow."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._site import version_status

KNOWN = ["v1.34.4+k3s1", "v1.35.4+k3s1", "v1.36.3+k3s1", "v1.37.1+k3s1"]


def rows(*versions: str, leader: int = 0) -> list[dict[str, t.Any]]:
    """Three servers, the first of which leads unless told otherwise, and agents."""
    return [
        {
            "host": f"host{number + 1}",
            "role": "server" if number < 3 else "agent",
            "version": version,
            "leader": number == leader if number < 3 else None,
        }
        for number, version in enumerate(versions)
    ]


@pytest.mark.parametrize(
    ("versions", "wanted", "newest", "order"),
    [
        (["v1.35.4+k3s1"] * 3, "v1.35.4+k3s1", "v1.36.3+k3s1", []),
        (["v1.34.4+k3s1"] * 4, "v1.35.4+k3s1", "v1.35.4+k3s1", ["host2", "host3", "host1", "host4"]),
        (["v1.35.4+k3s1", "v1.34.4+k3s1", ""], "v1.35.4+k3s1", "v1.35.4+k3s1", ["host2"]),
        # Whoever runs something newer than anybody knows has that.
        (["v1.38.0+k3s1"] * 3, "v1.38.0+k3s1", "v1.38.0+k3s1", []),
        (["", "", ""], "v1.35.4+k3s1", "", []),
    ],
)
def test_what_could_follow_and_what_an_upgrade_would_do(
    versions: list[str], wanted: str, newest: str, order: list[str]
) -> None:
    said = version_status.describe(rows(*versions), wanted, KNOWN)
    assert (said["wanted"], said["newest"]) == (wanted, newest)
    assert [one["host"] for one in said["upgrades"]] == order
    assert {one["to"] for one in said["upgrades"]} <= {wanted}
    assert said["newer"] == []


def test_who_runs_what_is_newer_than_the_inventory_is_told() -> None:
    """Nobody goes back."""
    said = version_status.describe(rows("v1.36.3+k3s1", "v1.35.4+k3s1", "v1.35.4+k3s1", ""), "v1.35.4+k3s1", KNOWN)
    assert (said["newer"], said["upgrades"], said["newest"]) == (["host1"], [], "v1.36.3+k3s1")
