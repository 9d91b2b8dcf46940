"""What the role does before what: databases count on the order of its tasks."""

from __future__ import annotations

import re

import pytest
from metal_stack_role import LATER, ROLE, SINCE, tasks, value, variables
from played import play

COMPONENT = "metalstack.autonomous.metal_stack_component"
RESTORE = "metalstack.autonomous.metal_database_restore"
NEWEST = {"version": "v2", "made": LATER}
NEW, OLD = {"cluster": "uid"}, {"cluster": "old"}


def found(named, module, **options):
    """Where the module is called with these options, of which there has to be one such task."""
    (index,) = [i for i, one in enumerate(named) if module in one and one[module].items() >= options.items()]
    return index


def test_what_begins_without_data_is_marked_before_it_has_some():
    run = tasks("run.yml")
    mark = found(run, RESTORE, state="fresh")
    assert mark < found(run, COMPONENT)
    decided = [{"name": "a", "action": "fresh", "prefix": "a-prod"}, {"name": "b", "action": "keep"}]
    marked = value(run[mark]["loop"], __metal_stack_control_plane_decided=decided)
    assert [one["name"] for one in marked] == ["a"]


def counted(name, rows=3, began=None, since=SINCE, **lists):
    """What metal_database_info tells of a database."""
    volume = {"began": {"how": began, "since": since} if began else None}
    return {
        "name": name,
        "prefix": f"{name}-prod",
        "tables": {"t": rows},
        "lists": lists,
        "volume": volume,
        "restarts": 0,
        "pod": "p1",
    }


def save(directory, databases, newest, answers, known=(), accept=None):
    """Play the end of a run. newest: by database, what is another backup than the usual. answers: by database.

    known: of which something was saved. accept: of all of them.
    """
    names = [one["name"] for one in databases]
    backups = [
        {"name": name, "newest": newest.get(name, NEWEST), "sentinels": NEW if name in known else None}
        for name in names
    ]
    given = {
        "metal_database_info": {"cluster": "uid", "databases": databases},
        "metal_database_backups_info": {"databases": backups},
        "metal_database_sentinels": {"before": NEW, "after": NEW, "drops": []},
        **{f"metal_database_sentinels {name}-prod": answer for name, answer in answers.items()},
    }
    wanted = variables(*names)
    for one in wanted["metal_stack_control_plane_databases"] if accept is not None else []:
        one["accept"] = accept
    return play(directory, ROLE / "tasks/sentinels.yml", wanted, given)


@pytest.mark.parametrize(("accept", "asked"), [([], ["emptied-prod"]), (["t"], [])])
def test_one_that_holds_nothing_any_more_is_compared_unless_somebody_knows_why(tmp_path, accept, asked):
    """Of one that is new nothing was saved, and nothing tells that it is whole."""
    ended = save(tmp_path, [counted("emptied", 0), counted("new", 0)], {}, {}, known=["emptied"], accept=accept)
    assert not ended.failed, ended.output
    assert [one["prefix"] for one in ended.of("metal_database_sentinels", state="saved")] == asked


def test_what_databases_hold_is_saved_with_a_backup_of_this_cluster(tmp_path):
    databases = [
        counted("kept"),
        counted("names", 0, projects=["p"]),
        counted("fresh", began="fresh"),
        counted("restored", began="restore"),
        counted("young", began="restore", since=LATER),
        counted("empty", 0, projects=[]),
        counted("new", began="fresh"),
    ]
    ended = save(tmp_path, databases, {"new": None}, {})
    assert not ended.failed, ended.output
    asked = ended.of("metal_database_sentinels", state="saved", version="v2", cluster="uid")
    saved = {one["prefix"]: one["restored"] for one in asked}
    assert saved == {"kept-prod": "", "names-prod": "", "fresh-prod": "", "restored-prod": SINCE}
    assert (asked[0]["tables"], asked[0]["accept"], asked[1]["lists"]) == (
        {"t": 3},
        ["some of kept"],
        {"projects": ["p"]},
    )


def test_saving_is_a_change_only_the_first_time_and_what_is_less_no_failure(tmp_path):
    answers = {
        "first": {"before": None, "after": NEW, "drops": [], "changed": True},
        "taken": {"before": OLD, "after": NEW, "drops": [], "changed": True},
        "again": {"before": NEW, "after": NEW, "drops": [], "changed": True},
        "less": {"before": NEW, "after": NEW, "failed": True, "msg": "less", "drops": ["t"]},
        "down": {"before": None, "after": None, "failed": True, "msg": "no answer", "drops": []},
    }
    ended = save(tmp_path, [counted(name) for name in answers], {}, answers)
    said = {name: word for word, name in re.findall(r"(\w+): \[localhost\].*\(item=(\w+)\)", ended.output)}
    assert said == {"first": "changed", "taken": "changed", "again": "ok", "less": "ok", "down": "failed"}, ended.output


def test_what_databases_hold_is_saved_when_all_else_went_well():
    assert [one["ansible.builtin.import_tasks"] for one in tasks("main.yml")][-4:] == [
        "verify.yml",
        "reached.yml",
        "sentinels.yml",
        "prune.yml",
    ]


def restore(directory, names, unproven=(), going=(), kept=(), lost=(), **answers):
    """Play a restore of all of these.

    kept: others, which have their data. going: those that were begun and go on. answers: by module and database, what
    is another answer than that all is well.
    """
    given = {"metal_stack_component": {"changed": True}, "metal_database_restore": {}}
    for name in names:
        one = {**counted(name), "restore": {"version": f"v-{name}", "pod": "p1"}}
        given[f"metal_database_info {name}"] = {"cluster": "uid", "databases": [one]}
        given[f"metal_database_sentinels {name}-prod"] = {"drops": []}
    known = variables(*names)
    for one in known["metal_stack_control_plane_databases"]:
        one["without_sentinels"] = one["name"] in unproven
        one["lost"] = one["name"] in lost
    begins = [
        {
            "name": name, "action": "restore", "restores": {"version": f"v-{name}"}, "schedule": "never",
            "goes_on": name in going,
        }
        for name in names
    ]  # fmt: skip
    others = {"new": "fresh", **dict.fromkeys(kept, "keep")}
    begins += [
        {"name": name, "action": action, "restores": None, "schedule": "hourly", "goes_on": False}
        for name, action in others.items()
    ]
    known |= {
        # As run.yml has it.
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        "__metal_stack_control_plane_gate": {"databases": begins},
        "__metal_stack_control_plane_wanted": {},
        "__metal_stack_control_plane_deployed": {},
    }
    return play(directory, ROLE / "tasks/restore.yml", known, {**given, **answers})


def test_a_database_that_is_not_whole_costs_no_other_its_restore(tmp_path):
    less = {"failed": True, "msg": "b-prod: table t is gone. Nothing was saved."}
    down = {"failed": True, "msg": "pod c-0 is not there"}
    again = {"cluster": "uid", "databases": [{**counted("e"), "restarts": 2, "restore": {"pod": "p1"}}]}
    other = {"cluster": "uid", "databases": [{**counted("f"), "restore": {"pod": "p0"}}]}
    unknown = {"cluster": "uid", "databases": [{**counted("g"), "restore": {"pod": ""}}]}
    answers = {
        "metal_database_sentinels b-prod": less, "metal_database_info c": down, "metal_database_info e": again,
        "metal_database_info f": other, "metal_database_info g": unknown,
    }  # fmt: skip
    names = ["a", "b", "c", "d", "e", "f", "g"]
    ended = restore(tmp_path, names, unproven=["d"], lost=["b"], **answers)
    assert (
        ended.failed and "b: b-prod: table t is gone. Nothing was saved.; c: pod c-0 is not there; e: " in ended.output
    )
    modules = [name for name, _ in ended.asked]
    assert "e: its sidecar has started 2 times anew in pod p1, and p1 began the restore" in ended.output
    assert "f: its sidecar has started 0 times anew in pod p1, and p0 began the restore" in ended.output
    assert "g: its sidecar has started 0 times anew in pod p1, and nobody knows which one began" in ended.output
    assert modules[:15] == ["metal_database_restore"] * 14 + ["metal_stack_component"]
    for state in ("begun", "cleared"):
        assert [one["name"] for one in ended.of("metal_database_restore", state=state)] == names
    cleared = {(one["engine"], one["reader_image"]) for one in ended.of("metal_database_restore", state="cleared")}
    assert cleared == {(f"that of {name}", "i:1") for name in names}
    # Its disk was lost, so that the next run may discard what is in its volume.
    assert [one["name"] for one in ended.of("metal_database_restore", empty=True)] == ["b"]
    assert [one["state"] for _, one in ended.asked[:14]] == ["begun"] * 7 + ["cleared"] * 7
    compared = ended.of("metal_database_sentinels", state="compared", cluster="uid")
    assert [(one["prefix"], one["version"]) for one in compared] == [("a-prod", "v-a"), ("b-prod", "v-b")]
    confirmed = ended.of("metal_database_restore", state="confirmed")
    assert [(one["name"], one["prefix"]) for one in confirmed] == [("a", "a-prod"), ("d", "d-prod")]


@pytest.mark.parametrize(
    ("names", "kept", "failing", "good"),
    [
        (["a", "b"], ["c"], {}, ["c", "a"]),
        # So does one that was taken for good by a run that ended before it backed up.
        (["b"], ["a"], {}, ["a"]),
        (["b"], [], {}, None),
        (["b", "a"], [], {"metal_stack_component a": {"failed": True, "msg": "a is locked"}}, ["a"]),
    ],
)
def test_what_is_whole_backs_up_though_the_run_ends_for_what_is_not(tmp_path, names, kept, failing, good):
    less = {"failed": True, "msg": "table t is gone"}
    ended = restore(tmp_path, names, kept=kept, **{"metal_database_sentinels b-prod": less}, **failing)
    assert ended.failed and "b: table t is gone. All others" in ended.output
    deployed = [one for one in ended.of("metal_stack_component") if "schedules" not in one]
    assert [sorted(one["databases"]) for one in deployed] == ([sorted(good)] if good else [])
    module, last = ended.asked[-1]
    assert not good or (module == "metal_stack_component" and last == deployed[0])


@pytest.mark.parametrize(("names", "anew"), [(["a", "b"], ["b"]), (["a"], [])])
def test_a_restore_that_was_begun_and_goes_on_is_only_compared(tmp_path, names, anew):
    ended = restore(tmp_path, names, going=["a"])
    assert not ended.failed, ended.output
    for state in ("begun", "cleared"):
        assert [one["name"] for one in ended.of("metal_database_restore", state=state)] == anew
    assert [one["databases"] for one in ended.of("metal_stack_component")] == [anew] * len(anew)
    assert [one["name"] for one in ended.of("metal_database_restore", state="confirmed")] == names


def test_a_restore_that_is_whole_goes_on(tmp_path):
    ended = restore(tmp_path, ["a"])
    assert not ended.failed, ended.output
    (component,) = ended.of("metal_stack_component", databases=["a"])
    assert component["schedules"] == {"a": "never", "new": "hourly"}
    assert [name for name, _ in ended.asked][-2:] == ["metal_database_sentinels", "metal_database_restore"]
