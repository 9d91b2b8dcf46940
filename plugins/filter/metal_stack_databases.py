# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: metal_stack_databases
short_description: What each database of a control plane begins with, where nobody has said it
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Completes O(_input) to what the role C(metal_stack_control_plane) takes, an entry for each database that the
    components bring.
positional: _input
options:
  _input:
    description: Entries for single databases, each with its C(name) and whatever else the role takes of it.
    type: list
    elements: dict
    required: true
  components:
    description: The components that are deployed, those of the role without any.
    type: list
    elements: str
    default: []
  intent:
    description: What those begin with that say nothing of it.
    type: str
    default: keep
  lost:
    description: Names of databases that are restored, since the site came back without their data.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Say what the databases of a new site begin with
  ansible.builtin.debug:
    msg: "{{ [{'name': 'valkey', 'size_floor': 1024}]
      | metalstack.autonomous.metal_stack_databases(components=['valkey', 'ipam-db'], intent='fresh') }}"
"""

RETURN = r"""
_value:
  description: The entries.
  type: list
  elements: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import intents


def metal_stack_databases(
    entries: t.Sequence[t.Any],
    components: t.Sequence[str] = (),
    intent: str = "keep",
    lost: t.Sequence[str] = (),
) -> list[dict[str, t.Any]]:
    """Give each database an entry."""
    if strange := [one for one in entries if not isinstance(one, t.Mapping)]:
        raise AnsibleFilterError(f"metal_stack_databases: expected a mapping with a name, found {strange[0]!r}")
    return intents.complete(entries, components, intent, lost)


class FilterModule:
    """One filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"metal_stack_databases": metal_stack_databases}
