# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read what the checks need out of Ansible's inventory, without a connection."""

from __future__ import annotations

import os
import re
import typing as t

import yaml
from ansible.errors import AnsibleError
from ansible_collections.metalstack.autonomous.plugins.module_utils._site.inputs import ROLE_PREFIXES
from ansible_collections.metalstack.autonomous.plugins.module_utils._site.model import GROUPS, Site, build
from ansible_collections.metalstack.autonomous.plugins.module_utils._site.target import SHOOTS
from ansible_collections.metalstack.autonomous.plugins.module_utils._site.variables import CONCEALED, FORMER, SECRETS
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._site import plaintext
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._site.controller import collection_path

PREFIXES = ("site_", "ansible_host", SHOOTS, *ROLE_PREFIXES)


def read(task_vars: t.Mapping[str, t.Any]) -> Site:
    """Return the site that a play's variables describe."""
    groups, hostvars = task_vars["groups"], task_vars["hostvars"]
    members = {group: [str(name) for name in groups[group]] for group in GROUPS if group in groups}
    names = dict.fromkeys(name for group in members.values() for name in group)
    unreadable: dict[str, str] = {}
    variables = {name: _values(hostvars[name], unreadable) for name in names}
    return build(
        members,
        variables,
        # without hosts, group_vars/all still speaks for the site
        {} if names else _values(hostvars[task_vars["inventory_hostname"]], unreadable),
        unreadable=unreadable,
        plaintext=plaintext.scan(task_vars.get("ansible_inventory_sources") or (), (*SECRETS, FORMER, *CONCEALED)),
        known_role_variables=role_variables(),
        set_by_playbooks=translations(),
    )


def _values(hostvars: t.Mapping[str, t.Any], unreadable: dict[str, str]) -> dict[str, t.Any]:
    values = {}
    for name in list(hostvars):
        if not name.startswith(PREFIXES):
            continue
        try:
            values[str(name)] = _plain(hostvars[name])
        except AnsibleError as error:
            unreadable.setdefault(str(name), str(error))
    return values


def _plain(value: t.Any) -> t.Any:
    """Strip Ansible's own kinds of text, which decrypt themselves when they are read."""
    if isinstance(value, t.Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)


def role_variables() -> frozenset[str]:
    """Return every variable that a role of this collection documents."""
    names: set[str] = set()
    roles = os.path.join(collection_path(), "roles")
    for role in sorted(os.listdir(roles)):
        specs = os.path.join(roles, role, "meta", "argument_specs.yml")
        if os.path.isfile(specs):
            with open(specs, encoding="utf-8") as stream:
                entries = yaml.safe_load(stream)["argument_specs"]
            for entry in entries.values():
                names.update(entry.get("options") or {})
    return frozenset(names)


def translations() -> dict[str, str]:
    """Return the variables of roles that the playbooks set, each with the input that it is made from, if any."""
    directory, templates = os.path.join(collection_path(), "playbooks", "roles", "site", "vars", "main"), {}
    for name in sorted(os.listdir(directory)):
        with open(os.path.join(directory, name), encoding="utf-8") as stream:
            templates.update(yaml.safe_load(stream))
    inputs = {name: re.search(r"\bsite_\w+", str(template)) for name, template in templates.items()}
    return {name: found.group() if found else "" for name, found in inputs.items() if name.startswith(ROLE_PREFIXES)}
