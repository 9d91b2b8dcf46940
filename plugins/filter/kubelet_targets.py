# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: kubelet_targets
short_description: Kubelets of agents that a server asks for their metrics
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - An agent has no credentials that its kubelet shows metrics to, and should have none. A server does.
  - Each agent is asked by one of the servers, so that nothing is measured twice.
positional: _input
options:
  _input:
    description: Addresses of the agents by their names.
    type: dict
    required: true
  servers:
    description: Names of all servers, in the same order on each of them.
    type: list
    elements: str
    required: true
  host:
    description: Name of the server that asks.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: See whom the first server asks
  ansible.builtin.debug:
    msg: "{{ {'agent1': '198.51.100.31'} | metalstack.autonomous.kubelet_targets(['server1'], 'server1') }}"
"""

RETURN = r"""
_value:
  description: Entries of C(static_configs), each with the agent's name as label C(instance).
  type: list
  elements: dict
  sample: [{targets: ["198.51.100.31:10250"], labels: {instance: agent1}}]
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.metalstack.autonomous.plugins.module_utils._monitoring import scrape


def kubelet_targets(agents: t.Mapping[str, str], servers: t.Sequence[str], host: str) -> list[dict[str, t.Any]]:
    """Choose whom a server asks."""
    try:
        return scrape.kubelets(agents, servers, host)
    except ValueError as error:
        raise AnsibleFilterError(f"kubelet_targets: {error}") from error


class FilterModule:
    """One filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"kubelet_targets": kubelet_targets}
