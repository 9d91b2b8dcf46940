"""Which hosts of an inventory are a partition's, and what is said of each."""

from __future__ import annotations

import json

import pytest
from ansible import context
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.utils.vars import load_extra_vars
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack.errors import StackError
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._metal_stack import inventory

LEAVES = {"leaf01": {}, "leaf02": {}, "leaf11": {}}
OF_HOSTS = {name: {"metal_stack_partition_id": "muc" if name == "leaf11" else "fra-1"} for name in LEAVES}
OF_FRA = {"hosts": {"leaf01": {}, "leaf02": {}}}


@pytest.fixture
def play(tmp_path, monkeypatch):
    def of_play(hosts=LEAVES, extra="", limit="", **groups):
        """Those of partition fra-1. groups: beside the one of leaves."""
        monkeypatch.setattr(context, "CLIARGS", {"extra_vars": [extra]})
        monkeypatch.setattr(load_extra_vars, "extra_vars", None, raising=False)
        children = {"leaves": {"hosts": {name: {} for name in hosts}}, "local": {"hosts": {"localhost": {}}}, **groups}
        (tmp_path / "hosts.json").write_text(json.dumps({"all": {"hosts": hosts, "children": children}}))
        loader = DataLoader()
        manager = InventoryManager(loader=loader, sources=[str(tmp_path / "hosts.json")])
        variables = {"groups": manager.get_groups_dict()}
        variables["hostvars"] = HostVars(manager, VariableManager(loader=loader, inventory=manager), loader)
        if limit:
            manager.subset(limit)
            variables["ansible_limit"] = limit
        # That of a play for this machine.
        manager.restrict_to_hosts([manager.get_host("localhost")])
        return inventory.of_play(variables, loader, ["leaves"], "fra-1")

    return of_play


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ["leaf01", "leaf02", "leaf11"]),
        ({"hosts": OF_HOSTS}, ["leaf01", "leaf02"]),
        ({"fra_1": OF_FRA}, ["leaf01", "leaf02"]),
        ({"fra-1": OF_FRA}, ["leaf01", "leaf02"]),
        ({"fra_1": OF_FRA, "extra": "metal_stack_partition_id=fra-1"}, ["leaf01", "leaf02"]),
        ({"hosts": {"leaf01": {"metal_stack_partition_id": "{{ x }}-1", "x": "fra"}}}, ["leaf01"]),
    ],
    ids=["one partition", "own variable", "own group", "own group as the id", "extra variable", "template"],
)
def test_hosts_of_other_partitions_are_no_part_of_it(play, given, expected):
    groups, hosts = play(**given)
    assert list(hosts) == groups["leaves"] == expected


def test_variables_may_name_those_of_other_hosts(play):
    asn = {"asn": "{{ hostvars['leaf02'].asn + (groups['leaves'] | length) }}"}
    _groups, hosts = play(hosts={"leaf01": asn, "leaf02": {"asn": 4200000001}})
    # Templates yield strings with ansible-core 2.18.
    assert int(hosts["leaf01"]["asn"]) == 4200000003


def test_a_variable_that_cannot_be_told_is_there_and_says_why(play):
    _groups, hosts = play(hosts={"leaf01": {"asn": "{{ nobody }}"}})
    assert "asn" in hosts["leaf01"]
    with pytest.raises(StackError, match="asn of host leaf01 cannot be told: 'nobody' is undefined"):
        hosts["leaf01"]["asn"]


def test_an_extra_variable_tells_nothing_of_hosts(play):
    with pytest.raises(StackError, match=r"is an extra variable, .* no group fra_1 -> put"):
        play(hosts=OF_HOSTS, extra="metal_stack_partition_id=fra-1")


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ("localhost", "leaves out leaf01, leaf02, and"),
        ("localhost,leaf01", "leaves out leaf02, and"),
        ("all:!leaf02", "leaves out leaf02, and"),
    ],
)
def test_a_limit_that_leaves_out_some_of_it_is_refused(play, limit, expected):
    with pytest.raises(StackError, match=expected):
        play(hosts=OF_HOSTS, limit=limit)


@pytest.mark.parametrize("limit", ["", "all", "local,leaf01,leaf02", "all:!leaf11"])
def test_a_limit_that_leaves_all_of_it_is_none(play, limit):
    _groups, hosts = play(hosts=OF_HOSTS, limit=limit)
    assert list(hosts) == ["leaf01", "leaf02"]
