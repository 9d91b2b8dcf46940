# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: service_upgrades
short_description: What an upgrade makes of the programs that a site has beside Kubernetes
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Returns which programs are due on which host, what is to be done, and what speaks against it.
  - Private to the playbook C(upgrade).
positional: facts, cluster
options:
  _input:
    description: In the order of their turns, C(hosts) and the C(versions) that each is to have, or images, by program.
    type: list
    elements: dict
    required: true
  facts:
    description: What M(metalstack.autonomous.site_facts) returned, by host.
    type: dict
    required: true
  cluster:
    description: Images that run on the cluster, by name of the program.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Decide
  ansible.builtin.set_fact:
    services: >-
      {{ [{'hosts': ['server1'], 'versions': {'vmstorage': 'v1.112.0-cluster'}}]
         | metalstack.autonomous.service_upgrades({'server1': found.facts}, {}) }}
"""

RETURN = r"""
_value:
  description: C(due) by host, C(summary) and C(refusals) as texts.
  type: dict
"""

import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._site import upgrade


class FilterModule:
    """One filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"service_upgrades": upgrade.plan}
