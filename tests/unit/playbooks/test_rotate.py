"""What is told of a rotation beside the cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml

TASKS = Path(__file__).resolve().parents[3] / "playbooks/tasks/rotate"

STEP = {"action": "renew"}


def task(file: str, name: str) -> dict[str, Any]:
    (found,) = [one for one in yaml.safe_load((TASKS / file).read_text()) if one["name"] == name]
    return found


@pytest.mark.parametrize(
    ("rotate", "host", "monitored", "plan", "looks"),
    [
        ("authority", "server1", True, ([STEP], True), True),
        ("former_authority", "server1", True, ([], True), True),
        ("former_authority", "server1", True, ([], False), False),
        ("certificates", "server1", True, ([STEP], False), True),
        ("token", "server1", True, ([STEP], True), False),
        ("authority", "agent1", True, ([STEP], True), False),
        ("authority", "server1", False, ([STEP], True), False),
    ],
)
def test_servers_whose_certificates_change_are_measured_with_new_ones(
    rotate: str, host: str, monitored: bool, plan: tuple[list[dict[str, str]], bool], looks: bool
) -> None:
    variables = {
        "rotate": rotate,
        "inventory_hostname": host,
        "groups": {"k3s_servers": ["server1"]},
        "__k3s_cluster_plan": {"steps": plan[0], "ended": [], "exchanging": plan[1]},
        "__site_facts": {"facts": {"monitored": monitored}},
    }
    conditions = task("cluster.yml", "Have the hosts be measured with new certificates")["when"]
    assert all(jinja2.Environment().compile_expression(one)(**variables) for one in conditions) is looks


@pytest.mark.parametrize(("codes", "restarts"), [([0, 0, 0], False), ([0, 1, 1], True), ([2, 2, 2], True)])
def test_vmagent_begins_anew_where_it_has_other_certificates(codes: list[int], restarts: bool) -> None:
    found = {"__rotate_copies": {"results": [{"rc": code} for code in codes]}}
    condition = jinja2.Environment().compile_expression(task("measure.yml", "Have it copy them")["when"])
    assert condition(**found) is restarts


def test_they_are_measured_with_new_ones_before_the_former_are_proved_to_be_refused() -> None:
    named = [one["name"] for one in yaml.safe_load((TASKS / "cluster.yml").read_text())]
    order = (
        "Take one host after the other",
        "Have the hosts be measured with new certificates",
        "See that what there was before is of no use",
    )
    assert [name for name in named if name in order] == list(order)


def test_sidecars_get_other_keys_after_the_former_are_kept_and_these_are_tried_after_a_backup() -> None:
    given = [one["name"] for one in yaml.safe_load((TASKS / "metal_stack_keys.yml").read_text())]
    keep = "Prove the keys of the inventory, and keep the former ones until they are refused"
    assert given.index("See what their sidecars have") < given.index(keep) < given.index("Give them to the sidecars")
    *refusals, exchange, prove = yaml.safe_load((TASKS / "metal_stack.yml").read_text())
    assert exchange["vars"]["__site_administered"].endswith("tasks/rotate/metal_stack_keys.yml")
    assert [one["name"] for one in prove["block"]] == [
        "Have databases back themselves up with the new ones",
        "Back up what has become of it",
        "Try the former ones",
    ]
    assert "not ansible_check_mode" in prove["when"] and len(refusals) == 3


@pytest.mark.parametrize(
    ("waits", "held", "refuses"),
    [("", [], False), ("what was restored is held", [], True), ("", ["ipam-db"], True)],
    ids=["none waits", "held since a restore", "a database waits"],
)
def test_no_database_that_waits_for_its_data_is_deployed_for_its_keys(
    waits: str, held: list[str], refuses: bool
) -> None:
    conditions = task("metal_stack.yml", "Refuse while databases wait")["ansible.builtin.assert"]["that"]
    variables = {"__site_waits": waits, "__site_held_databases": held}
    assert all(jinja2.Environment().compile_expression(one)(**variables) for one in conditions) is not refuses
