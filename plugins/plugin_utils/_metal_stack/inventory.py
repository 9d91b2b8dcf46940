# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hosts of a play's inventory, with what it says of each, templated when somebody asks for it."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleError
from ansible.template import Templar

from ...module_utils._metal_stack.errors import StackError

# What Ansible makes of an inventory, and no inventory says.
_MAGIC = {
    "ansible_facts", "ansible_play_batch", "ansible_play_hosts", "ansible_play_hosts_all", "ansible_check_mode",
    "group_names", "groups", "hostvars", "inventory_dir", "inventory_file", "inventory_hostname",
    "inventory_hostname_short", "omit", "play_hosts", "playbook_dir", "vars", "environment",
}  # fmt: skip


class HostVariables(t.Mapping[str, t.Any]):
    """The variables of one host. Raises StackError for one that cannot be templated."""

    def __init__(self, host: str, raw: t.Mapping[str, t.Any], loader: t.Any) -> None:
        self._host = host
        self._raw = raw
        self._templar = Templar(loader=loader, variables=dict(raw))

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
    variables: t.Mapping[str, t.Any], loader: t.Any, names: t.Iterable[str]
) -> tuple[dict[str, list[str]], dict[str, HostVariables]]:
    """The groups of a play, and the hosts of those with these names. variables: those of a task."""
    groups = {name: list(members) for name, members in variables["groups"].items()}
    hosts = dict.fromkeys(host for name in names for host in groups.get(name, ()))
    raw = variables["hostvars"].raw_get
    return groups, {host: HostVariables(host, raw(host), loader) for host in hosts}
