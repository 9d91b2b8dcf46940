"""What the role target_shoot asks of the garden, in which order, and what it refuses before."""

from __future__ import annotations

import json

import pytest
import yaml
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import operations
from played import ROLES, play

ROLE = ROLES / "target_shoot"
MODULES = {
    "gardener_project": {"changed": False}, "gardener_credentials": {"changed": False},
    "gardener_shoot": {"changed": False, "shoot": {}}, "gardener_shoot_hold": {"changed": False},
    "gardener_shoot_operation": {"changed": False}, "gardener_seed": {"changed": True},
    "gardener_shoot_kubeconfig": {"changed": False, "expiration": "2026-11-30T20:00:00Z", "servers": {"external": "a"}},
    "kube_nodes_info": {"changed": False, "ready": ["a", "b", "c"]},
}  # fmt: skip
NETWORKS = {"nodes": "10.128.0.0/14", "pods": "10.244.0.0/18", "services": "10.244.64.0/18"}


def shoot(name, *carries):
    place = {"namespace": "garden-target", "name": name, "spec": {}, "labels": {}, "annotations": {}}
    return {**place, "carries": list(carries), "minimum": 2}


# In the order of the plan, which is that of their removal.
SHOOTS = [shoot("garden", "gardener"), shoot("stack", "metal_stack"), shoot("watch", "monitoring")]


def run(
    directory, entry, there=(), inner=(), seeds=None, stopped=None, forcible=(), read=None, answers=None, verbosity=0,
    shoots=SHOOTS, **more,
):  # fmt: skip
    """there: names of the project's shoots. inner: those of the second garden. stopped: why, by the name of a shoot.

    seeds: of the second garden, their shoots by their names.

    forcible: those whose deletion may be forced. read: what the garden has of a shoot, by its name.
    """
    found = [
        {
            "name": name, "stopped": (stopped or {}).get(name, []), "forcible": name in forcible,
            "shoot": (read or {}).get(name, {"status": {}}),
        }
        for name in there
    ]  # fmt: skip
    given = {
        **yaml.safe_load((ROLE / "defaults/main.yml").read_text()),
        "target_shoot_kubeconfig": "/garden", "target_shoot_project": "target", "target_shoot_initial": {},
        "target_shoot_shoots": [{"name": one["name"], "region": "fra", **NETWORKS} for one in shoots],
        "target_shoot_state_path": str(directory / "handed-on"), "target_shoot_nodes_timeout": 0,
        **{f"target_shoot_{name}": value for name, value in more.items()},
    }  # fmt: skip
    answered = {
        **MODULES, "gardener_target_plan": {"namespace": "garden-target", "shoots": list(shoots), "carriers": {}},
        "gardener_seed_info": {"seeds": [{"name": name, "shoots": used} for name, used in (seeds or {}).items()]},
        "gardener_shoot_info": {"shoots": [{"name": name} for name in inner]},
        "gardener_shoot_info garden-target": {"shoots": found}, **(answers or {}),
    }  # fmt: skip
    return play(directory, ROLE / "tasks" / f"{entry}.yml", given, answered, verbosity=verbosity)


def handed_on(played):
    """By the names of the shoots, as it is told with C(-v)."""
    lines = [line for line in played.output.splitlines() if '"target_shoot_handed_on": {"' in line]
    return json.loads(lines[-1][lines[-1].index("=> {") + 3 :])["ansible_facts"]["target_shoot_handed_on"]


def told(played, **options):
    return [(name, one.get("name")) for name, one in played.asked if options.items() <= one.items()]


def test_all_shoots_are_described_before_one_is_waited_for(tmp_path):
    played = run(tmp_path, "main")
    assert not played.failed, played.output
    assert [(one["name"], one["wait"]) for one in played.of("gardener_shoot")] == [
        ("garden", False), ("stack", False), ("watch", False), ("garden", True), ("stack", True), ("watch", True),
    ]  # fmt: skip
    first = [name for name, _ in played.asked]
    assert first.index("gardener_project") < first.index("gardener_credentials") < first.index("gardener_shoot")


def test_nodes_are_asked_with_what_is_handed_on(tmp_path):
    played = run(tmp_path, "main")
    paths = [one["path"] for one in played.of("gardener_shoot_kubeconfig")]
    assert paths == [str(tmp_path / f"handed-on/{one['name']}.kubeconfig") for one in SHOOTS]
    assert [one["kubeconfig"] for one in played.of("kube_nodes_info")] == paths
    assert (tmp_path / "handed-on").stat().st_mode & 0o777 == 0o700


def test_one_that_hibernates_has_no_nodes(tmp_path):
    asleep = {"changed": False, "shoot": {"status": {"hibernated": True}}}
    played = run(tmp_path, "main", there=("stack",), answers={"gardener_shoot stack": asleep}, verbosity=1)
    assert len(played.of("kube_nodes_info")) == 2, played.output
    assert [name for name, one in handed_on(played).items() if one["hibernated"]] == ["stack"]


ASLEEP = {"spec": {"networking": {"nodes": "10.130.0.0/22"}}, "status": {"hibernated": True}}


def test_what_is_there_is_handed_on_of_a_target_that_is_adopted(tmp_path):
    """Which nothing is described of, so that what was read before is all there is."""
    there = ("stack", "watch", "garden")
    played = run(tmp_path, "adopt", there=there, seed_kubeconfig="/seed", read={"stack": ASLEEP}, verbosity=1)
    assert not played.failed, played.output
    assert [one["kubeconfig"].rpartition("/")[2] for one in played.of("kube_nodes_info")] == [
        "garden.kubeconfig", "watch.kubeconfig",
    ]  # fmt: skip
    told = handed_on(played)
    assert (told["stack"]["nodes"], told["stack"]["hibernated"]) == ("10.130.0.0/22", True)
    assert (told["garden"]["nodes"], told["garden"]["hibernated"]) == (NETWORKS["nodes"], False)


def test_fewer_nodes_than_described_fail_it(tmp_path):
    played = run(tmp_path, "main", answers={"kube_nodes_info": {"changed": False, "ready": ["a"]}})
    assert played.failed and "Wait until each lets in" in played.output


def test_a_shoot_that_is_held_is_refused_before_anything_is_written(tmp_path):
    held = {"stack": ["it has the annotation ignore"], "strange": ["so has this"]}
    played = run(tmp_path, "main", there=("stack", "strange"), stopped=held)
    assert played.failed and "it has the annotation ignore. Nothing was changed" in played.output
    assert {name for name, _ in played.asked} == {"gardener_target_plan", "gardener_shoot_info"}


THERE = ("garden", "stack", "watch")
AWAKE = {"changed": True, "shoot": {"status": {"hibernated": False}}}
NOTHING = {"gardener_target_plan", "gardener_shoot_info"}


@pytest.mark.parametrize(
    ("there", "given", "expected"),
    [
        (THERE, {}, "garden, stack, watch would stop, with gardener, metal_stack, monitoring, which is not confirmed"),
        (THERE, {"confirm_hibernation": "other"}, "set target_shoot_confirm_hibernation to the name of the project"),
        (THERE, {"chosen": "none,stack"}, "target_shoot_chosen: none is none of target_shoot_shoots"),
        (THERE, {"chosen": ""}, "target_shoot_chosen is there, and empty"),
        (THERE[1:], {"confirm_hibernation": "target"}, "the garden has no shoot garden of project target"),
    ],
)
def test_nothing_stops_that_nobody_has_confirmed_or_that_is_not_there(tmp_path, there, given, expected):
    played = run(tmp_path, "hibernate", there=there, **given)
    assert played.failed and expected in played.output and "Nothing was changed" in played.output
    assert {name for name, _ in played.asked} == NOTHING


def test_what_depends_on_others_stops_before_them_and_each_is_waited_for(tmp_path):
    played = run(tmp_path, "hibernate", there=THERE, confirm_hibernation="target")
    assert not played.failed, played.output
    assert [(one["name"], one["hibernated"], one["healthy"]) for one in played.of("gardener_shoot")] == [
        ("garden", True, False), ("stack", True, False), ("watch", True, False),
    ]  # fmt: skip
    assert not any("wait" in one for one in played.of("gardener_shoot"))


def test_one_that_is_named_stops_alone(tmp_path):
    played = run(tmp_path, "hibernate", there=THERE[:1], confirm_hibernation="target", chosen="garden")
    assert [one["name"] for one in played.of("gardener_shoot")] == ["garden"]


def test_what_others_depend_on_wakes_up_before_them_and_is_handed_on(tmp_path):
    asleep = dict.fromkeys(THERE, ASLEEP)
    played = run(tmp_path, "wake", there=THERE, read=asleep, answers={"gardener_shoot": AWAKE}, verbosity=1)
    assert not played.failed, played.output
    woken = [(one["name"], one["hibernated"], one["healthy"]) for one in played.of("gardener_shoot")]
    assert woken == [("watch", False, True), ("stack", False, True), ("garden", False, True)]
    assert len(played.of("kube_nodes_info")) == 3
    assert not any(one["hibernated"] for one in handed_on(played).values())


ROTATION = {
    "operations": "rotate-credentials",
    "operations_phase": "prepared",
    "operations_since": "2026-11-30T12:00:00Z",
}


def test_credentials_are_rotated_of_one_after_the_other_and_kubeconfigs_renewed_after_it(tmp_path):
    played = run(tmp_path, "operate", there=THERE, chosen=["stack", "watch"], operations_roll_workers=False, **ROTATION)
    assert not played.failed, played.output
    asked = played.of("gardener_shoot_operation")
    assert [one["name"] for one in asked] == ["stack", "watch"]
    assert {(*one["operations"], one["phase"], one["since"], one["roll_workers"]) for one in asked} == {
        ("rotate-credentials", "prepared", "2026-11-30T12:00:00Z", False)
    }
    order = [name for name, _ in played.asked]
    assert [one["name"] for one in played.of("gardener_shoot_kubeconfig")] == ["stack", "watch"]
    assert order.index("gardener_shoot_kubeconfig") > order.index("gardener_shoot_operation")
    assert len(played.of("kube_nodes_info")) == 2


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "target_shoot_operations is empty, expected operations such as rotate-credentials"),
        (ROTATION, "stack hibernates -> wake it up first, or leave it out of target_shoot_chosen"),
        ({**ROTATION, "chosen": ["none"]}, "target_shoot_chosen: none is none of target_shoot_shoots"),
    ],
)
def test_nothing_is_asked_of_any_where_one_would_refuse_it(tmp_path, given, expected):
    played = run(tmp_path, "operate", there=THERE, read={"stack": ASLEEP}, **given)
    assert played.failed and expected in played.output
    assert {name for name, _ in played.asked} == NOTHING


def test_one_that_failed_to_wake_up_is_retried(tmp_path):
    played = run(tmp_path, "operate", there=THERE, read={"stack": ASLEEP}, operations=["retry"], chosen="stack")
    assert not played.failed, played.output
    assert [(one["name"], "phase" in one) for one in played.of("gardener_shoot_operation")] == [("stack", False)]


def test_what_is_done_awake_alone_is_what_the_module_refuses():
    known = yaml.safe_load((ROLE / "vars/main.yml").read_text())
    assert tuple(known["__target_shoot_operations_awake"]) == operations.AWAKE


CONFIRMED = {"confirm_removal": "target"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "removal of garden, stack, watch is not confirmed"),
        (
            {"confirm_removal": "garden"},
            "is not confirmed -> set target_shoot_confirm_removal to the name of the project",
        ),
        ({**CONFIRMED, "removed": ["stack", "none"]}, "target_shoot_removed: none is none of target_shoot_shoots"),
        ({**CONFIRMED, "removed": ["stack"]}, "metal-stack on stack has allocated the machines of the garden on gard"),
        ({**CONFIRMED, "removed": ""}, "target_shoot_removed is there, and empty"),
        ({**CONFIRMED, "removed": " , "}, "target_shoot_removed is there, and empty"),
        ({**CONFIRMED, "removed": None}, "target_shoot_removed is there, and empty"),
        ({**CONFIRMED, "second_garden_discard": "false"}, "nobody has said which shoots the garden has of garden"),
        ({**CONFIRMED, "second_garden_kubeconfig": "/second"}, "the garden on garden has shoots yet: inner"),
    ],
)
def test_what_is_not_meant_or_is_used_is_not_removed(tmp_path, given, expected):
    played = run(tmp_path, "remove", there=("garden", "stack", "watch"), inner=["inner"], **given)
    assert played.failed and expected in played.output and "Nothing was changed" in played.output
    assert told(played, state="absent") == []


def test_all_mistakes_of_a_removal_are_told_at_once(tmp_path):
    played = run(tmp_path, "remove", there=("garden", "stack", "watch"), removed=["garden", "none"])
    assert (
        "is not confirmed" in played.output and "none is none" in played.output and "nobody has said" in played.output
    )


def test_what_depends_on_others_goes_before_them(tmp_path):
    played = run(tmp_path, "remove", there=("garden", "stack", "watch"), second_garden_discard=True, **CONFIRMED)
    assert not played.failed, played.output
    assert told(played, state="absent") == [
        ("gardener_shoot", "garden"), ("gardener_shoot", "stack"), ("gardener_shoot", "watch"),
        ("gardener_credentials", "metal"), ("gardener_project", "target"),
    ]  # fmt: skip


@pytest.mark.parametrize("there", [("stack", "watch"), ("stack", "strange")])
def test_a_project_with_others_stays(tmp_path, there):
    played = run(tmp_path, "remove", there=there, removed=["stack"], **CONFIRMED)
    assert not played.failed, played.output
    assert told(played, state="absent") == [("gardener_shoot", "stack")]
    assert f"since {there[1]} of it stay" in played.output


def test_what_is_said_on_the_command_line_is_a_text(tmp_path):
    """A text that is no list finds no name that is a part of it, and the text false is not true."""
    there = ("garden", "stack", "watch")
    played = run(
        tmp_path, "remove", there=there, removed="stack,garden-too,watch", second_garden_discard="false", **CONFIRMED
    )
    assert played.failed and "target_shoot_removed: garden-too is none of target_shoot_shoots" in played.output
    assert "nobody has said which shoots" not in played.output
    assert told(played, state="absent") == []


def test_only_what_gardener_lets_be_forced_is_forced(tmp_path):
    more = {"second_garden_discard": True, "force_deletion": "true", "forcible": ("stack",)}
    played = run(tmp_path, "remove", there=("garden", "stack", "watch"), **more, **CONFIRMED)
    assert not played.failed, played.output
    forced = {one["name"]: one["force_deletion"] for one in played.of("gardener_shoot")}
    assert forced == {"garden": False, "stack": True, "watch": False}


def test_a_garden_that_is_gone_already_is_asked_no_more(tmp_path):
    played = run(tmp_path, "remove", there=("stack",), second_garden_kubeconfig="/second", **CONFIRMED)
    assert not played.failed, played.output
    assert [one["kubeconfig"] for one in played.of("gardener_shoot_info")] == ["/garden"]


# As the plan has them: a seed of the second garden before that garden.
SEEDED = [shoot("users", "seed"), *SHOOTS]
ALL = tuple(one["name"] for one in SEEDED)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"removed": "users"}, "nobody has said which shoots the garden has of users"),
        ({"removed": "users", "second_garden_kubeconfig": "/second"}, "shoots yet on seed users: Shoot garden-a/b ->"),
        (
            {"removed": "garden", "second_garden_discard": True},
            "the garden on garden has seeds on users -> remove these",
        ),
    ],
)
def test_a_seed_with_shoots_is_not_removed_nor_the_garden_before_its_seeds(tmp_path, given, expected):
    seeds = {"users": ["Shoot garden-a/b"], "own": ["Shoot garden-a/c"]}
    played = run(tmp_path, "remove", there=ALL, shoots=SEEDED, seeds=seeds, **given, **CONFIRMED)
    assert played.failed and expected in played.output and "seed own" not in played.output
    assert told(played, state="absent") == []


def test_a_seed_is_taken_out_of_its_garden_before_its_cluster_goes(tmp_path):
    more = {"removed": "users", "second_garden_kubeconfig": "/second", "seeds": {"users": [], "own": ["Shoot a/b"]}}
    # The garden has shoots, on another seed, and stays.
    played = run(tmp_path, "remove", there=ALL, shoots=SEEDED, inner=["b"], **more, **CONFIRMED)
    assert not played.failed, played.output
    assert told(played, state="absent") == [("gardener_seed", "users"), ("gardener_shoot", "users")]
    (asked,) = played.of("gardener_seed")
    assert (asked["kubeconfig"], asked["confirm_deletion"]) == ("/second", True)


def test_seeds_of_a_garden_that_is_given_up_are_left_to_it(tmp_path):
    played = run(tmp_path, "remove", there=ALL, shoots=SEEDED, second_garden_discard="true", **CONFIRMED)
    assert not played.failed, played.output
    assert played.of("gardener_seed") == [] and len(told(played, state="absent")) == 6


def test_a_garden_without_the_target_is_not_held(tmp_path):
    played = run(tmp_path, "hold", there=("stack", "watch"))
    assert played.failed and "the garden has no shoot garden of project target" in played.output
    assert played.of("gardener_shoot_hold") == []


def test_all_shoots_are_held(tmp_path):
    played = run(tmp_path, "hold", there=("stack", "watch", "garden"))
    assert [(one["name"], one["state"]) for one in played.of("gardener_shoot_hold")] == [
        ("garden", "held"), ("stack", "held"), ("watch", "held"),
    ]  # fmt: skip


def test_those_that_are_let_go_now_or_before_are_waited_for_and_handed_on(tmp_path):
    played = run(
        tmp_path, "adopt", there=("stack", "watch", "garden"), seed_kubeconfig="/seed", seed_api_url="https://a:6443",
        answers={"gardener_shoot_hold stack": {"changed": True}},
    )  # fmt: skip
    assert not played.failed, played.output
    judged = played.of("gardener_shoot_hold")
    assert {(one["seed_kubeconfig"], one["seed_api_url"], one["state"]) for one in judged} == {
        ("/seed", "https://a:6443", "released")
    }
    assert [(one["name"], one["operations"]) for one in played.of("gardener_shoot_operation")] == [
        ("garden", []), ("stack", []), ("watch", []),
    ]  # fmt: skip
    assert len(played.of("gardener_shoot_kubeconfig")) == 3 and len(played.of("kube_nodes_info")) == 3


def test_nothing_is_let_go_without_a_seed_to_look_at(tmp_path):
    played = run(tmp_path, "adopt", there=("stack", "watch", "garden"))
    assert played.failed and "target_shoot_seed_kubeconfig is missing" in played.output
    assert played.of("gardener_shoot_hold") == []
