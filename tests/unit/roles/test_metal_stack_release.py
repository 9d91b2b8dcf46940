"""Which release the role deploys, and which it leaves to an upgrade."""

from __future__ import annotations

import jinja2
import pytest
from ansible.plugins.test import core
from metal_stack_role import ROLE, tasks, value
from played import play

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
    refuse, begun = tasks("begun.yml")
    files = [one["ansible.builtin.import_tasks"] for one in tasks("main.yml")]
    assert files.index("install.yml") < files.index("databases.yml") < files.index("begun.yml")
    assert files.index("begun.yml") < files.index("configure.yml")
    assert refuse["when"] == begun["when"] == "__metal_stack_control_plane_upgrades"
    # The very same that follows, and nothing of it is done.
    assert refuse["check_mode"] is True
    asked = [{name: one for name, one in task.items() if name != "name"} for task in refuse["block"]]
    assert asked == [{name: one for name, one in task.items() if name != "name"} for task in tasks("configure.yml")]
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
