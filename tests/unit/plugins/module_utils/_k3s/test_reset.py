"""What a removal must not take with it."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import reset


@pytest.mark.parametrize(
    ("kept", "lost"),
    [
        ("/var/lib/k3s-local-storage", False),
        ("/var/lib/rancher/k3s-storage", False),
        ("/var/lib/rancher/k3s/storage", True),
        ("/var/lib/rancher/k3s", True),
    ],
)
def test_volumes_inside_what_is_removed_are_a_reason_to_refuse(kept: str, lost: bool) -> None:
    assert bool(reset.holding([kept])) is lost
