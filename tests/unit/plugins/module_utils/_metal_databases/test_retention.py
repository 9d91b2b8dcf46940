from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import retention


@pytest.mark.parametrize(
    ("max_keep", "days", "words"),
    [
        (480, 14, []),
        (1000, 90, []),
        (480, None, ["object_days_max_keep is not given, expected 14"]),
        (480, 13, ["object_days_max_keep is 13, expected 14"]),
        (20, 14, ["object_max_keep is 20, expected 480"]),
        (None, None, ["not given, which is 20", "object_days_max_keep"]),
        (0, 0, ["which is 20", "object_days_max_keep is 0"]),
    ],
)
def test_backups_stay_for_the_time_in_which_somebody_notices(max_keep, days, words):
    found = retention.complaints(max_keep, days)
    assert len(found) == len(words) and all(word in one for word, one in zip(words, found, strict=True))
