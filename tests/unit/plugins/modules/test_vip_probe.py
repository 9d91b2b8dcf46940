"""How long the program that holds the address runs."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.modules import vip_probe


@pytest.mark.parametrize(
    ("shown", "seconds"),
    [
        ("ActiveState=active\nActiveEnterTimestampMonotonic=7000000\n", 3.0),
        ("ActiveState=active\nActiveEnterTimestampMonotonic=11000000\n", 0.0),
        ("ActiveState=activating\nActiveEnterTimestampMonotonic=7000000\n", 0.0),
        ("ActiveState=failed\nActiveEnterTimestampMonotonic=0\n", 0.0),
        ("", 0.0),
    ],
    ids=["runs", "began this moment", "is started again and again", "has failed", "unknown"],
)
def test_a_unit_that_ends_again_and_again_never_runs_for_long(shown: str, seconds: float) -> None:
    assert vip_probe.active_seconds(shown, now=10.0) == seconds
