#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: metal_network
short_description: Manage networks of metal-stack
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Brings any number of networks to what is given, in one call, by API v2 or v1, and sends only what differs.
  - These are the networks that administrators make. Child networks of a super network are made and given up by their
    projects; C(mode=exact) leaves them alone, and a task that names one is refused.
  - Everything is checked before anything is sent, and all that is wrong is told at once, prefixes that would overlap
    among it. An update is refused if somebody else changed the network since it was read.
  - A network is not removed while there are child networks, machines, firewalls or IPs in it, by API v1 either. A
    prefix stays while there are child networks or IPs of it.
extends_documentation_fragment:
  - metalstack.autonomous.metal_api
  - metalstack.autonomous.metal_api.list
options:
  networks:
    description: The networks. What one of them does not give stays as it is.
    type: list
    elements: dict
    required: true
    suboptions:
      id:
        description: Id of the network, such as V(internet).
        type: str
        required: true
      state:
        description: Whether it shall be there.
        type: str
        choices: [present, absent]
        default: present
      name:
        description: A readable name, 2 to 128 characters.
        type: str
      description:
        description: A description, up to 256 characters.
        type: str
      type:
        description: >-
          What it is for: V(external) for IPs of the outside, V(underlay) between switches and firewalls, V(super) for
          child networks of projects, V(super-namespaced) for child networks whose prefixes may be the same in each
          project, which API v1 cannot make. A new one needs it, and it stays as it is.
        type: str
        choices: [external, underlay, super, super-namespaced]
      partition:
        description: Id of the partition; for all if not given. API v2 wants one of an underlay, and has one super
          network in each. It stays as it is.
        type: str
      project:
        description: Id of the project that alone may use it, a UUID. It stays as it is.
        type: str
      prefixes:
        description: Its prefixes, in any order. A new one needs some, and the list cannot be emptied.
        type: list
        elements: str
      destination_prefixes:
        description: What is reached through it, such as V(0.0.0.0/0); of address families that it has prefixes of. The
          list cannot be emptied.
        type: list
        elements: str
      default_child_prefix_length:
        description: How long prefixes of child networks are, for each address family of a super network. A new one
          needs it.
        type: dict
        suboptions:
          ipv4:
            description: Bits of IPv4.
            type: int
          ipv6:
            description: Bits of IPv6.
            type: int
      min_child_prefix_length:
        description: The least length that may be asked for of a super network. API v1 has none, and API v2 does not
          change it.
        type: dict
        suboptions:
          ipv4:
            description: Bits of IPv4.
            type: int
          ipv6:
            description: Bits of IPv6.
            type: int
      nat_type:
        description: Whether IPv4 is masqueraded on its way out; a new one is V(none) if not given. API v1 does not
          change it, and has it of external networks only; an underlay never has.
        type: str
        choices: [none, ipv4-masq]
      vrf:
        description: Number of its VRF, more than 0, which is of one network only. API v2 wants one of an external
          network. Child networks of a super network with a VRF are in it, too; others get one each. It stays as it is.
        type: int
      additional_announcable_cidrs:
        description: What may be announced from child networks of a super network besides their prefixes, such as those
          of pods and services. None is taken away while there are child networks.
        type: list
        elements: str
      labels:
        description: Labels; null as a value removes one.
        type: dict
"""

EXAMPLES = r"""
- name: The networks of a control plane
  metalstack.autonomous.metal_network:
    api_url: https://v2.metal.example.org
    api_token: "{{ metal_token }}"
    networks:
      - id: internet
        type: external
        prefixes: [198.51.100.0/24, "2001:db8:1::/48"]
        destination_prefixes: [0.0.0.0/0, "::/0"]
        nat_type: ipv4-masq
        vrf: 104009
      - id: underlay-fra-equ01
        type: underlay
        partition: fra-equ01
        prefixes: [10.1.0.0/22]
      - id: tenant-super-fra-equ01
        type: super
        partition: fra-equ01
        prefixes: [10.128.0.0/14]
        default_child_prefix_length: {ipv4: 22}
        additional_announcable_cidrs: [10.240.0.0/12]

- name: One that is not needed any more, by API v1
  metalstack.autonomous.metal_network:
    api_url: https://api.metal.example.org/metal
    api_hmac: "{{ metal_hmac }}"
    networks:
      - {id: mpls, state: absent}

- name: Take over one that belongs to metal-stack's own modules, which mark it with ansible
  metalstack.autonomous.metal_network:
    api_url: https://v2.metal.example.org
    api_token: "{{ metal_token }}"
    owner: site-a
    take_over: true
    networks:
      - {id: storage}
"""

RETURN = r"""
networks:
  description: The networks of the task that are, or would be, there, as M(metalstack.autonomous.metal_network_info)
    returns them.
  type: list
  elements: dict
  returned: success, and where some could not be changed
created:
  description: Ids of those that were, or would be, made.
  type: list
  elements: str
  returned: success, and where some could not be changed
updated:
  description: Ids of those that were, or would be, changed.
  type: list
  elements: str
  returned: success, and where some could not be changed
removed:
  description: Ids of those that were, or would be, removed.
  type: list
  elements: str
  returned: success, and where some could not be changed
problems:
  description: What is wrong with the task, or was not done, one by one.
  type: list
  elements: str
  returned: failure
api_version:
  description: The API that was spoken, V(v1) or V(v2).
  type: str
  returned: success, and where some could not be changed
"""

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import module
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kinds.network import NETWORK

PREFIXES = {"type": "list", "elements": "str"}
LENGTHS = {"type": "dict", "options": {"ipv4": {"type": "int"}, "ipv6": {"type": "int"}}}
OPTIONS = {
    "name": {"type": "str"},
    "description": {"type": "str"},
    "type": {"type": "str", "choices": ["external", "underlay", "super", "super-namespaced"]},
    "partition": {"type": "str"},
    "project": {"type": "str"},
    "prefixes": PREFIXES,
    "destination_prefixes": PREFIXES,
    "default_child_prefix_length": LENGTHS,
    "min_child_prefix_length": LENGTHS,
    "nat_type": {"type": "str", "choices": ["none", "ipv4-masq"]},
    "vrf": {"type": "int"},
    "additional_announcable_cidrs": PREFIXES,
}


def main() -> None:
    module.run(NETWORK, OPTIONS)


if __name__ == "__main__":
    main()
