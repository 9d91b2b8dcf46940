"""Which sets stay: by time, by what was verified, and never less than the floor."""

from __future__ import annotations

import datetime
import itertools

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import catalogue, retention
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.keys import Place
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.retention import Policy

BOTH = ("k3s", "powerdns")
NOW = datetime.datetime(2026, 11, 27, 12, tzinfo=datetime.UTC)


class Tagged(int):
    """A number as newer Ansible hands it on."""


def ago(days, hours=0):
    return (NOW - datetime.timedelta(days=days, hours=hours)).strftime("%Y%m%dT%H%M%SZ")


def one(name, level=1, components=BOTH, lineage="L1", generation=1):
    places = [Place("s", component, lineage, generation, name) for component in components]
    return [key for place in places for key in (place.key(), *([place.verified(level)] if level else []))]


def judged(listed, suspect=(), **policy):
    known = catalogue.sets(key for keys in listed for key in keys)
    doubtful = {part.place for one in known for part in one.parts.values() if one.name in suspect}
    return retention.judge(known, BOTH, doubtful, NOW, Policy(**policy))


def staying(*arguments, **more):
    return [verdict.one.name for verdict in judged(*arguments, **more) if verdict.stays]


# three of them verified, so that what is older stays for another reason or goes
RECENT = [one(ago(0, hours)) for hours in (3, 2, 1)]


@pytest.mark.parametrize(
    ("name", "level", "components", "stays", "why"),
    [
        (ago(0), 0, ("k3s",), True, "in progress"),
        (ago(0, 23), 0, ("k3s",), True, "in progress"),
        (ago(-400), 1, BOTH, True, "younger than 7 days"),  # by a clock that was ahead
        (ago(1), 0, ("k3s",), True, "younger than 7 days"),
        (ago(7), 0, ("k3s",), True, "younger than 7 days"),
        (ago(7, 1), 0, ("k3s",), False, "was not finished"),
        (ago(7), 1, BOTH, True, "younger than 7 days"),
        (ago(7, 1), 1, BOTH, True, "the one of its day"),
        (ago(7, 1), 0, BOTH, True, "the one of its day"),
        (ago(30), 1, BOTH, True, "the one of its day"),
        (ago(30, 1), 1, BOTH, False, "older than 30 days"),
    ],
)
def test_a_set_stays_by_its_age(name, level, components, stays, why):
    # what is first must not decide which components count
    before = one(ago(100), 0)
    (verdict,) = [found for found in judged([before, one(name, level, components), *RECENT]) if found.one.name == name]
    assert (verdict.stays, verdict.why) == (stays, why)


@pytest.mark.parametrize(
    ("sets", "suspect", "kept"),
    [
        ({2: 1, 5: 1, 9: 1}, (), 9),
        ({2: 1, 5: 1, 9: 0}, (), 5),  # a verified one before one that is not
        ({2: 1, 5: 2, 9: 1}, (), 9),
        ({2: 1, 5: 1, 9: 1}, (9,), 5),  # a good one before a suspect one
        ({2: 0, 5: 0, 9: 0}, (), 9),
        ({2: 1, 5: 0, 9: 1}, (2, 9), 9),
    ],
)
def test_of_each_day_the_newest_good_one_stays(sets, suspect, kept):
    def day(hour):
        return f"20261110T{hour:02}0000Z"

    listed = [one(day(hour), level) for hour, level in sets.items()] + RECENT
    newest = [verdict.one.name for verdict in judged(RECENT) if verdict.stays]
    assert staying(listed, {day(hour) for hour in suspect}) == [day(kept), *newest]


def test_the_last_rehearsed_stays_and_no_other_for_that():
    first, last, sound = ago(61), ago(60), ago(50)
    verdicts = judged([one(first, 3), one(last, 3), one(sound), *RECENT])
    told = {verdict.one.name: (verdict.stays, verdict.why) for verdict in verdicts}
    assert told[last] == (True, "the last one whose restore was rehearsed")
    assert not told[first][0] and not told[sound][0]


def test_a_set_that_was_never_finished_is_not_the_one_of_its_day():
    half = one("20261110T090000Z", 0, ("k3s",))
    assert staying([one("20261110T020000Z", 0), half, *RECENT])[0] == "20261110T020000Z"


def test_days_are_utc_and_a_restore_is_newer_than_what_was_before():
    evening, morning = one("20261110T233000Z"), one("20261111T003000Z")
    assert len(staying([evening, morning, *RECENT])) == 5
    old, restored = one("20261110T200000Z"), one("20261110T190000Z", generation=2)
    recent = [one(ago(0, hours), generation=2) for hours in (3, 2, 1)]
    assert staying([old, restored, *recent])[0] == "20261110T190000Z"
    assert len(staying([old, restored, *recent])) == 4


def test_the_last_verified_of_any_lineage_stay_however_old():
    dead = [one(ago(100 + number), lineage="L0") for number in range(5)]
    half = [one(ago(99), components=("k3s",), lineage="L0"), one(ago(98), level=0, lineage="L0")]
    kept = staying([*dead, *half, *RECENT])
    assert kept == [ago(102), ago(101), ago(100), *(ago(0, hours) for hours in (3, 2, 1))]
    assert len(staying([*dead, *RECENT], verified=4)) == 7


def test_suspect_sets_take_no_place_of_good_ones():
    names = [ago(days) for days in (60, 59, 58, 57, 56, 55)]
    assert staying([one(name) for name in names], suspect=names[3:]) == names
    assert staying([one(name) for name in names], suspect=names[4:5]) == names[2:]


def test_a_component_counts_from_the_first_set_on_that_has_it():
    old = [one(ago(days), components=("k3s",)) for days in (60, 50, 20)]
    listed = [*old, one(ago(19)), one(ago(18), components=("k3s",))]
    assert staying(listed) == [ago(50), ago(20), ago(19)]
    assert [verdict.why for verdict in judged(listed)][-1] == "was not finished"


def test_sets_without_any_component_that_counts_are_judged_by_what_they_have():
    listed = [one(ago(days), components=("registry",)) for days in (63, 62, 61, 60)]
    assert staying(listed) == [ago(62), ago(61), ago(60)]


BESIDE = [ago(days) for days in (66, 65, 64, 63, 62)]
WITHOUT = [one(ago(days)) for days in (61, 60, 59, 3, 2, 1)]


def with_registry(level=1):
    return [[*one(name), *one(name, level, ("registry",))] for name in BESIDE]


def test_the_last_verified_of_a_component_beside_stay_however_long_nobody_backs_it_up():
    kept = [name for name in staying([*with_registry(), *WITHOUT]) if name in BESIDE]
    assert kept == BESIDE[2:]
    assert len(staying([*with_registry(), *WITHOUT], verified=4)) == 4 + 4
    why = {verdict.one.name: verdict.why for verdict in judged([*with_registry(), *WITHOUT])}
    assert why[BESIDE[2]] == "one of the last 3 verified of registry"
    assert not [name for name in staying([*with_registry(level=0), *WITHOUT]) if name in BESIDE]


def test_of_a_component_beside_suspect_and_damaged_ones_take_no_place_of_good_ones():
    listed = [*with_registry(), *WITHOUT]
    damaged = broken(BESIDE[4], component="registry")
    assert [name for name in staying(listed, suspect=BESIDE[3:]) if name in BESIDE] == BESIDE
    assert [name for name in staying([*listed, damaged]) if name in BESIDE] == BESIDE[1:]


def test_longer_times_keep_more():
    listed = [one(ago(40, hours)) for hours in (2, 1)] + RECENT
    assert len(staying(listed)) == 3
    assert len(staying(listed, daily_days=60)) == 4
    assert len(staying(listed, all_days=60)) == 5


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, []),
        ({"all_days": 7, "daily_days": 30, "verified": 3, "hidden_days": 14}, []),
        ({"all_days": 6}, ["all_days"]),
        ({"daily_days": 29}, ["daily_days"]),
        ({"verified": 2}, ["verified"]),
        ({"hidden_days": 13}, ["hidden_days"]),
        ({"all_days": 0, "verified": -1}, ["all_days", "verified"]),
        ({"all_days": "7"}, ["all_days"]),
        ({"verified": True}, ["verified"]),
        ({"verified": Tagged(4)}, []),
    ],
)
def test_nothing_below_the_floor(given, names):
    found = retention.below(given)
    assert list(found) == names
    assert all("or more" in text for text in found.values())


def flat(*sets):
    return [key for keys in sets for key in keys]


@pytest.mark.parametrize(
    ("hidden", "expected"),
    [
        ([], []),
        ([ago(100)], [ago(100)]),
        ([ago(103)], []),  # the fourth
        ([ago(99)], []),  # never verified
        ([ago(100), ago(101), ago(102)], [ago(102), ago(101), ago(100)]),
    ],
)
def test_what_somebody_else_has_deleted_is_seen(hidden, expected):
    sets = {ago(days): one(ago(days)) for days in (103, 102, 101, 100)} | {ago(99): one(ago(99), 0)}
    everything = catalogue.sets(flat(*sets.values()))
    there = set(flat(*(keys for name, keys in sets.items() if name not in hidden)))
    assert sorted({place.set for place in retention.lost(there, everything, BOTH)}) == expected


def test_one_part_that_somebody_else_has_deleted_is_seen():
    listed = one(ago(100))
    there = set(listed) - {Place("s", "k3s", "L1", 1, ago(100)).key()}
    assert [place.component for place in retention.lost(there, catalogue.sets(listed), BOTH)] == ["k3s"]


def test_of_a_component_beside_what_somebody_else_has_deleted_is_seen():
    listed = flat(*with_registry(), *WITHOUT)
    places = [Place("s", "registry", "L1", 1, name) for name in BESIDE]
    there = set(listed) - {place.key() for place in places}
    assert retention.lost(there, catalogue.sets(listed), BOTH) == places[2:]


@pytest.mark.parametrize("older", [[], [*with_registry(), *WITHOUT]])
def test_what_pruning_hides_is_not_lost(older):
    listed = flat(*older, *(one(ago(days, hours)) for days in (50, 40, 35, 20, 8) for hours in (2, 1)))
    verdicts = retention.judge(catalogue.sets(listed), BOTH, (), NOW, Policy())
    gone = {part.place.key() for found in verdicts if not found.stays for part in found.one.parts.values()}
    assert gone
    assert retention.lost(set(listed) - gone, catalogue.sets(listed), BOTH) == []


def test_the_newest_of_each_component_and_lineage():
    listed = flat(one(ago(3)), one(ago(2), components=("k3s", "other")), one(ago(9), lineage="L0"))
    found = {(place.lineage, place.component, place.set) for place in retention.newest(catalogue.sets(listed))}
    assert found == {
        ("L1", "k3s", ago(2)), ("L1", "powerdns", ago(3)), ("L1", "other", ago(2)),
        ("L0", "k3s", ago(9)), ("L0", "powerdns", ago(9)),
    }  # fmt: skip


def test_a_verification_without_a_manifest_is_a_stray():
    place, other = Place("s", "k3s", "L1", 1, ago(3)), Place("s", "k3s", "L1", 1, ago(2))
    listed = {place.verified(1), other.verified(2), other.key(), "s/catalogue/rubbish"}
    assert retention.strays(listed) == [place.verified(1)]


def broken(*names, component="k3s"):
    return [Place("s", component, "L1", 1, name).damaged() for name in names]


def test_damaged_sets_take_no_place_of_good_ones_and_lose_none():
    names = [ago(days) for days in (60, 59, 58, 57, 56, 55)]
    listed = [one(name) for name in names]
    assert staying(listed) == names[3:]
    assert staying([*listed, broken(names[5])]) == names[2:]
    assert staying([*listed, broken(*names[3:])]) == names
    verdicts = {verdict.one.name: verdict.why for verdict in judged([*listed, broken(names[5])])}
    assert verdicts[names[5]] == "one of the last 3 verified; it is damaged"
    assert "damaged" not in verdicts[names[4]]


def test_a_damaged_set_is_the_one_of_its_day_beside_one_that_is_whole():
    early, late = "20261110T050000Z", "20261110T090000Z"
    assert staying([one(early), one(late), *RECENT])[:1] == [late]
    assert staying([one(early), one(late), broken(late), *RECENT])[:2] == [early, late]


def test_the_last_that_was_rehearsed_stays_and_so_does_the_last_that_is_whole():
    first, last, sound = ago(61), ago(60), ago(50)
    listed = [one(first, 3), one(last, 3), one(sound), *RECENT]
    assert staying([*listed, broken(last)])[:2] == [first, last]


def test_nothing_goes_because_something_is_damaged():
    names = [ago(days) for days in (60, 50, 40, 20, 10, 2)] + [ago(20, 3)]
    listed = [one(name, 3 if name == names[1] else 1) for name in names]
    for size in range(len(names) + 1):
        for some in itertools.combinations(names, size):
            assert set(staying(listed)) <= set(staying([*listed, broken(*some)])), some


def test_what_is_damaged_is_not_among_those_that_are_known_to_be_whole():
    names = [ago(3), ago(2)]
    known = catalogue.sets(flat(*(one(name) for name in names), broken(names[1], component="powerdns")))
    assert retention.verified(known, BOTH) == {"L1": [(1, name) for name in names]}
    assert retention.verified(known, BOTH, whole=True) == {"L1": [(1, names[0])]}


def test_a_mark_of_damage_without_a_manifest_is_a_stray():
    place = Place("s", "k3s", "L1", 1, ago(3))
    assert retention.strays({place.damaged()}) == [place.damaged()]
    assert retention.strays({place.damaged(), place.key()}) == []
