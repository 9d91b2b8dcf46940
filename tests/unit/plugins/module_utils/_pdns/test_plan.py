"""What is sent, what is deleted, and what is refused."""

from __future__ import annotations

import json

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import plan, soa
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.plan import Ignore
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.rrset import BadRRset, RRset

ZONE = "example.com."
SOA = RRset(ZONE, "SOA", 3600, ("ns.example.com. h.example.com. 7 1 1 1 1",))
NS = RRset(ZONE, "NS", 3600, ("ns.example.com.",))


def rrset(name, *records, rtype="A", ttl=60, **fields):
    return RRset(f"{name}.{ZONE}", rtype, ttl, records, **fields)


def make(wanted, found=(), exact=False, ignore=(), ask=None):
    there = {one.key: one for one in (SOA, NS, *found)}
    return plan.make(wanted, there, ZONE, exact, ignore, ask or refuse), there


def refuse(name, rtype, content):
    raise AssertionError(f"asked for {rtype}")


A, B = rrset("a", "192.0.2.1"), rrset("b", "192.0.2.2")


@pytest.mark.parametrize(
    ("wanted", "found", "exact", "counts"),
    [
        ([A], [], False, (1, 0, 0)),
        ([A], [A, B], False, (0, 0, 0)),
        ([A], [A, B], True, (0, 0, 1)),
        ([rrset("a", "192.0.2.9")], [A], False, (0, 1, 0)),
        ([rrset("a", "192.0.2.1", ttl=61)], [A], False, (0, 1, 0)),
        ([rrset("a", "192.0.2.2", "192.0.2.1")], [rrset("a", "192.0.2.1", "192.0.2.2")], False, (0, 0, 0)),
        ([rrset("a", "192.0.2.1", "192.0.2.1")], [A], False, (0, 0, 0)),
        ([rrset("a", "192.0.2.1", disabled=("192.0.2.2",))], [A], False, (0, 1, 0)),
        ([rrset("a", "B", rtype="CNAME")], [rrset("a", "b.example.com.", rtype="CNAME")], False, (0, 0, 0)),
        ([rrset("a", "b", rtype="CNAME")], [A], False, (1, 0, 1)),
        ([A], [rrset("a", "b.example.com.", rtype="CNAME")], False, (1, 0, 1)),
        (
            [rrset("a", "x", rtype="TXT", comments=())],
            [rrset("a", '"x"', rtype="TXT", comments=(("c", ""),))],
            False,
            (0, 1, 0),
        ),
        ([rrset("a", "x", rtype="TXT")], [rrset("a", '"x"', rtype="TXT", comments=(("c", ""),))], False, (0, 0, 0)),
        ([], [], True, (0, 0, 0)),
    ],
)
def test_only_what_differs_is_sent(wanted, found, exact, counts):
    work, _ = make(wanted, found, exact)
    assert tuple(work.counts().values()) == counts


def test_a_serial_is_never_sent_but_the_one_that_is_there():
    lower = RRset(ZONE, "SOA", 3600, ("ns h 1 1 1 1 1",))
    assert not make([lower])[0]
    changed = make([RRset(ZONE, "SOA", 3600, ("ns h 1 2 1 1 1",))])[0]
    assert changed.put[0].records == ("ns.example.com. h.example.com. 7 2 1 1 1",)


@pytest.mark.parametrize(
    ("wanted", "options", "reason"),
    [
        ([A, A], {}, "twice"),
        ([A, rrset("a", "b", rtype="CNAME")], {}, "a CNAME stands alone"),
        ([rrset("a", "b", "c", rtype="CNAME")], {}, "2 CNAMEs"),
        ([A], {"ignore": [Ignore("a")]}, "wanted and ignored"),
        ([rrset("b", "x", rtype="CNAME")], {"found": [B], "ignore": [Ignore("b", ("A",))]}, "in the way"),
        ([rrset("a", "nonsense")], {}, "a.example.com. A"),
    ],
)
def test_what_no_zone_can_hold_is_refused(wanted, options, reason):
    with pytest.raises(BadRRset, match=reason):
        make(wanted, **options)


@pytest.mark.parametrize(
    ("count", "kept", "limit", "allowed"),
    [
        (3, 1, None, True),
        (4, 1, None, False),
        (5, 15, None, True),
        (6, 14, None, False),
        (1, 0, None, False),
        (4, 0, "100%", True),
        (2, 18, "10%", True),
        (3, 17, "10%", False),
        (3, 1, "3", True),
        (1, 9, "0", False),
    ],
)
def test_a_zone_is_not_emptied_by_mistake(count, kept, limit, allowed):
    there = [rrset(f"h{number}", "192.0.2.1") for number in range(count + kept)]
    work, found = make(there[count:], there, exact=True)
    if allowed:
        plan.guard(work, found, ZONE, limit)
    else:
        with pytest.raises(plan.TooManyDeletions, match=f"{count} of {count + kept}"):
            plan.guard(work, found, ZONE, limit)


@pytest.mark.parametrize("limit", ["", "many", "-1", "10 percent"])
def test_a_limit_that_is_none_is_refused(limit):
    with pytest.raises(BadRRset, match="max_delete"):
        plan.deletions(limit, 10)


@pytest.mark.parametrize(
    ("pattern", "key", "matches"),
    [
        (Ignore("_acme-challenge*"), ("_acme-challenge.www.example.com.", "TXT"), True),
        (Ignore("_acme-challenge*", ("TXT",)), ("_acme-challenge.example.com.", "A"), False),
        (Ignore("*.shoot"), ("a.b.shoot.example.com.", "A"), True),
        (Ignore("@", ("TXT",)), (ZONE, "TXT"), True),
    ],
)
def test_patterns_are_of_names_within_the_zone(pattern, key, matches):
    assert pattern.matches(key, ZONE) is matches


def test_changes_go_in_portions_with_deletions_beside_what_replaces_them():
    there = [rrset(f"h{number}", "192.0.2.1") for number in range(50)]
    wanted = [rrset(f"h{number}", "x", rtype="CNAME") for number in range(50)]
    work, _ = make(wanted, there)
    portions = list(plan.chunks(work, 1500))
    assert len(portions) > 5 and all(len(json.dumps(portion)) < 2000 for portion in portions)
    for portion in portions:
        by_name = {}
        for change in portion:
            by_name.setdefault(change["name"], []).append(change["changetype"])
        assert all(changes == ["DELETE", "REPLACE"] for changes in by_name.values())


@pytest.mark.parametrize(
    ("serial", "than", "newer"), [(2, 1, True), (1, 1, False), (1, 2, False), (0, 2**32 - 1, True)]
)
def test_serials_are_compared_in_a_circle(serial, than, newer):
    assert soa.is_newer(serial, than) is newer


def test_a_diff_shows_what_differs_as_lines_of_a_zone_file():
    work, _ = make([rrset("a", "192.0.2.9")], [A, B], exact=True)
    assert work.diff() == {
        "before": "a.example.com.\t60\tIN\tA\t192.0.2.1\nb.example.com.\t60\tIN\tA\t192.0.2.2\n",
        "after": "a.example.com.\t60\tIN\tA\t192.0.2.9\n",
    }


def test_types_that_only_the_server_knows_are_asked_for_when_texts_differ():
    asked = []
    found = rrset("a", "1.00m", rtype="LOC")

    def ask(name, rtype, content):
        asked.append(content)
        return "1.00m"

    assert not make([rrset("a", "1m", rtype="LOC")], [found], ask=ask)[0]
    assert asked == ["1m"]
    assert not make([found], [found])[0]
