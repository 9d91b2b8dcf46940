from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases.schedule import longest


@pytest.mark.parametrize(
    ("schedule", "seconds"),
    [
        ("* * * * *", 60),
        ("*/3 * * * *", 180),
        (" */3  * * * * ", 180),
        ("*/90 * * * *", 3600),
        ("7 * * * *", 3600),
        ("7 */6 * * *", 21600),
        ("*/3 */6 * * *", 21600),
        ("7 */30 * * *", 86400),
        ("7 3 * * *", 86400),
        ("* 3 * * *", 86400),
        ("7 3 * * 1", None),
        ("0 0 31 2 *", None),
        ("1,2 * * * *", None),
        ("@hourly", None),
        ("*/0 * * * *", None),
        ("", None),
    ],
)
def test_the_longest_time_between_two_backups_is_told(schedule, seconds):
    assert longest(schedule) == seconds
