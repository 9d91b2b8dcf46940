# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: cluster_firewall_rules
short_description: Firewall rules of a k3s node
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Gives the ports of a k3s server or agent as rules for the role P(metalstack.autonomous.host_firewall#role).
  - Each port is open to those who need it only; those of etcd to the servers alone.
positional: _input
options:
  _input:
    description: Addresses of the servers.
    type: list
    elements: str
    required: true
  agents:
    description: Addresses of the agents.
    type: list
    elements: str
    default: []
  is_server:
    description: Whether the host is a server.
    type: bool
    default: true
  api_port:
    description: Port of the Kubernetes API.
    type: int
    default: 6443
  api_sources:
    description: Networks that may use the Kubernetes API; empty means everyone.
    type: list
    elements: str
    default: []
  bgp_peers:
    description: Addresses of the routers that speak BGP with the host.
    type: list
    elements: str
    default: []
  metrics_sources:
    description: Networks besides the nodes that may read kube-vip's metrics.
    type: list
    elements: str
    default: []
  metrics_ports:
    description: Ports of kube-vip's metrics.
    type: list
    elements: int
    default: [2112, 2113]
  embedded_registry:
    description: Whether k3s' embedded registry is on.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Compose the rules of a server
  ansible.builtin.set_fact:
    rules: "{{ ['198.51.100.11', '198.51.100.12', '198.51.100.13']
      | metalstack.autonomous.cluster_firewall_rules(agents=['198.51.100.31']) }}"
"""

RETURN = r"""
_value:
  description: The rules, in the form of the role's C(host_firewall_rules).
  type: list
  elements: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.metalstack.autonomous.plugins.module_utils._net.firewall import cluster_rules


def cluster_firewall_rules(servers: list, **options: t.Any) -> list[dict]:
    try:
        return [dict(rule) for rule in cluster_rules(servers, **options)]
    except (TypeError, ValueError) as error:
        raise AnsibleFilterError(f"cluster_firewall_rules: {error}") from error


class FilterModule:
    def filters(self) -> dict:
        return {"cluster_firewall_rules": cluster_firewall_rules}
