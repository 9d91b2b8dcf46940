"""In which order the hosts of a partition are deployed, and what is wrong with them."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import fleet
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack.errors import StackError

GROUPS = {
    "all": ["mgmt01", "leaf01", "leaf02", "leaf03", "spine01", "elsewhere"],
    "mgmtservers": ["mgmt01"],
    "odd_leaves": ["leaf01", "leaf03"],
    "even_leaves": ["leaf02"],
    "leaves": ["leaf01", "leaf02", "leaf03"],
    "spines": ["spine01"],
    "others": ["elsewhere"],
}
LEAVES = fleet.Component("leaves", ("odd_leaves", "even_leaves", "leaves"), ("sonic-config", "metal-core"))
GOOD = {"sonic_config_asn": 4200000001, "metal_core_rack_id": "rack01"}
HOSTS = {name: {"ansible_host": "192.0.2.1", **GOOD} for name in ("leaf01", "leaf02", "leaf03")}
COMMON = {"metal_partition_timezone": "Europe/Berlin"}


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        (GROUPS, [["leaf01", "leaf03"], ["leaf02"]]),
        # Nobody knows which of them are neighbours.
        ({"leaves": ["leaf01", "leaf02"]}, [["leaf01"], ["leaf02"]]),
        # What is in no half goes by itself.
        ({"odd_leaves": ["leaf01"], "leaves": ["leaf01", "leaf02"]}, [["leaf01"], ["leaf02"]]),
        ({}, []),
    ],
)
def test_halves_go_at_once_and_others_one_by_one(groups, expected):
    assert LEAVES.passes(groups) == expected


def test_roles_are_found_by_their_short_names_or_their_paths():
    found = fleet.Component("x", (), ("dhcp", "ansible-common/roles/x")).roles
    assert found == ("metal-roles/partition/roles/dhcp", "ansible-common/roles/x")


def test_the_usual_order_goes_from_the_servers_to_the_leaves():
    assert [one.name for one in fleet.chosen([])] == ["mgmt-servers", "mgmt-switches", "switches", "leaves"]
    given = [{"name": "leaf01", "groups": ["leaf01"], "roles": ["dhcp", "pixiecore"]}]
    assert fleet.chosen(given) == [fleet.Component("leaf01", ("leaf01",), ("dhcp", "pixiecore"))]


def test_the_hosts_with_metal_core_are_those_that_register():
    assert fleet.leaves(fleet.USUAL, GROUPS) == ["leaf01", "leaf03", "leaf02"]


def test_a_pass_is_a_play_that_begins_with_an_answer_and_ends_for_all_when_one_fails():
    play = fleet.play(LEAVES, ["leaf01", "leaf03"], 5)
    assert (play["hosts"], play["any_errors_fatal"]) == ("leaf01,leaf03", True)
    assert play["tasks"][0]["ansible.builtin.wait_for_connection"] == {"timeout": 5}
    assert [one["name"] for one in play["tasks"][2:]] == [f"Deploy {role}" for role in LEAVES.roles]


def test_the_inventory_has_no_host_but_those_of_the_partition():
    found = fleet.inventory(GROUPS, HOSTS)["all"]
    assert set(found["hosts"]) == {"leaf01", "leaf02", "leaf03"}
    assert set(found["children"]) == {"odd_leaves", "even_leaves", "leaves"}
    assert found["children"]["even_leaves"] == {"hosts": {"leaf02": {}}}


@pytest.mark.parametrize(
    ("components", "hosts", "common", "expected"),
    [
        ([LEAVES], HOSTS, COMMON, []),
        ([LEAVES], HOSTS, {}, ["leaf01 lacks metal_partition_timezone", "leaf03 lacks", "leaf02 lacks"]),
        (
            [LEAVES],
            {**HOSTS, "leaf02": {"sonic_config_asn": None}},
            COMMON,
            ["leaf02 lacks sonic_config_asn, metal_core_rack_id, which the roles of leaves take"],
        ),
        ([LEAVES, LEAVES], HOSTS, COMMON, ["leaves is there twice"]),
        ([fleet.Component("x", ("none",), ("dhcp",))], HOSTS, COMMON, ["no host in any of the groups none"]),
        ([fleet.Component("leaves", ("leaves",), ())], HOSTS, COMMON, ["leaves has no roles"]),
    ],
)
def test_what_is_wrong_is_told_of_all_hosts_at_once(components, hosts, common, expected):
    found = fleet.complaints(components, GROUPS, hosts, common)
    assert len(found) == len(expected)
    assert all(part in one for part, one in zip(expected, found, strict=True))


class Untold(dict):
    """Variables of a host of which some cannot be told."""

    def __getitem__(self, name):
        value = super().__getitem__(name)
        if value == "{{ x }}":
            raise StackError(f"{name} cannot be told")
        return value


def test_what_cannot_be_told_hides_no_other_mistake():
    own = Untold(ansible_host="{{ x }}", sonic_config_asn="{{ x }}", ansible_user="admin")
    twice = [LEAVES, LEAVES._replace(name="again")]
    assert fleet.complaints(twice, {"leaves": ["leaf01"]}, {"leaf01": own}, COMMON) == [
        "sonic_config_asn cannot be told",
        "ansible_host cannot be told",
        "leaf01 lacks metal_core_rack_id, which the roles of leaves take",
        "leaf01 lacks metal_core_rack_id, which the roles of again take",
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ansible_host", True),
        ("ansible_ssh_private_key_file", True),
        ("ansible_private_key_file", True),
        ("ansible_control_path", True),
        ("ansible_control_path_dir", True),
        ("ansible_become_password", True),
        ("ansible_facts", False),
        ("metal_core_rack_id", False),
    ],
)
def test_how_a_host_is_reached_is_known_by_name(name, expected):
    assert fleet.is_connection(name) is expected
