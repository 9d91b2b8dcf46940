"""When metrics and the inventory's own components come back after a total restore."""

from __future__ import annotations

import jinja2
import pytest
from playbook_tasks import BUILD, ENVIRONMENT, holds, included

LATER = "Bring back what a site that was restored goes on without"
METRICS = {"metrics_component": {"name": "metrics"}, "inventory_hostname": "server1", "ansible_check_mode": False}


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({}, True),
        ({"site_recovery_metrics": False}, False),
        ({"monitoring_servers": ["server2"]}, False),
        ({"__site_backups": {"holding": {"metrics": True}}}, False),
    ],
    ids=["empty", "not wanted", "no store", "samples of its own"],
)
def test_a_restore_remembers_to_bring_metrics_to_an_empty_store(changed, wanted):
    (restore,) = [one for one in included("tasks/recover.yml") if one["name"] == "Restore the site"]
    named = [one["name"] for one in restore["block"]]
    (task,) = [one for one in restore["block"] if one["name"] == "Remember to bring back the metrics"]
    assert named.index(task["name"]) < named.index("Begin a generation, so that older data starts no more")
    variables = {"monitoring_servers": ["server1"], "__site_backups": {"holding": {"metrics": False}}, **METRICS}
    assert holds(task, **{**variables, **changed}) is wanted


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({}, False),
        ({"__site_metrics_noted": {"changed": True}}, True),
        ({"__site_metrics_due": ["metrics"]}, True),
        ({"__site_half": ["metrics"]}, True),
        ({"__site_half": ["powerdns"]}, False),
        ({"__site_metrics_due": ["metrics"], "ansible_check_mode": True}, False),
        ({"__site_metrics_due": ["metrics"], "__site_releases": False}, False),
    ],
    ids=[
        *("nothing", "restored now", "restored by a run that was cut off", "cut off", "another one", "check mode"),
        "a restore of something else",
    ],
)
def test_metrics_come_back_after_all_else_where_they_are_due(changed, wanted):
    plays = included("bootstrap.yml")
    named = [one["name"] for one in plays]
    (play,) = [one for one in plays if one["name"] == LATER]
    assert named.index(play["name"]) > named.index(BUILD)
    # A store that does not come back keeps none of the others from it.
    assert "any_errors_fatal" not in play
    (_own, task) = play["tasks"]
    assert holds(task, **{"__site_metrics_due": [], "__site_half": [], **METRICS, **changed}) is wanted


@pytest.mark.parametrize(
    ("due", "restoring", "wanted"),
    [(["metrics"], [], True), ([], ["metrics"], True), (["metrics_server1"], ["k3s"], False)],
    ids=["due", "cut off", "stores of another kind"],
)
def test_only_the_store_that_was_to_get_its_metrics_back_gets_them(due, restoring, wanted):
    (bring,) = [one for one in included("tasks/recover_metrics.yml") if one["name"] == "Bring back the metrics"]
    template = bring["vars"]["__site_metrics_wanted"].removeprefix("{{ ").removesuffix(" }}")
    environment = jinja2.Environment()
    environment.filters["bool"] = bool
    catalogue = {"due": due, "restoring": [{"component": name} for name in restoring]}
    variables = {**METRICS, "monitoring_servers": ["server1"], "__site_catalogue": catalogue}
    assert environment.compile_expression(template)(**variables) is wanted
    # What is noted of another kind is forgotten, too: else every run would look for it. Others' components are not.
    assert bring["block"][-1]["loop"] == "{{ __site_catalogue.due | select('match', 'metrics(_|$)') }}"


@pytest.mark.parametrize(("noted", "saves"), [({"changed": True}, "False"), ({"changed": False}, "True"), ({}, "True")])
def test_what_was_measured_since_an_earlier_run_is_backed_up_before_it_is_replaced(noted, saves):
    (bring,) = [one for one in included("tasks/recover_metrics.yml") if one["name"] == "Bring back the metrics"]
    (task,) = [one for one in bring["block"] if one["name"] == "Restore the samples"]
    template = ENVIRONMENT.from_string(task["vars"]["backup_restore_saves"])
    assert template.render(__site_metrics_noted=noted) == saves


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({}, True),
        ({"site_recovery_components": False}, False),
        ({"hostvars": {"server2": {"__site_backups": {"holding": {"accounts": True}}}}}, False),
    ],
    ids=["lost", "not wanted", "another host has it"],
)
def test_a_restore_remembers_what_the_inventory_has_named_unless_one_of_its_hosts_has_it(changed, wanted):
    (restore,) = [one for one in included("tasks/recover.yml") if one["name"] == "Restore the site"]
    named = [one["name"] for one in restore["block"]]
    (task,) = [one for one in restore["block"] if one["name"] == "Remember to bring back what the inventory has named"]
    assert named.index(task["name"]) < named.index("Begin a generation, so that older data starts no more")
    environment = jinja2.Environment()
    environment.filters["bool"] = bool
    environment.filters["extract"] = lambda host, known, way: known[host].get(way[0], {}).get(way[1])
    environment.filters["length"] = lambda several: len(list(several))
    hosts = {name: {"__site_backups": {"holding": {"accounts": False}}} for name in ("server1", "server2")}
    hosts |= changed.get("hostvars", {})
    variables = {"ansible_play_hosts": list(hosts), "item": "accounts", **changed, "hostvars": hosts}
    assert all(environment.compile_expression(one)(**variables) for one in task["when"]) is wanted


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({}, False),
        ({"__site_own_noted": {"changed": True}}, True),
        ({"__site_own_due": ["accounts"]}, True),
        ({"__site_own_half": ["accounts"]}, True),
        ({"__site_own_due": ["accounts"], "ansible_check_mode": True}, False),
        ({"__site_own_due": ["accounts"], "__site_releases": False}, False),
    ],
    ids=["nothing", "restored now", "due", "cut off", "check mode", "a restore of something else"],
)
def test_what_the_inventory_has_named_comes_back_after_all_else_and_what_is_not_back_is_told_last(changed, wanted):
    plays = included("bootstrap.yml")
    (play,) = [one for one in plays if one["name"] == LATER]
    own, metrics = play["tasks"]
    assert own["ansible.builtin.include_tasks"] == "tasks/recover_own.yml"
    known = {"__site_own_due": [], "__site_own_half": [], "ansible_check_mode": False, **changed}
    assert holds(own, **known) is wanted
    assert own["vars"]["__site_own_due"] == "{{ __site_due | reject('match', 'metrics(_|$)') }}"
    assert metrics["vars"]["__site_metrics_due"] == "{{ __site_due | select('match', 'metrics(_|$)') }}"
    # What fails would take its host out of all that follows.
    (tell,) = plays[-1]["tasks"]
    assert holds(tell, __site_not_back={"accounts": "no unit"}) and not holds(tell)
    text = tell["ansible.builtin.fail"]["msg"]
    environment = jinja2.Environment()
    told = environment.from_string(text).render(__site_not_back={"b": "x", "a": "no unit"}, site_name="s")
    assert "these are not back: a (no unit), b (x). Put" in told
