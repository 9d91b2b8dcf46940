# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: host_updates_plan
short_description: What is to be done with the packages of a site's hosts
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Returns what is to be done on each host, which of them are to be rebooted, what speaks against it and what a person
    should know.
  - Private to the playbook C(patch_hosts).
positional: policy, controller
options:
  _input:
    description: What M(metalstack.autonomous.host_updates_info) returned, by host.
    type: dict
    required: true
  policy:
    description: Whether hosts are rebooted.
    type: str
    choices: [needed, never, always]
    required: true
  controller:
    description: Boot id of the machine that runs Ansible, which must not be rebooted. Empty if it may be.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Decide
  ansible.builtin.set_fact:
    updates: "{{ {inventory_hostname: found} | metalstack.autonomous.host_updates_plan('needed') }}"
"""

RETURN = r"""
_value:
  description: C(work) and C(reboots) by host, C(refusals) and C(notes) as texts.
  type: dict
"""

import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._debian import plan


class FilterModule:
    """One filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"host_updates_plan": plan.plan}
