"""What the cluster tells of the release that a control plane is at."""

from __future__ import annotations

import datetime
import json

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import standing

OPERATOR = "docker-images.third-party.gardener.operator"


NOW = datetime.datetime(2026, 11, 29, 11, 0, 0, 5000, datetime.UTC)
SINCE = "2026-11-29T11:00:00+00:00"


def reached(release, components, before=None, moment=NOW):
    return standing.reached(before, release, components, moment)


def deployed(**releases):
    return {name: {"release": release} for name, release in releases.items()}


def test_what_is_marked_is_read_and_only_what_decides_is_kept():
    marks = reached("v0.22.18", {OPERATOR: "v1.137.7", "projects.metal-stack.mini-lab": "v0.1.0"})
    found = standing.read(standing.begun(marks, "v0.22.19"), deployed(nsq="v0.22.18"))
    assert found == standing.Standing("v0.22.18", {OPERATOR: "v1.137.7"}, "v0.22.19", "v0.22.18", since=SINCE)
    assert found.under_way == "v0.22.19"


def test_a_release_that_is_reached_is_no_longer_under_way():
    assert reached("v0.22.19", {})["begun"] == ""
    assert standing.read(reached("v0.22.19", {}), {}).under_way == ""


def test_without_a_mark_the_newest_release_of_a_component_counts():
    found = standing.read(None, deployed(prepare="v0.22.9", nsq="v0.22.10", zitadel=""))
    assert (found.release, found.under_way) == ("v0.22.10", "")
    assert standing.read(None, {}).release == ""


@pytest.mark.parametrize(("seen", "expected"), [("v0.22.19", "v0.22.19"), ("v0.22.18", ""), ("v0.22.17", ""), ("", "")])
def test_a_component_of_a_newer_release_is_of_a_run_that_did_not_end(seen, expected):
    assert standing.read(reached("v0.22.18", {}), deployed(nsq=seen)).under_way == expected


def test_components_that_did_not_end_are_told():
    entries = {"metal": {"unfinished": True}, "nsq": {}, "headscale": {"unfinished": True}}
    assert standing.read(None, entries).unfinished == ("headscale", "metal")


@pytest.mark.parametrize("text", ["{", "[]", ""])
def test_versions_that_nobody_could_have_written_are_none(text):
    assert standing.read({"release": "v1.0.0", "components": text}, {}).components == {}


def test_versions_are_kept_as_json():
    assert json.loads(reached("v1.0.0", {OPERATOR: "v1"})["components"]) == {OPERATOR: "v1"}


def test_a_diff_shows_releases():
    marks = reached("v0.22.18", {})
    assert standing.shown(None) == ""
    assert standing.shown(standing.begun(marks, "v0.22.19")) == "release: v0.22.18\nunder way: v0.22.19\n"


def test_where_a_control_plane_is_is_told_with_its_versions():
    found = standing.Standing("v0.22.18", {OPERATOR: "v1.137.7"}, "", "v0.22.19")
    assert found.shown() == {
        "release": "v0.22.18",
        "begun": "v0.22.19",
        "since": "",
        "components": {OPERATOR: "v1.137.7"},
    }


@pytest.mark.parametrize(
    ("before", "again"),
    [
        ({}, True),
        ({"release": "v0.22.17"}, False),
        ({"begun": "v0.22.18"}, False),
        # Other versions of the same release, which the inventory has replaced.
        ({"components": "{}"}, False),
    ],
    ids=["the same", "another release", "a step that ends", "other versions"],
)
def test_the_time_is_that_at_which_it_was_reached_first(before, again):
    marks = {**reached("v0.22.18", {OPERATOR: "v1"}), **before}
    later = reached("v0.22.18", {OPERATOR: "v1"}, marks, NOW + datetime.timedelta(hours=1))
    assert later["since"] == (SINCE if again else "2026-11-29T12:00:00+00:00")
    assert (later == marks) is again


def test_a_mark_without_a_time_stays_as_it_is():
    marks = {name: value for name, value in reached("v0.22.18", {}).items() if name != "since"}
    assert reached("v0.22.18", {}, marks) == marks


@pytest.mark.parametrize("name", ["v0.22.19-rc1", "main", ""])
def test_only_a_final_release_is_reached(name):
    marks = reached("v0.22.18", {OPERATOR: "v1"})
    assert reached(name, {OPERATOR: "v2"}, marks) == marks
    assert reached(name, {OPERATOR: "v2"}) == {}


def test_a_mark_of_no_final_release_is_none():
    marks = {"release": "v0.22.19-rc1", "components": json.dumps({OPERATOR: "v1"}), "begun": "", "since": SINCE}
    assert standing.read(marks, deployed(nsq="v0.22.19-rc1")) == standing.Standing()


@pytest.mark.parametrize(
    ("releases", "mixed"),
    [
        (["v0.22.19", "v0.22.18"], ("v0.22.18", "v0.22.19")),
        (["v0.22.19", "v0.22.19-rc1"], ("v0.22.19", "v0.22.19-rc1")),
        (["v0.22.19", ""], ("", "v0.22.19")),
        (["v0.22.19", "v0.22.19"], ()),
        (["", ""], ()),
        ([], ()),
    ],
)
def test_releases_of_components_are_told_where_none_is_marked(releases, mixed):
    entries = {str(at): {"release": name} for at, name in enumerate(releases)}
    assert standing.read(None, entries).mixed == mixed
    assert standing.read(reached("v0.22.18", {}), entries).mixed == ()
