"""What the role does before what: databases count on the order of its tasks."""

from __future__ import annotations

import re

import jinja2
import pytest
import yaml
from ansible.plugins.test import core
from played import ROLES, play

ROLE = ROLES / "metal_stack_control_plane"
COMPONENT = "metalstack.autonomous.metal_stack_component"
RESTORE = "metalstack.autonomous.metal_database_restore"


def tasks(name):
    return yaml.safe_load((ROLE / "tasks" / name).read_text())


def found(named, module, **options):
    """Where the module is called with these options, of which there has to be one such task."""
    (index,) = [i for i, one in enumerate(named) if module in one and one[module].items() >= options.items()]
    return index


def value(template, **variables):
    """What a template of one expression is."""
    return jinja2.Environment().compile_expression(template.removeprefix("{{").removesuffix("}}"))(**variables)


def test_what_begins_without_data_is_marked_before_it_has_some():
    run = tasks("run.yml")
    mark = found(run, RESTORE, state="fresh")
    assert mark < found(run, COMPONENT)
    decided = [{"name": "a", "action": "fresh", "prefix": "a-prod"}, {"name": "b", "action": "keep"}]
    marked = value(run[mark]["loop"], __metal_stack_control_plane_decided=decided)
    assert [one["name"] for one in marked] == ["a"]


SINCE, LATER = "2026-11-29T11:00:00+00:00", "2026-11-29T11:03:00+00:00"
NEWEST = {"version": "v2", "made": LATER}
NEW, OLD = {"cluster": "uid"}, {"cluster": "old"}


def variables(*names):
    given = {
        "kubeconfig": "/k", "namespace": "n", "stage": "prod", "storage": {"bucket": "b"}, "timeout": 0,
        "reader_image": "i:1",
        "databases": [{"name": name, "accept": [f"some of {name}"]} for name in names], "state_path": "/s",
    }  # fmt: skip
    databases = [{"name": name, "engine": f"that of {name}"} for name in names]
    plan = {"__metal_stack_control_plane_plan": {"databases": databases}}
    return {**{f"metal_stack_control_plane_{name}": value for name, value in given.items()}, **plan}


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
    assert saved == {"kept-prod": False, "names-prod": False, "fresh-prod": False, "restored-prod": True}
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
    compared = ended.of("metal_database_sentinels", state="compared", cluster="uid", restored=True)
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


V1, V2 = {"release": "v0.22.9"}, {"release": "v0.22.10"}


def agrees(standing, name, **more):
    """Whether a release is deployed, and what is told if not. standing: what the cluster tells."""
    (task,) = tasks("agreed.yml")
    environment = jinja2.Environment()
    environment.tests |= {"match": core.match, "version": core.version_compare}
    environment.filters["bool"] = lambda one: str(one).lower() == "true"
    known = {
        "metal_stack_control_plane_allow_downgrade": False,
        "metal_stack_control_plane_release_left": "",
        "__metal_stack_control_plane_deployed": {"name": name},
        "__metal_stack_control_plane_standing": {"release": "", "begun": "", "unused": False, **standing},
        **more,
    }
    for one, rule in task["vars"].items():
        known[one] = environment.compile_expression(rule.removeprefix("{{").removesuffix("}}"))(**known)
    words = " ".join(environment.from_string(task["ansible.builtin.assert"]["fail_msg"]).render(known).split())
    return environment.compile_expression(task["ansible.builtin.assert"]["that"])(**known), words


@pytest.mark.parametrize(
    ("standing", "name"),
    [
        ({}, "v0.22.10"),
        ({}, ""),
        ({}, "main"),
        (V2, "v0.22.10"),
        # What was begun is gone on with, which has its way back from then.
        ({**V1, "begun": "v0.22.10"}, "v0.22.10"),
    ],
    ids=["first", "first without a name", "first of no release", "the same", "the one under way"],
)
def test_the_release_of_the_cluster_is_deployed_again(standing, name):
    assert agrees(standing, name)[0]


@pytest.mark.parametrize(
    ("standing", "name", "told"),
    [
        (V1, "v0.22.10", "is at v0.22.9, and v0.22.10 would be deployed"),
        (V2, "v0.22.9", "is at v0.22.10, and v0.22.9 would be deployed"),
        (V2, "v0.22.11-rc1", "is at v0.22.10, and v0.22.11-rc1 would be deployed"),
        (V2, "", "is at v0.22.10, and what is wanted has no name (metal_stack_control_plane_release_name) would be"),
        ({**V1, "begun": "v0.22.10"}, "v0.22.11", "is on its way to v0.22.10, and v0.22.11 would be deployed"),
        ({**V1, "begun": "v0.22.10"}, "v0.22.9", "is on its way to v0.22.10, and v0.22.9 would be deployed"),
    ],
    ids=["newer", "older", "none that is final", "without a name", "past one under way", "back from one under way"],
)
def test_another_release_is_left_to_an_upgrade(standing, name, told):
    agreed, words = agrees(standing, name)
    assert not agreed
    assert told in words
    assert "run the playbook upgrade_metal_stack" in words


@pytest.mark.parametrize(("name", "goes_on"), [("v0.22.9", True), ("v0.22.11", False), ("main", False)])
def test_an_older_release_is_deployed_where_somebody_has_said_so(name, goes_on):
    assert agrees(V2, name, metal_stack_control_plane_allow_downgrade="true")[0] is goes_on


@pytest.mark.parametrize(
    ("unused", "left", "goes_on"),
    [(True, "v0.22.9", True), (True, "v0.22.8", False), (True, "", False), (False, "v0.22.9", False)],
    ids=["by a word", "another one's", "without a word", "something has run"],
)
def test_a_release_of_which_nothing_has_run_is_left_by_a_word(unused, left, goes_on):
    agreed, words = agrees({**V1, "unused": unused}, "v0.22.10", metal_stack_control_plane_release_left=left)
    assert agreed is goes_on
    assert ("by metal_stack_control_plane_release_left: v0.22.9" in words) is unused


def test_a_step_of_an_upgrade_takes_another_release():
    (task,) = tasks("agreed.yml")
    (step,) = [one for one in tasks("step.yml") if one.get("ansible.builtin.include_tasks") == "main.yml"]
    assert task["when"] == "not __metal_stack_control_plane_upgrades"
    assert step["vars"]["__metal_stack_control_plane_upgrades"] is True


def test_what_the_cluster_has_is_asked_before_anything_is_deployed():
    files = [one["ansible.builtin.import_tasks"] for one in tasks("main.yml")]
    assert files[: files.index("databases.yml")] == ["validate.yml", "standing.yml", "install.yml", "agreed.yml"]


def test_a_step_begins_once_all_that_may_refuse_it_has_not():
    (begun,) = tasks("begun.yml")
    files = [one["ansible.builtin.import_tasks"] for one in tasks("main.yml")]
    assert files.index("install.yml") < files.index("databases.yml") < files.index("begun.yml")
    assert files.index("begun.yml") < files.index("configure.yml")
    assert begun["when"] == "__metal_stack_control_plane_upgrades"
    assert not [one for one in tasks("step.yml") if "metalstack.autonomous.metal_stack_standing" in one]


def test_what_is_installed_is_compared_with_what_the_cluster_has():
    (install,) = tasks("install.yml")
    asked = install["metalstack.autonomous.metal_stack_release"]
    standing = {**V2, "components": {"a": "v1"}, "begun": ""}
    told = {name: value(one, __metal_stack_control_plane_standing=standing) for name, one in asked["deployed"].items()}
    assert told == {"release": "v0.22.10", "components": {"a": "v1"}}
    assert asked["withdrawn"] == "{{ metal_stack_control_plane_releases_withdrawn }}"


def test_another_release_ends_the_run(tmp_path):
    given = {
        "metal_stack_control_plane_allow_downgrade": False,
        "metal_stack_control_plane_release_left": "",
        "metal_stack_control_plane_release_name": "v0.22.10",
        "__metal_stack_control_plane_release": {
            "release": {"name": ""},
            "roles_path": "/r",
            "roles": {},
            "variables": {},
        },
        "__metal_stack_control_plane_standing": {**V1, "begun": "", "unused": False},
    }
    ended = play(tmp_path, ROLE / "tasks/agreed.yml", given, {})
    assert ended.failed
    assert "run the playbook upgrade_metal_stack" in ended.output


def backed_up(directory, newest, ages, suspect=(), **more):
    """Play the look at backups before a step, of a release that was reached at SINCE."""
    names = list(newest)
    known = variables(*names)
    plan = known["__metal_stack_control_plane_plan"]
    plan |= {"backup_ages": ages, "gated": [{"name": name, "size_floor": 256} for name in names]}
    known |= {
        # What the module that stands in for an action has to be run with.
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        "__metal_stack_control_plane_wanted": {},
        "metal_stack_control_plane_backup_age": 0,
        **more,
    }
    found = [
        {"name": name, "newest": one, "suspect": "it has 300 bytes" if name in suspect else ""}
        for name, one in newest.items()
    ]
    given = {
        "metal_stack_standing_info": {"release": "v0.22.18", "begun": "", "since": SINCE, "components": {}},
        "metal_database_backups_info": {"databases": found},
    }
    return play(directory, ROLE / "tasks/backups.yml", known, given)


BACKUP = {"made": LATER, "age": 60, "bytes": 300}


def test_a_backup_that_is_no_way_back_is_told_of_each_database(tmp_path):
    newest = {
        "good": BACKUP,
        "none": None,
        "old": {**BACKUP, "age": 901},
        "empty": {**BACKUP, "bytes": 255},
        "shrunk": BACKUP,
        "former": {**BACKUP, "made": SINCE},
    }
    ended = backed_up(tmp_path, newest, dict.fromkeys(newest, 900), suspect=["shrunk"])
    assert ended.failed
    told = dict(re.findall(r"(\w+): expected a backup of the last 900 s.*?found (.*?) -> the log", ended.output))
    assert told == {
        "none": "none",
        "old": "one of 901 s ago",
        "empty": "one of 255 bytes",
        "shrunk": "one that is suspect: it has 300 bytes",
        "former": f"one made at {SINCE}",
    }


def test_backups_that_are_a_way_back_let_the_step_begin(tmp_path):
    ended = backed_up(
        tmp_path, {"a": BACKUP, "b": BACKUP}, {"a": 900, "b": 172800}, metal_stack_control_plane_timeout=60
    )
    assert not ended.failed, ended.output
    assert len(ended.of("metal_database_backups_info")) == 1


@pytest.mark.parametrize(
    ("made", "age", "found", "waits"),
    [
        (SINCE, 900, {"attempts": 1}, True),
        (SINCE, 900, {"attempts": 120}, True),
        (SINCE, 900, {"attempts": 121}, False),
        (SINCE, 900, {"attempts": 1, "failed": True}, False),
        # It comes in hours, or tomorrow.
        (SINCE, 7200, {"attempts": 1}, False),
        (LATER, 900, {"attempts": 1}, False),
        (None, 900, {"attempts": 1}, False),
    ],
    ids=["soon", "still", "in vain", "no answer", "late", "there", "none at all"],
)
def test_the_next_backup_is_waited_for_where_it_comes_soon(made, age, found, waits):
    (task,) = [one for one in tasks("backups.yml") if "until" in one]
    environment = jinja2.Environment()
    environment.tests["failed"] = lambda result: result.get("failed", False)
    # Ansible unrolls generators.
    environment.filters["length"] = lambda one: len(list(one))
    known = {
        "__metal_stack_control_plane_backups": {"databases": [{"newest": made and {"made": made}}], **found},
        "__metal_stack_control_plane_standing": {"since": SINCE},
        "__metal_stack_control_plane_plan": {"backup_ages": {"a": age, "b": 900}},
        "metal_stack_control_plane_timeout": "1200",
        "ansible_check_mode": False,
    }
    assert environment.compile_expression(task["until"])(**known) is not waits
    assert environment.from_string(task["retries"]).render(known) == "120"
