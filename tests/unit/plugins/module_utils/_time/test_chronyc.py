"""Answers of chronyc, as chronyd 4.3 and 4.6 gave them."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._time import chronyc

FOLLOWING = "C6336415,198.51.100.21,3,1795399999.1,0.000012,0.00001,0.00002,-1.5,0.001,0.02,0.0005,0.0003,64.2,Normal"
MESH = "7F7F0101,,10,1795399999.1,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,Normal"
NOTHING = "00000000,,0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,1.0,1.0,0.0,Not synchronised"
SOURCES = """^,*,198.51.100.21,2,6,377,12,0.000001,0.000002,0.0003
^,x,198.51.100.22,2,6,17,3,5.0,5.000012,0.0004
^,?,time.example.org,0,6,0,4294967295,0.0,0.0,0.0
"""
AUTHENTICATION = """198.51.100.21,NTS,1,30,128,12,0,0,8,64
198.51.100.22,NTS,0,0,0,4294967295,3,0,0,0
198.51.100.23,SK,7,1,128,4294967295,0,0,0,0
time.example.org,-,0,0,0,4294967295,0,0,0,0
"""


def facts(tracking=FOLLOWING, sources=SOURCES):
    return {
        "tracking": chronyc.tracking(tracking),
        "sources": [{**one, **chronyc.OPEN} for one in chronyc.sources(sources)],
    }


def source(name, state="selected", reach=8, authentication="", cookies=0):
    known = {"authentication": authentication, "cookies": cookies}
    return {"name": name, "state": state, "reach": reach, "stratum": 2, **known}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            FOLLOWING,
            {"source": "198.51.100.21", "stratum": 3, "offset": 0.000012, "synchronised": True, "orphan": False},
        ),
        (MESH, {"source": "", "stratum": 10, "synchronised": True, "orphan": True}),
        (NOTHING, {"source": "", "stratum": 0, "synchronised": False, "orphan": False}),
    ],
)
def test_it_is_told_where_the_time_comes_from(line, expected):
    found = chronyc.tracking(line)
    assert {name: found[name] for name in expected} == expected


def test_sources_are_told_with_their_state_and_how_often_they_answered():
    found = chronyc.sources(SOURCES)
    assert [(one["name"], one["state"], one["reach"]) for one in found] == [
        ("198.51.100.21", "selected", 8),
        ("198.51.100.22", "falseticker", 4),
        ("time.example.org", "unusable", 0),
    ]


@pytest.mark.parametrize(
    ("found", "wanted", "said"),
    [
        (facts(), ["198.51.100.21"], []),
        (facts(), ["198.51.100.22"], ["source 198.51.100.22 tells a time of its own, 5.000 s behind"]),
        (facts(), ["198.51.100.99"], ["source 198.51.100.99 is not in use"]),
        (facts(NOTHING, ""), [], ["not synchronised"]),
        (facts(NOTHING, SOURCES.splitlines()[2]), ["time.example.org"], ["not synchronised", "no source answers"]),
        (facts(FOLLOWING.replace("0.000012", "-2.5", 1)), [], ["the clock is -2.500 s off, allowed are 0.1 s"]),
        (facts(MESH, ""), [], []),
    ],
)
def test_what_is_wrong_is_said(found, wanted, said):
    assert chronyc.problems(found, wanted, 0.1) == said


def test_it_is_told_how_answers_are_authenticated():
    assert chronyc.authentication(AUTHENTICATION) == {
        "198.51.100.21": {"authentication": "NTS", "cookies": 8},
        "198.51.100.22": {"authentication": "NTS", "cookies": 0},
        "198.51.100.23": {"authentication": "SK", "cookies": 0},
        "time.example.org": {"authentication": "", "cookies": 0},
    }


@pytest.mark.parametrize(
    ("found", "outside", "said"),
    [
        (source("a"), ["a"], []),
        (source("a", "unusable", 0), [], ["source a does not answer"]),
        (source("b", "unusable", 0), [], []),
        (source("a", "unusable", 3), ["a"], ["source a answers, but is of no use so far"]),
        (source("a", "unusable", 3), [], []),
        (source("a", "falseticker"), ["a"], []),
        (source("a", "unusable", 0, "NTS", 8), ["a"], ["source a does not answer"]),
        (
            source("a", "unusable", 0, "NTS"),
            ["a"],
            ["source a gives no NTS keys: it serves no NTS, or its certificate is not trusted here"],
        ),
    ],
    ids=["good", "mute", "not wanted", "not judged yet", "of the mesh", "liar", "mute with keys", "refused"],
)
def test_what_is_not_known_of_a_source_is_said(found, outside, said):
    assert chronyc.doubts({"tracking": {"stratum": 3}, "sources": [found]}, ["a"], outside) == said


@pytest.mark.parametrize(
    ("stratum", "outside", "said"),
    [
        (3, ["a"], []),
        (4, ["a"], []),
        (10, ["a"], ["sources outside answer, but the time is not theirs (stratum 10)"]),
        (10, [], []),
    ],
    ids=["follows it", "follows one that does", "has its own", "there is no outside"],
)
def test_a_time_that_is_not_that_of_the_outside_is_said(stratum, outside, said):
    found = {"tracking": {"stratum": stratum}, "sources": [source("a", "not combined"), source("b")]}
    assert chronyc.doubts(found, ["a", "b"], outside) == said


def test_a_source_whose_keys_are_used_up_has_none():
    sources = [source("a", authentication="NTS", cookies=1), source("b", authentication="NTS"), source("c")]
    assert chronyc.without_keys({"sources": sources}) == ["b"]


@pytest.mark.parametrize("read", [chronyc.tracking, chronyc.sources, chronyc.authentication])
def test_an_answer_of_another_form_is_refused(read):
    with pytest.raises(chronyc.BadAnswer, match="506 Cannot talk"):
        read("506 Cannot talk to daemon")
