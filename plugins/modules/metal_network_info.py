#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: metal_network_info
short_description: Read the networks of metal-stack
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Reads networks by API v2 or v1, in the form in which M(metalstack.autonomous.metal_network) takes them, child
    networks of projects among them.
extends_documentation_fragment:
  - metalstack.autonomous.metal_api
  - metalstack.autonomous.metal_api.info
  - metalstack.autonomous.metal_api.marked
options:
  type:
    description: Read those of this type only.
    type: str
    choices: [external, underlay, super, super-namespaced, child, child-shared]
  partition:
    description: Read those of this partition only.
    type: str
  project:
    description: Read those of the project with this id only.
    type: str
  parent_network:
    description: Read the child networks of this super network only.
    type: str
"""

EXAMPLES = r"""
- name: See what keeps a network from being removed
  metalstack.autonomous.metal_network_info:
    api_url: https://v2.metal.example.org
    api_token: "{{ metal_token }}"
    ids: [internet]
    usage: true

- name: See what projects have got of a super network
  metalstack.autonomous.metal_network_info:
    api_url: https://v2.metal.example.org
    api_token: "{{ metal_token }}"
    parent_network: tenant-super-fra-equ01
"""

RETURN = r"""
networks:
  description: The networks, in the order of O(ids) or by id.
  type: list
  elements: dict
  returned: success
  contains:
    id:
      description: Id of the network.
      type: str
    name:
      description: Its name, empty for none.
      type: str
    description:
      description: Its description, empty for none.
      type: str
    type:
      description: >-
        One of V(external), V(underlay), V(super), V(super-namespaced) and, for child networks, V(child) and
        V(child-shared).
      type: str
    partition:
      description: Id of the partition, empty for none.
      type: str
    project:
      description: Id of the project, empty for none.
      type: str
    prefixes:
      description: Its prefixes, sorted.
      type: list
      elements: str
    destination_prefixes:
      description: What is reached through it, sorted.
      type: list
      elements: str
    default_child_prefix_length:
      description: C(ipv4) and C(ipv6), without those that it has not.
      type: dict
    min_child_prefix_length:
      description: C(ipv4) and C(ipv6), without those that it has not.
      type: dict
      returned: by API v2
    nat_type:
      description: V(none) or V(ipv4-masq).
      type: str
    vrf:
      description: Number of its VRF, 0 for none.
      type: int
    additional_announcable_cidrs:
      description: What may be announced besides from its child networks, sorted.
      type: list
      elements: str
    parent_network:
      description: Id of the super network of a child network, empty for others.
      type: str
    labels:
      description: Its labels.
      type: dict
    created_at:
      description: When it was made.
      type: str
    updated_at:
      description: When it was changed last.
      type: str
    generation:
      description: How often it was changed.
      type: int
      returned: by API v2
    used_by:
      description: What is in the network, in words; empty if it can be removed.
      type: list
      elements: str
      returned: with O(usage)
missing:
  description: Those of O(ids) that are not there, or do not fit the other options.
  type: list
  elements: str
  returned: success
api_version:
  description: The API that was spoken, V(v1) or V(v2).
  type: str
  returned: success
"""

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import module
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kinds.network import NETWORK

OPTIONS = {
    "type": {"type": "str", "choices": ["external", "underlay", "super", "super-namespaced", "child", "child-shared"]},
    "partition": {"type": "str"},
    "project": {"type": "str"},
    "parent_network": {"type": "str"},
}


def main() -> None:
    module.run_info(NETWORK, OPTIONS)


if __name__ == "__main__":
    main()
