from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import probe
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.probe import Seen

GOOD = Seen(True, True, True, True, True, 0.2, 0)


@pytest.mark.parametrize("clock", [0.2, -59.0, None])
def test_a_good_storage_has_no_complaint(clock):
    assert probe.complaints(GOOD._replace(clock=clock)) == []


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"reads_what_was_written": False}, "does not return"),
        ({"lists": False}, "does not list"),
        ({"first_write_wins": False}, "If-None-Match"),
        ({"keeps_versions": False}, "enable versioning"),
        ({"refuses_to_remove_versions": False}, "without DeleteObjectVersion"),
        ({"clock": -61.0}, "its clock is -61 s"),
    ],
)
def test_each_lack_is_a_complaint_with_a_remedy(changed, word):
    (complaint,) = probe.complaints(GOOD._replace(**changed))
    assert word in complaint and "->" in complaint


@pytest.mark.parametrize(
    ("seen", "asked", "word"),
    [
        (0, 0, None),
        (14, 14, None),
        (30, 14, None),
        (13, 14, "13 days"),
        (0, 14, "0 days"),
        (None, 14, "may not ask"),
        (None, 0, None),
    ],
)
def test_a_lock_is_required_only_where_it_was_asked_for(seen, asked, word):
    found = probe.complaints(GOOD._replace(lock_days=seen), asked)
    assert [word in one for one in found] == ([True] if word else [])
