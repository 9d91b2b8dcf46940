"""How old the newest backup may be."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import freshness


@pytest.mark.parametrize(
    ("schedule", "seconds"),
    [
        ("*/3 * * * *", 900),
        ("*/30 * * * *", 3600),
        ("0 * * * *", 7200),
        ("0 0 * * *", 172800),
        ("0 0 * * 1", 172800),
    ],
)
def test_one_backup_may_be_missed(schedule, seconds):
    assert freshness.expected(schedule) == seconds
