# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hosts of a play's inventory, with what it says of each, templated when somebody asks for it."""

from __future__ import annotations

import re
import typing as t

from ansible.errors import AnsibleError
from ansible.template import Templar
from ansible.utils.vars import load_extra_vars

from ...module_utils._metal_stack.errors import StackError, refuse

# What Ansible makes of an inventory, and no inventory says.
_MAGIC = {
    "ansible_facts", "ansible_play_batch", "ansible_play_hosts", "ansible_play_hosts_all", "ansible_check_mode",
    "group_names", "groups", "hostvars", "inventory_dir", "inventory_file", "inventory_hostname",
    "inventory_hostname_short", "omit", "play_hosts", "playbook_dir", "vars", "environment",
}  # fmt: skip
# Of a host whose partition is another one than that of the hosts around it.
OF_PARTITION = "metal_stack_partition_id"


class HostVariables(t.Mapping[str, t.Any]):
    """The variables of one host. Raises StackError for one that cannot be templated.

    hostvars: of all hosts, which templates may name.
    """

    def __init__(self, host: str, raw: t.Mapping[str, t.Any], hostvars: t.Any, loader: t.Any) -> None:
        self._host = host
        self._raw = raw
        self._templar = Templar(loader=loader, variables={**raw, "hostvars": hostvars})

    def __contains__(self, name: object) -> bool:
        return name in self._raw and name not in _MAGIC

    def __getitem__(self, name: str) -> t.Any:
        if name in _MAGIC:
            raise KeyError(name)
        try:
            return self._templar.template(self._raw[name])
        except AnsibleError as error:
            raise StackError(f"{name} of host {self._host} cannot be told: {error}") from error

    def __iter__(self) -> t.Iterator[str]:
        return (name for name in self._raw if name not in _MAGIC)

    def __len__(self) -> int:
        return sum(1 for _name in self)


def of_play(
    variables: t.Mapping[str, t.Any], loader: t.Any, names: t.Iterable[str], partition: str
) -> tuple[dict[str, list[str]], dict[str, HostVariables]]:
    """The groups of a play without hosts of other partitions, and the hosts of those with these names.

    variables: those of a task. Raises StackError where nobody knows which hosts are of the partition, or C(--limit)
    leaves out some of them.
    """
    groups = {name: list(members) for name, members in variables["groups"].items()}
    hosts = dict.fromkeys(host for name in names for host in groups.get(name, ()))
    hostvars = variables["hostvars"]
    found = {host: HostVariables(host, hostvars.raw_get(host), hostvars, loader) for host in hosts}
    members = _group_of(groups, partition)
    if members is None and OF_PARTITION in load_extra_vars(loader):
        raise StackError(
            f"{OF_PARTITION} is an extra variable, which hides what hosts have, and the inventory has no group"
            f" {_group_name(partition)} -> put the partition's hosts into such a group"
        )
    ours = {
        host: own
        for host, own in found.items()
        if (host in members if members is not None else own.get(OF_PARTITION) in (None, "", partition))
    }
    refuse(_left_out(variables, ours))
    others = set(found) - set(ours)
    return {name: [host for host in there if host not in others] for name, there in groups.items()}, ours


def _group_name(partition: str) -> str:
    """As Ansible wants names of groups."""
    return re.sub(r"\W", "_", partition)


def _group_of(groups: t.Mapping[str, list[str]], partition: str) -> list[str] | None:
    """The hosts of the group that is called as the partition; None without one."""
    return groups.get(partition, groups.get(_group_name(partition)))


def _left_out(variables: t.Mapping[str, t.Any], hosts: t.Iterable[str]) -> list[str]:
    """What a limit does to the partition: neighbours that it leaves out would not be looked at."""
    if "ansible_limit" not in variables:
        return []
    # The groups of a play have all hosts, and no variable has those that the limit leaves.
    left = {one.name for one in variables["hostvars"]._inventory.get_hosts(ignore_restrictions=True)}
    out = [host for host in hosts if host not in left]
    if not out:
        return []
    return [
        f"--limit {variables['ansible_limit']} leaves out {', '.join(out)}, and a partition is deployed as a whole,"
        " each host only where something has changed -> run it without --limit"
    ]
