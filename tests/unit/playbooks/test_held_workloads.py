"""When what acts by itself is held in a restore, and when it is let go."""

from __future__ import annotations

import jinja2
import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import layout
from playbook_tasks import block, evaluated, holds, included, tasks


def test_a_hold_that_is_cut_off_begins_with_the_api_alone_again():
    held = {one["name"]: one for one in included("tasks/hold_workloads.yml")}
    names = list(held)
    for earlier in ("Hold what would act on what was restored", "Stop the API", "Have it know yet that it was reset"):
        assert names.index(earlier) < names.index("Have it start as ever")
    assert names[-1] == "Have it start as ever"
    assert held[names[-1]]["ansible.builtin.file"] == {"path": layout.QUIET_FILE, "state": "absent"}


def test_what_is_held_is_let_go_when_it_was_compared_and_before_it_is_backed_up():
    named = [one["name"] for one in block()]
    start = included("../roles/backup/tasks/start.yml")
    assert start[1]["metalstack.autonomous.backup_set"]["state"] == "confirmed"
    compare, release = named.index("Begin to back up"), named.index("Let go what was held until it was compared")
    assert compare < release < named.index("Back up what has become of it")


FOUND, ASKED = ({"k3s": {"api": {"held": [name]}}} for name in ("found", "asked"))


@pytest.mark.parametrize(
    ("variables", "held"),
    [
        ({"__site_cluster": ASKED, "__k3s_cluster_found": FOUND}, ["asked"]),
        ({"__site_cluster": {"skipped": True}, "__k3s_cluster_found": FOUND}, ["found"]),
        ({"__k3s_cluster_found": FOUND}, ["found"]),
    ],
    ids=["as the cluster tells", "check mode", "never asked"],
)
def test_what_is_held_is_known_without_asking_again(variables, held):
    found = tasks()["tasks/release_workloads.yml"]["vars"]["__site_held"].strip()
    assert jinja2.Environment().compile_expression(found.removeprefix("{{").removesuffix("}}"))(**variables) == held


@pytest.mark.parametrize(
    ("held", "where", "release"),
    [([], "server1", False), (["CronJob/a/b"], "server1", True), (["CronJob/a/b"], "server2", False)],
    ids=["nothing is held", "something is", "another host"],
)
def test_one_host_lets_go_what_is_held(held, where, release):
    variables = {"backup_hosts": ["server1", "server2"], "inventory_hostname": where, "__site_held": held}
    variables |= {"__k3s_cluster_plan": {"entry_host": "server1"}, "ansible_check_mode": False}
    assert holds(tasks()["tasks/release_workloads.yml"], **variables) is release


@pytest.mark.parametrize(
    ("variables", "why"),
    [
        ({}, ""),
        ({"site_recovery_release": "false"}, "as site_recovery_release says"),
        ({"__site_releases": "False"}, "which this playbook leaves as it is"),
        ({"__site_compared": {"unconfirmed": ["", "k3s"]}}, "which was not compared with its set"),
        ({"__site_compared": {"unconfirmed": ["powerdns"]}}, ""),
        (
            {"__site_compared": {"unanswered": "time-out"}},
            "while the object storage gives no answer whether it was compared",
        ),
    ],
    ids=["bootstrap", "not wanted", "another playbook", "nobody compared it", "a component alone", "storage down"],
)
def test_what_nobody_has_compared_stays_held_and_what_nobody_asked_for(variables, why):
    given = tasks()["tasks/release_workloads.yml"]["vars"]
    lets_go = evaluated(given["__site_lets_go"], **variables)
    compared = {"__site_compared": {"unconfirmed": []}, **variables} if lets_go else {"__site_compared": {}}
    assert evaluated(given["__site_stays"], **{**variables, **compared, "__site_lets_go": lets_go}) == why
    ask, say, let_go = included("tasks/release_workloads.yml")
    assert ask["when"] == "__site_lets_go" and "metalstack.autonomous.backup_info" in ask
    assert holds(say, __site_stays=why) is bool(why) and holds(let_go, __site_stays=why) is not bool(why)


@pytest.mark.parametrize(
    ("wanted", "held", "remedy"),
    [
        ("true", "StatefulSet/a/b", "metal_stack does so"),
        ("false", "StatefulSet/a/b", "with site_metal_stack, or delete them"),
        ("false", "Deployment/garden/gardenlet", "Of gardenlet the playbook gardener does so, with site_gardener."),
    ],
)
def test_what_waits_for_its_data_after_all_else_was_let_go_is_told_with_what_to_do(wanted, held, remedy):
    *_others, let_go = included("tasks/release_workloads.yml")
    release, say, _report = let_go["block"]
    assert "metalstack.autonomous.k3s_workloads" in release
    assert holds(say, __site_released={"held": [held]}) and not holds(say, __site_released={"held": []})
    assert "__site_released.held" in say["ansible.builtin.debug"]["msg"]
    told = evaluated(say["vars"]["__site_remedy"], site_metal_stack=wanted, __site_released={"held": [held]})
    assert remedy in told


@pytest.mark.parametrize("name", ["restore", "replace_node", "add_node"])
def test_a_playbook_that_ends_with_bootstrap_lets_nothing_go_by_the_way(name):
    (last,) = [
        one
        for one in included(f"{name}.yml")
        if one.get("ansible.builtin.import_playbook") == "metalstack.autonomous.bootstrap"
    ]
    # But for a total restore, which holds it itself.
    assert last["vars"]["__site_releases"] == ("{{ __restore_total }}" if name == "restore" else False)
