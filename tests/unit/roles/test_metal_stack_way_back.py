"""Which backups are a way back before a step of an upgrade of metal-stack."""

from __future__ import annotations

import re

import jinja2
import pytest
from metal_stack_role import LATER, ROLE, SINCE, tasks, variables
from played import play


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
