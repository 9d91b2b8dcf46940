# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: host_facts
short_description: Gather what each host registered under one name
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Returns a dictionary of host names and the key O(key) of the variable O(variable) of each host that has it.
  - A host that did not answer is missing.
positional: variable, key
options:
  _input:
    description: The C(hostvars) of a play.
    type: dict
    required: true
  variable:
    description: The registered variable.
    type: str
    required: true
  key:
    description: The key to take out of it.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show the facts of all hosts
  ansible.builtin.debug:
    msg: "{{ hostvars | metalstack.autonomous.host_facts('found', 'facts') }}"
"""

RETURN = r"""
_value:
  description: Facts by host name.
  type: dict
"""

import typing as t


def host_facts(hostvars: t.Mapping[str, t.Mapping[str, t.Any]], variable: str, key: str) -> dict[str, t.Any]:
    """Gather what each host registered under one name."""
    registered = {name: hostvars[name].get(variable) or {} for name in hostvars}
    return {name: found[key] for name, found in registered.items() if key in found}


class FilterModule:
    """One filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"host_facts": host_facts}
