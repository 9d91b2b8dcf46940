"""When Gardener is deployed to a site, when its garden is had come back instead, and what of it is saved."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from playbook_tasks import evaluated, holds, included
from played import Played, play
from site_variables import site_variables

PLAYBOOKS = Path(__file__).resolve().parents[3] / "playbooks"
ROLE = PLAYBOOKS.parent / "roles/gardener"
REMEMBER = included("tasks/gardener/remember.yml")


def entries() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROLE / "meta/argument_specs.yml").read_text())["argument_specs"]
    return found


def deploy() -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]:
    """What holds the site, what is done then, and what is told in the end."""
    (task,) = included("deploy_gardener.yml")[0]["tasks"]
    hold, inner, told = task["block"]
    assert hold["ansible.builtin.include_tasks"] == "tasks/hold.yml"
    assert [one["ansible.builtin.include_tasks"] for one in inner["always"]] == ["tasks/release.yml"]
    return task, inner["block"], told


def test_it_is_deployed_to_a_site_that_wants_it_and_alone_it_judges_first() -> None:
    validate, alone = included("gardener.yml")
    assert validate["ansible.builtin.import_playbook"] == "metalstack.autonomous.validate"
    assert alone["ansible.builtin.import_playbook"] == "metalstack.autonomous.deploy_gardener"
    task, _steps, _told = deploy()
    assert holds(task, site_gardener="true") and not holds(task) and not holds(task, site_gardener=False)


def test_nothing_is_done_that_the_cluster_waits_for_and_nothing_remembered_by_check_mode() -> None:
    _task, (look, say, act, remember), _told = deploy()
    assert look["ansible.builtin.include_tasks"] == "tasks/gardener/look.yml"
    waits = {"__site_waits": "what was restored is held", "ansible_check_mode": False}
    goes = {"__site_waits": "", "ansible_check_mode": False}
    assert [holds(one, **waits) for one in (say, act, remember)] == [True, False, False]
    assert [holds(one, **goes) for one in (say, act, remember)] == [False, True, True]
    assert not holds(remember, **{**goes, "ansible_check_mode": True})


@pytest.mark.parametrize(
    ("waits", "asked", "entry"),
    [(False, "", "main"), (True, "", "adopt"), (False, "adopt", "adopt"), (True, "restore", "restore")],
    ids=["as ever", "gardenlet is held since a restore", "asked for", "to another cluster"],
)
def test_a_garden_that_came_back_with_its_cluster_is_not_deployed_before_its_shoots_are_safe(
    waits: bool, asked: str, entry: str
) -> None:
    (act,) = included("tasks/gardener/act.yml")
    found = evaluated(act["vars"]["__site_garden_tasks"], __site_garden_returns=waits, __site_garden_restores=asked)
    assert found == entry and entry in entries()


@pytest.mark.parametrize(
    ("source", "entry"),
    [({}, "adopt"), ({"restore_garden_from": ""}, "adopt"), ({"restore_garden_from": "state"}, "restore")],
)
def test_a_restore_is_a_part_of_the_role(source: dict[str, str], entry: str) -> None:
    *_others, last = included("restore_garden.yml")
    assert last["ansible.builtin.import_playbook"] == "metalstack.autonomous.deploy_gardener"
    assert evaluated(last["vars"]["__site_garden_restores"], **source) == entry and entry in entries()


@pytest.mark.parametrize(
    ("gardenlet", "shoots", "returns"), [(False, [], False), (True, [], True), (False, [{"data": {}}], True)],
    ids=["nothing waits", "gardenlet is held", "a shoot has not come back"],
)  # fmt: skip
def test_a_garden_has_to_come_back_until_each_of_its_shoots_has(
    gardenlet: bool, shoots: list[Any], returns: bool
) -> None:
    look, ask, know = included("tasks/gardener/look.yml")
    assert look["ansible.builtin.include_tasks"] == "../metal_stack/look.yml"
    noted = yaml.safe_load((ROLE / "vars/main.yml").read_text())["__gardener_note"]
    assert ask["metalstack.autonomous.k3s_objects_info"]["objects"][0]["metadata"]["name"] == noted
    text = know["ansible.builtin.set_fact"]["__site_garden_returns"]
    found = {"__site_garden_waits": gardenlet, "__site_shoots": {"objects": shoots}}
    assert (
        evaluated(text, **found) is returns
        and evaluated(text, __site_garden_waits=gardenlet, __site_shoots={}) is gardenlet
    )


CONFIRMED = {"site_name": "initial", "site_gardener": True, "restore_garden_confirm": "initial"}


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({}, False), ({"restore_garden_from": "state", "restore_garden_fenced": "true"}, False),
        ({"restore_garden_from": "state"}, True), ({"restore_garden_from": "bucket"}, True),
        ({"restore_garden_confirm": "other"}, True), ({"site_gardener": False}, True),
    ],
)  # fmt: skip
def test_a_restore_that_nobody_meant_is_refused(changed: dict[str, Any], refused: bool) -> None:
    (refuse,) = included("restore_garden.yml")[1]["tasks"]
    given = {**CONFIRMED, **changed}
    assert all(holds({"when": one}, **given) for one in refuse["ansible.builtin.assert"]["that"]) is not refused


def test_shoots_that_stay_held_fail_the_run_once_all_else_is_saved() -> None:
    _task, _steps, told = deploy()
    (that,) = [told["ansible.builtin.assert"]["that"]]
    assert holds({"when": that}, gardener_held={}) and holds({"when": that})
    assert not holds({"when": that}, gardener_held={"garden-a/b": "the seed has no authority of it"})


@pytest.mark.parametrize(
    ("noted", "due"),
    [([], True), ([{"data": {"saved": "before"}}], True), ([{"data": {"saved": "now"}}], False)],
    ids=["never made", "a run ended before it, or something was rotated", "made"],
)
def test_the_set_with_its_keys_is_due_until_it_was_made_whatever_became_of_a_run(noted: list[Any], due: bool) -> None:
    names = {one.get("ansible.builtin.include_tasks"): at for at, one in enumerate(REMEMBER)}
    at = names["../back_up.yml"]
    known = {"inventory_hostname": "server1", "backup_hosts": ["server1"], "__site_saving": {"holding": {"k3s": True}}}
    found = {"__site_garden_noted": {"objects": noted}, "__site_garden_digest": "now", **known}
    assert holds(REMEMBER[at], **found) is due
    assert not holds(REMEMBER[at], **{**found, "__site_saving": {"holding": {"powerdns": True}}})
    *_before, note = REMEMBER
    assert note["metalstack.autonomous.k3s_objects"]["objects"][0]["data"] == {"saved": "{{ __site_garden_digest }}"}
    assert at < REMEMBER.index(note)


def test_the_site_gives_what_it_knows() -> None:
    given = {name for name in site_variables() if name.startswith("gardener_")}
    assert given == {
        f"gardener_{name}"
        for name in (
            "kubeconfig", "virtual_kubeconfig", "state_path", "nodes", "pods", "services", "taken_networks",
            "seed_api_url", "handed_on",
        )
    } <= set(entries()["main"]["options"])  # fmt: skip
    kubeconfigs = [site_variables()[name] for name in ("gardener_kubeconfig", "metal_stack_control_plane_kubeconfig")]
    assert len(set(kubeconfigs)) == 2


def mark(directory: Path, *there: str) -> Played:
    (directory / "play/tasks").mkdir(parents=True)
    (directory / "play/vars").mkdir()
    (directory / "play/vars/main.yml").write_text("{}")
    text = (PLAYBOOKS / "tasks/gardener/mark.yml").read_text().replace("kubernetes.core.", "metalstack.autonomous.")
    (directory / "play/tasks/mark.yml").write_text(text)
    found = {"resources": [{"metadata": {"name": name}} for name in there]}
    given = {"gardener_kubeconfig": "/nowhere", "ansible_python_interpreter": sys.executable}
    return play(directory, directory / "play/tasks/mark.yml", given, {"k8s_info": found, "k8s": {"changed": True}})


@pytest.mark.parametrize("there", [("gardener-operator", "gardenlet"), ("gardener-operator",), ()])
def test_what_acts_by_itself_is_marked_for_the_next_restore(tmp_path: Path, there: tuple[str, ...]) -> None:
    marked = mark(tmp_path, *there)
    assert not marked.failed, marked.output
    found = {one["definition"]["metadata"]["name"]: one["definition"]["metadata"]["labels"] for one in marked.of("k8s")}
    wanted = {"gardener-operator": "held", "gardenlet": "held-until-data"}
    assert found == {name: {"metalstack.autonomous/recovery": wanted[name]} for name in there}, json.dumps(found)


def test_a_rotation_saves_the_keys_of_its_phase_and_none_begins_while_shoots_wait() -> None:
    refuse, look, wait, rotate, remember = included("tasks/rotate/garden.yml")
    assert look["ansible.builtin.include_tasks"] == "../gardener/look.yml"
    that = wait["ansible.builtin.assert"]["that"]

    def begins(waits: str, garden: bool) -> bool:
        return all(holds({"when": one}, __site_waits=waits, __site_garden_returns=garden) for one in that)

    assert begins("", False) and not begins("", True) and not begins("held", False)
    assert rotate["vars"]["__site_kubeconfig"] == "{{ gardener_kubeconfig }}"
    assert remember["ansible.builtin.include_tasks"] == "../gardener/remember.yml"
    assert "site_gardener" in str(refuse["ansible.builtin.assert"]["that"])
    assert holds(remember, ansible_check_mode=False) and not holds(remember, ansible_check_mode=True)


@pytest.mark.parametrize(
    ("kind", "phase"), [("garden_credentials", "prepared"), ("former_garden_credentials", "completed")]
)
def test_each_kind_is_a_phase(kind: str, phase: str) -> None:
    (rotate,) = [one for one in included("tasks/rotate/garden_credentials.yml") if one["name"] == "Rotate them"]
    assert evaluated(rotate["vars"]["gardener_rotation_phase"], rotate=kind) == phase
    assert kind in included("rotate.yml")[1]["vars"]["rotate_garden"]
