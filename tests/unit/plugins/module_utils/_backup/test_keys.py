from __future__ import annotations

import datetime
import re

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import keys
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.keys import Place

MOMENT = datetime.datetime(2026, 11, 27, 6, 47, 11, tzinfo=datetime.UTC)
PLACE = Place("site-a", "k3s", "6f3b-11", 2, "20261127T060000Z")


def test_a_key_is_read_as_it_is_written():
    assert keys.parse_part(PLACE.key()) == (PLACE, None)
    assert keys.parse_part(PLACE.verified(2)) == (PLACE, 2)
    assert keys.parse_promoted(PLACE.promoted()) == PLACE
    assert keys.parse_damaged(PLACE.damaged()) == PLACE
    assert keys.parse_marker(keys.marker("site-a", "6f3b-11", 12)) == ("6f3b-11", 12)


@pytest.mark.parametrize(
    "key",
    [
        "site-a/catalogue/k3s/6f3b/000001/20261127T060000Z.json.part",
        "site-a/catalogue/k3s/6f3b/1/20261127T060000Z.json",
        "site-a/catalogue/k3s/6f3b/000001/latest.json",
        "site-a/catalogue/k3s/6f3b/000001/20261127T060000Z.verified-9.json",
        "site-a/restic/6f3b/snapshots/1",
        "",
    ],
)
def test_what_is_no_part_is_not_taken_for_one(key):
    assert keys.parse_part(key) is None
    assert keys.parse_marker(key) is None


def test_records_are_told_apart_from_what_they_are_about():
    assert keys.parse_part(PLACE.promoted()) is None and keys.parse_promoted(PLACE.key()) is None
    assert keys.parse_part(PLACE.damaged()) is None and keys.parse_damaged(PLACE.promoted()) is None
    assert keys.parse_damaged(PLACE.key()) is None and keys.parse_promoted(PLACE.damaged()) is None
    for record in (PLACE.promoted(), PLACE.verified(1), PLACE.damaged()):
        assert keys.record_of(record) == PLACE
    assert keys.record_of(PLACE.key()) is None and keys.record_of("site-a/restic/6f3b/snapshots/1") is None


def test_no_site_or_lineage_is_a_prefix_of_another():
    """G3: no path of one is below that of another."""
    for one, other in (("prod", "prod-2"), ("a", "ab")):
        assert not keys.catalogue(other).startswith(keys.catalogue(one))
        assert not keys.marker("s", other, 1).startswith(keys.marker("s", one, 1).rsplit("/", 1)[0] + "/")


@pytest.mark.parametrize(
    ("interval", "slot"),
    [(3600, "20261127T060000Z"), (900, "20261127T064500Z"), (86400, "20261127T000000Z"), (300, "20261127T064500Z")],
)
def test_runs_within_an_interval_make_the_same_set(interval, slot):
    assert keys.slot(MOMENT, interval) == slot
    begun = keys.made(slot)
    last = begun + datetime.timedelta(seconds=interval - 1)
    assert keys.slot(begun, interval) == keys.slot(last, interval) == slot
    assert keys.slot(last + datetime.timedelta(seconds=1), interval) != slot


def test_names_of_sets_sort_by_time_whatever_they_are_for():
    hour = datetime.timedelta(hours=1)
    now = keys.slot(MOMENT, 1)
    later = f"{now}-before-upgrade"
    assert sorted([later, keys.slot(MOMENT - hour, 1), keys.slot(MOMENT + hour, 1)])[1] == later
    assert keys.SET.fullmatch(later) and keys.made(later) == MOMENT


# As releases knew it that marked nothing as damaged.
BEFORE = re.compile(
    r"(?P<site>[a-z0-9][a-z0-9-]*)/catalogue/(?P<component>[a-z][a-z0-9_]*)/(?P<lineage>[A-Za-z0-9-]+)/"
    r"(?P<generation>[0-9]{6})/(?P<set>[0-9]{8}T[0-9]{6}Z(?:-[a-z0-9][a-z0-9-]{0,30})?)"
    r"(?:\.verified-(?P<level>[0-3])|\.(?P<promoted>promoted))?\.json"
)


def test_to_a_release_before_a_mark_of_damage_is_nothing():
    assert BEFORE.fullmatch(PLACE.key()) and BEFORE.fullmatch(PLACE.promoted())
    assert not BEFORE.fullmatch(PLACE.damaged())
