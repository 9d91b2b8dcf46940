"""When metal-stack is deployed to a site, where in bootstrap, and what of it is left behind on the controller."""

from __future__ import annotations

import re

import jinja2
import pytest
from playbook_tasks import evaluated, holds, included
from site_variables import site_variables

REMEMBER = included("tasks/metal_stack/remember.yml")
OURS = "^StatefulSet/metal-control-plane/"
DATABASE, OTHER = "StatefulSet/metal-control-plane/valkey", "CronJob/default/report"
GARDENLET = "Deployment/garden/gardenlet"


def waits(held, **variables):
    (know,) = [one for one in included("tasks/metal_stack/look.yml") if one["name"] == "Know what is waited for"]
    garden = site_variables()["__site_garden_held"]
    others = list(evaluated(know["vars"]["__others"], __held=held, __ours=OURS, __site_garden_held=garden))
    waiting = [re.sub(OURS, "", one) for one in held if re.match(OURS, one)]
    known = {
        "__waiting": waiting,
        "__api": {"ready": True},
        "ansible_check_mode": False,
        "__others": others,
        "__judged": {},
        **variables,
    }
    return evaluated(know["ansible.builtin.set_fact"]["__site_waits"], **known)


@pytest.mark.parametrize(
    ("held", "variables", "why"),
    [
        ([], {}, ""),
        ([DATABASE], {}, ""),
        ([DATABASE, GARDENLET], {}, ""),
        ([], {"__api": {}, "ansible_check_mode": True}, "no cluster yet"),
        ([], {"ansible_check_mode": True}, ""),
        ([], {"site_recovery_release": "false"}, "site_recovery_release"),
        ([], {"__site_releases": False}, "something else"),
        ([DATABASE], {"ansible_check_mode": True}, "looked into by a run that is no check"),
        ([DATABASE, OTHER], {}, f"until it was compared ({OTHER})"),
    ],
    ids=[
        "as ever", "databases wait for it", "a garden waits, which is another's business", "it is not there yet",
        "check mode", "somebody looks first", "another playbook",
        "check mode makes no pod that looks into a volume", "nobody has compared it",
    ],
)  # fmt: skip
def test_nothing_acts_on_what_was_restored_before_it_was_compared(held, variables, why):
    found = waits(held, **variables)
    assert why in found and bool(found) is bool(why)


def test_it_is_the_last_of_bootstrap_but_for_gardener_and_alone_it_judges_first():
    *_others, last, gardener, told = included("bootstrap.yml")
    assert gardener["ansible.builtin.import_playbook"] == "metalstack.autonomous.deploy_gardener"
    assert [one["name"] for one in told["tasks"]] == ["Say what is missing, and why"]
    validate, alone = included("metal_stack.yml")
    assert validate["ansible.builtin.import_playbook"] == "metalstack.autonomous.validate"
    # A skipped import would put its skipped results in the place of what bootstrap has seen of the hosts.
    assert last == alone and "when" not in last
    assert last["ansible.builtin.import_playbook"] == "metalstack.autonomous.deploy_metal_stack"


def test_the_site_is_let_go_whatever_becomes_of_it():
    (deploy,) = [one for one in included("deploy_metal_stack.yml")[0]["tasks"] if one["name"] == "Deploy it"]
    hold, inner = deploy["block"]
    assert hold["ansible.builtin.include_tasks"] == "tasks/hold.yml"
    assert [one["ansible.builtin.include_tasks"] for one in inner["always"]] == ["tasks/release.yml"]


def test_who_waits_for_data_is_noted_before_a_restore_deletes_it_and_forgotten_at_the_end():
    (deploy,) = [one for one in included("deploy_metal_stack.yml")[0]["tasks"] if one["name"] == "Deploy it"]
    steps = [one.get("ansible.builtin.include_tasks", "") for one in deploy["block"][1]["block"]]
    assert steps.index("tasks/metal_stack/note.yml") < steps.index("tasks/metal_stack/deploy.yml")
    assert steps[-1] == "tasks/metal_stack/remember.yml"
    *_others, note = included("tasks/metal_stack/remember.yml")
    assert note["ansible.builtin.include_tasks"] == "note.yml" and note["vars"]["__site_waiting"] == []


@pytest.mark.parametrize(
    ("noted", "there", "made"),
    [
        ({}, "12 15", True),
        ({"data": {"held": "", "saved": "9 15"}}, "12 15", True),
        ({"data": {"held": "", "saved": "12 15"}}, "12 15", False),
        ({"data": {"held": ""}}, "", False),
    ],
    ids=["never made", "a run ended before it", "made", "nothing was deployed"],
)
def test_the_set_with_its_secrets_is_due_until_it_was_made_whatever_became_of_a_run(noted, there, made):
    names = {one.get("ansible.builtin.include_tasks"): at for at, one in enumerate(REMEMBER)}
    assert names["made.yml"] < names["../back_up.yml"] < names["note.yml"]
    variables = {"__site_noted": noted, "__site_made": there, "ansible_check_mode": False}
    variables |= {"inventory_hostname": "server1", "backup_hosts": ["server1"], "backup_components": [{"name": "k3s"}]}
    assert all(evaluated(one, **variables) for one in REMEMBER[names["../back_up.yml"]]["when"]) is made
    assert evaluated(REMEMBER[names["note.yml"]]["vars"]["__site_saved"], **variables) == there


@pytest.mark.parametrize(
    ("storage", "resumes", "check", "host", "backs_up"),
    [
        ({"bucket": "b"}, False, False, "server1", True),
        ({"bucket": "b"}, True, False, "server1", False),
        ({"bucket": "b"}, False, True, "server1", False),
        ({"bucket": "b"}, False, False, "server2", False),
        ({}, False, False, "server1", False),
    ],
    ids=["a step begins", "it goes on with data that may be half migrated", "check mode", "asked once", "no place"],
)
def test_databases_back_themselves_up_before_a_release_is_taken(storage, resumes, check, host, backs_up):
    first, second, _take = included("tasks/upgrade_metal_stack/step.yml")
    assert first["ansible.builtin.include_tasks"] == "../metal_stack/back_up_databases.yml"
    assert second["ansible.builtin.include_tasks"] == "../way_back.yml"
    known = {
        "metal_stack_control_plane_storage": storage,
        "__metal_stack_control_plane_step": {"resumes": resumes},
        "ansible_check_mode": check,
        "inventory_hostname": host,
        "groups": {"k3s_servers": ["server1", "server2"]},
    }
    assert holds(first, **known) is backs_up


def test_an_upgrade_notes_that_its_set_has_what_it_has_made():
    (upgrade,) = [one for one in included("upgrade_metal_stack.yml")[1]["tasks"] if one["name"] == "Upgrade"]
    steps = [one.get("ansible.builtin.include_tasks", "") for one in upgrade["block"]]
    at = steps.index("tasks/back_up.yml")
    assert steps[at : at + 3] == ["tasks/back_up.yml", "tasks/metal_stack/made.yml", "tasks/metal_stack/note.yml"]


def test_the_kubeconfig_is_nobody_elses_and_goes_with_the_run():
    _read, deploy = included("tasks/metal_stack/administer.yml")
    assert deploy["run_once"] is True and deploy["delegate_to"] == "localhost"
    assert deploy["vars"]["ansible_become"] is False
    keep = next(one for one in deploy["block"] if "ansible.builtin.copy" in one)
    assert keep["ansible.builtin.copy"]["mode"] == "0600" and keep["no_log"] is True
    (remove,) = deploy["always"]
    assert remove["ansible.builtin.file"]["state"] == "absent" and remove["check_mode"] is False
    assert "when" not in remove


def test_what_a_run_leaves_of_it_that_was_killed_is_overwritten_and_removed_by_the_next():
    _read, deploy = included("tasks/metal_stack/administer.yml")
    have, keep = deploy["block"][:2]
    assert have["ansible.builtin.file"]["state"] == "directory" and have["ansible.builtin.file"]["mode"] == "0700"
    (remove,) = deploy["always"]
    where = deploy["vars"]["__administrated"]
    assert where == "{{ __site_kubeconfig | default(metal_stack_control_plane_kubeconfig) }}"
    used = {keep["ansible.builtin.copy"]["dest"], remove["ansible.builtin.file"]["path"]}
    assert used == {"{{ __administrated }}"}
    path = site_variables()["metal_stack_control_plane_kubeconfig"]
    found = jinja2.Template(path).render(metal_stack_control_plane_stage="initial")
    assert found == "/var/lib/metal-stack/.runs/initial/kubeconfig"


@pytest.mark.parametrize(
    ("state", "lost"),
    [("absent", True), ("empty", True), ("lost+found", True), ("interrupted", True), ("data", False)],
)
def test_what_came_back_without_its_data_is_lost(state, lost):
    (look,) = [one for one in included("tasks/metal_stack/lost.yml") if "block" in one]
    (know,) = [one for one in look["block"] if one["name"] == "Know which have lost their data"]
    # Of Valkey that runs nothing may lie in its volume.
    found = {"databases": [{"name": "valkey", "state": state, "volume": {"entries": [], "running": True}}]}
    told = know["ansible.builtin.set_fact"]["__site_lost_databases"]
    assert list(evaluated(told, __site_databases=found)) == ["valkey"] * lost
