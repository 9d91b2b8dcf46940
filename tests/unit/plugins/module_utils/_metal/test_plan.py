"""What is made, changed, removed and refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import forms, plan, report
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.identity import IDENTIFIER
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kind import Field, Kind, V1Api, V2Api, Wire
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.ownership import MANAGER
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.plan import Ask, Wanted
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.store import Found

THING = Kind(
    name="thing",
    plural="things",
    fields=(
        Field("name", v1=Wire("name"), v2="API v2 has no names"),
        Field("url", v1=Wire("url"), v2=Wire("url"), required=("v2",)),
        Field("box.left", v1=Wire("b.l"), v2=Wire("box.left")),
        Field("box.right", v1=Wire("b.r"), v2=Wire("box.right")),
        Field("tags", v1=Wire("tags", forms.SORTED), v2=Wire("tags", forms.SORTED), kept={"v2": "empty is unchanged"}),
        Field("owner_id", v1=Wire("oid"), v2=Wire("oid"), fixed={"v1": "the server has no way", "v2": "it is unique"}),
        Field("few", v1=Wire("few"), v2=Wire("few"), limits={"v1": (forms.at_most(1),)}),
    ),
    v1=V1Api(path="/v1/thing", always=("tags",), labels="things have no labels in API v1"),
    v2=V2Api(service="thing", one="thing", many="things"),
)


# Not metal-stack's, whatever follows the slash.
OWN = ("c.io/metal-stack.io/d",)


def found(name="a", labels=None, **fields):
    return Found(name, {"url": "u", "tags": [], **fields}, labels or {}, changed="then")


def decide(*wanted, there=(), version="v2", **ask):
    return plan.decide(THING, version, Ask(wanted, **ask), {one.id: one for one in there})


def outcome(decided):
    return (
        [one.id for one in decided.create],
        [(one.before.id, one.fields) for one in decided.update],
        [one.id for one in decided.delete],
    )


@pytest.mark.parametrize(
    ("wanted", "ask", "expected"),
    [
        (Wanted("b", {"url": "x"}), {}, (["b"], [], [])),
        (Wanted("a", {"url": "u"}), {}, ([], [], [])),
        (Wanted("a", {"url": "x", "tags": []}), {}, ([], [("a", {"url": "x"})], [])),
        (Wanted("a"), {}, ([], [], [])),
        (Wanted("a", absent=True), {}, ([], [], ["a"])),
        (Wanted("b", absent=True), {}, ([], [], [])),
        (Wanted("a"), {"exact": True}, ([], [], ["c"])),
        (Wanted("b", {"url": "x"}), {"exact": True}, (["b"], [], ["a", "c"])),
        (Wanted("c"), {"exact": True, "owner": "me"}, ([], [("c", {})], [])),
    ],
)
def test_what_has_to_be_done(wanted, ask, expected):
    decided = decide(wanted, there=[found("a"), found("c")], **ask)
    assert (outcome(decided), decided.problems) == (expected, [])


@pytest.mark.parametrize(
    ("wanted", "version", "expected"),
    [
        (Wanted("a", {"name": "x"}), "v2", "thing a: name: API v2 has no names"),
        (Wanted("b"), "v2", "thing b: url: required for a new one"),
        (Wanted("b", {"url": ""}), "v2", "thing b: url: required for a new one"),
        (Wanted("a", {"tags": []}), "v2", "thing a: tags: cannot be emptied: empty is unchanged"),
        (Wanted("a", {"owner_id": "y"}), "v2", "thing a: owner_id: is 'x', not 'y', and stays so: it is unique"),
        (Wanted("a", {"few": "ab"}), "v1", "thing a: few: expected at most 1, found 2"),
        (Wanted("b", {"few": "ab"}), "v1", "thing b: few: expected at most 1, found 2"),
        (Wanted("a", labels={"k": "v"}), "v1", "thing a: labels: things have no labels in API v1"),
    ],
)
def test_what_an_api_does_not_take_is_refused(wanted, version, expected):
    decided = decide(wanted, there=[found(tags=["t"], owner_id="x")], version=version)
    assert decided.problems == [expected]


@pytest.mark.parametrize(
    ("wanted", "version"),
    [
        (Wanted("a", {"name": "x"}), "v1"),
        (Wanted("b"), "v1"),
        (Wanted("a", {"tags": []}), "v1"),
        (Wanted("a", {"owner_id": "x"}), "v2"),
        (Wanted("a", {"few": "ab"}), "v2"),
        (Wanted("a", {"name": "x"}, absent=True), "v2"),
    ],
)
def test_what_another_api_does_not_take_is_not(wanted, version):
    assert decide(wanted, there=[found(tags=["t"], owner_id="x")], version=version).problems == []


def test_an_object_that_is_given_twice_is_refused_once():
    assert decide(Wanted("a"), Wanted("a"), Wanted("a")).problems[0] == "thing a: given more than once"


@pytest.mark.parametrize(
    ("given", "mode", "there", "labels", "unlabelled"),
    [
        ({"k": "v"}, "merge", {}, {"k": "v"}, ()),
        ({"k": "v"}, "merge", {"k": "v", "x": "y"}, {}, ()),
        ({"k": None, "z": None}, "merge", {"k": "v", "x": "y"}, {}, ("k",)),
        ({"k": "v"}, "exact", {"k": "w", "x": "y", MANAGER: "me"}, {"k": "v"}, ("x",)),
        ({}, "exact", {"x": "y"}, {}, ("x",)),
        ({}, "exact", {"metal-stack.io/a": "", "cluster.metal-stack.io/b": "", "c.io/metal-stack.io/d": ""}, {}, OWN),
        ({"metal-stack.io/a": None}, "merge", {"metal-stack.io/a": ""}, {}, ("metal-stack.io/a",)),
        (None, "exact", {"x": "y"}, {}, ()),
    ],
)
def test_labels_are_patched(given, mode, there, labels, unlabelled):
    decided = decide(Wanted("a", labels=given), there=[found(labels=there)], exact=mode == "exact")
    update = decided.update[0] if decided.update else None
    assert (update.labels if update else {}, update.unlabelled if update else ()) == (labels, unlabelled)


def test_a_nested_object_is_sent_whole_and_what_an_update_has_to_name():
    assert THING.sent("v2", ["box.left"]) == {"box.left", "box.right"}
    assert THING.sent("v1", ["url"]) == {"url", "tags"}


def test_fields_that_go_together_are_sent_all_or_none():
    kind = replace(THING, v2=replace(THING.v2, always=("tags",), joint=("url", "few")))
    assert kind.sent("v2", ["url"]) == {"url", "few", "tags"}
    assert kind.sent("v2", ["owner_id"]) == {"owner_id", "tags"}


@pytest.mark.parametrize(
    ("wanted", "exact", "problems"),
    [
        (Wanted("b", {"url": "u"}), True, []),
        (Wanted("a"), False, ["thing a: is theirs"]),
        (Wanted("a", {"url": "x"}), False, ["thing a: is theirs"]),
        (Wanted("a", absent=True), False, ["thing a: is theirs"]),
    ],
)
def test_what_is_not_a_tasks_to_manage_is_left_alone(wanted, exact, problems):
    kind = replace(THING, foreign=lambda fields: "is theirs" if fields["few"] else None)
    decided = plan.decide(kind, "v2", Ask([wanted], exact=exact), {"a": found("a", few="x"), "c": found("c", few="")})
    assert decided.problems == problems
    assert (decided.update, [one.id for one in decided.delete]) == ([], ["c"] if exact else [])


def test_a_step_that_is_not_done_at_once_is_refused():
    kind = replace(THING, step=lambda version, before, sent: [f"{version}: {before['url']} to {sent['url']}"])
    decided = plan.decide(kind, "v2", Ask([Wanted("a", {"url": "x"}), Wanted("b", {"url": "y"})]), {"a": found("a")})
    assert decided.problems == ["thing a: v2: u to x"]


def test_the_paths_of_an_api_are_read_and_written():
    document = {"name": "n", "b": {"l": "1"}, "tags": ["z", "a"]}
    fields = THING.read("v1", document)
    assert (fields["name"], fields["box.left"], fields["box.right"], fields["tags"]) == ("n", "1", "", ["a", "z"])
    assert THING.write("v1", {"box.left": "1", "name": "n"}) == {"name": "n", "b": {"l": "1"}}


def test_a_diff_holds_what_differs_and_nothing_else():
    decided = decide(
        Wanted("a", {"url": "x", "box.left": "1"}, {"k": "v"}),
        Wanted("b", {"url": "u"}),
        Wanted("c", absent=True),
        there=[found("a", labels={"l": "m"}, **{"box.left": ""}), found("c")],
    )
    assert report.diff(THING, decided) == {
        "before": {"a": {"url": "u", "box": {"left": ""}, "labels": {"l": "m"}}, "c": {"url": "u", "tags": []}},
        "after": {"a": {"url": "x", "box": {"left": "1"}, "labels": {"k": "v", "l": "m"}}, "b": {"url": "u"}},
    }


def test_an_entry_of_a_task_gives_what_it_names():
    problems = []
    entry = {
        "id": "a",
        "state": "present",
        "url": None,
        "box": {"left": "1", "right": None},
        "labels": {"n": 1, "m": None},
    }
    assert plan.wanted(THING, entry, problems) == Wanted("a", {"box.left": "1"}, {"n": "1", "m": None})
    assert problems == []


LABELLED = replace(THING, made_ids=("v1", "v2"))
BY_NAME = replace(LABELLED, found_by=("name",))


@pytest.mark.parametrize("kind", [THING, LABELLED, BY_NAME], ids=["own ids", "labelled ids", "found by name"])
@pytest.mark.parametrize("state", ["present", "absent"])
def test_an_empty_id_is_refused(kind, state):
    """It would be that of any object, of a kind that no field finds."""
    problems = []
    one = plan.wanted(kind, {"id": "", "state": state}, problems)
    assert "id: expected one, found an empty one" in problems[0]
    assert one.unnamed is (kind is BY_NAME)


def test_no_id_is_for_a_kind_that_is_found_by_its_name():
    problems = []
    assert plan.wanted(BY_NAME, {"id": None, "state": "absent", "name": "n"}, problems).unnamed
    assert problems == []


@pytest.mark.parametrize(
    ("kind", "labels", "expected"),
    [
        (THING, {MANAGER: "me"}, [f"thing a: labels: {MANAGER}: the owner is set with owner"]),
        (THING, {MANAGER: None}, [f"thing a: labels: {MANAGER}: the owner is set with owner"]),
        (THING, {IDENTIFIER: "x"}, []),
        (LABELLED, {IDENTIFIER: "x"}, [f"thing a: labels: {IDENTIFIER}: the id is set with id"]),
        (LABELLED, {"k": "v"}, []),
    ],
)
def test_labels_do_not_say_what_options_do(kind, labels, expected):
    problems = []
    plan.wanted(kind, {"id": "a", "state": "present", "labels": labels}, problems)
    assert problems == expected


OWNED = [found("a"), found("b", {MANAGER: "me"}), found("c", {MANAGER: "them"}), found("d")]


@pytest.mark.parametrize(
    ("wanted", "ask", "objected", "touched"),
    [
        (Wanted("c"), {}, [], []),
        (Wanted("c", {"url": "x"}), {}, ["thing c: would be changed"], ["c"]),
        (Wanted("c", absent=True), {}, ["thing c: would be removed"], ["c"]),
        (Wanted("c", {"url": "x"}), {"take_over": True}, [], ["c"]),
        (Wanted("c"), {"owner": "me"}, ["thing c: would be changed"], ["c"]),
        (Wanted("c"), {"owner": "me", "take_over": True}, [], ["c"]),
        (Wanted("b", {"url": "x"}), {"owner": "me"}, [], ["b"]),
        (Wanted("d"), {"owner": "me"}, [], ["d"]),
        (Wanted("d", absent=True), {"owner": "me"}, [], ["d"]),
        (Wanted("a"), {"exact": True}, ["thing b: would be removed", "thing c: would be removed"], ["b", "c", "d"]),
        (Wanted("a"), {"exact": True, "take_over": True}, [], ["b", "c", "d"]),
        (Wanted("b"), {"exact": True, "owner": "me"}, [], []),
        (Wanted("b"), {"exact": True, "owner": "me", "take_over": True}, [], []),
    ],
)
def test_what_another_owner_has_is_touched_by_who_takes_it_over_alone(wanted, ask, objected, touched):
    decided = decide(wanted, there=OWNED, **ask)
    assert [problem.split(",")[0] for problem in decided.problems] == objected
    assert [one.before.id for one in decided.update] + [one.id for one in decided.delete] == touched


def test_who_takes_over_without_an_owner_leaves_the_mark():
    decided = decide(Wanted("c", {"url": "x"}, {"k": "v"}), there=OWNED, take_over=True, exact=True)
    assert decided.update[0].labels_after == {"k": "v", MANAGER: "them"}


def test_a_diff_shows_labels_that_are_removed_alone():
    decided = decide(Wanted("a", labels={"k": None}), there=[found(labels={"k": "v", "l": "m"})])
    assert report.diff(THING, decided) == {
        "before": {"a": {"labels": {"k": "v", "l": "m"}}},
        "after": {"a": {"labels": {"l": "m"}}},
    }


def test_a_diff_shows_the_labels_of_what_is_removed():
    decided = decide(Wanted("a", absent=True), there=[found(labels={MANAGER: "me", "k": "v"})], owner="me")
    before = {"a": {"url": "u", "tags": [], "labels": {MANAGER: "me", "k": "v"}}}
    assert report.diff(THING, decided) == {"before": before, "after": {}}
