#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: metal_machine_info
short_description: Read the machines of metal-stack
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Reads machines by API v2 or v1, in one form, and on demand how many there are of each size.
  - No secret is returned, neither passwords of console and BMC nor user data, keys of a VPN or SSH keys.
  - API v2 wants a token with an admin role.
extends_documentation_fragment:
  - metalstack.autonomous.metal_api
  - metalstack.autonomous.metal_api.view
options:
  partition:
    description: Read those in this partition only.
    type: str
  rack:
    description: Read those in this rack only.
    type: str
  size:
    description: Read those of this size only.
    type: str
  project:
    description: Read those of the project with this id only.
    type: str
  image:
    description: Read those with this image only.
    type: str
  state:
    description: Read those in this state only.
    type: str
    choices: [available, tainted, locked]
  liveliness:
    description: Read those that are alive, dead, or of which it is not known.
    type: str
    choices: [alive, dead, unknown]
  allocated:
    description: Read those that are allocated only, or those that are not.
    type: bool
  name:
    description: Read those only that are allocated by this name.
    type: str
  hostname:
    description: Read those with this host name only.
    type: str
  role:
    description: Read those only that are allocated as this.
    type: str
    choices: [machine, firewall]
  labels:
    description: Read those only that have all of these labels, with these values; in API v1 they are the tags, of which
      C(KEY=VALUE) is a label with a value.
    type: dict
  capacity:
    description: Whether to count machines by partition and size, for O(partition), O(size) and O(project). To count
      them alone give a small O(limit).
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: See what is left of a size, and which machines are broken
  metalstack.autonomous.metal_machine_info:
    api_url: https://v2.metal.example.org
    api_token: "{{ metal_token }}"
    partition: fra-equ01
    size: c1-medium-x86
    liveliness: dead
    capacity: true
  register: machines

- name: Expect two for the cluster
  ansible.builtin.assert:
    that: machines.capacity | sum(attribute='free') >= 2
"""

RETURN = r"""
machines:
  description: The machines, in the order of O(ids) or by id.
  type: list
  elements: dict
  returned: success
  contains:
    id:
      description: Id of the machine.
      type: str
    partition:
      description: Id of its partition, empty as long as it is not known.
      type: str
    rack:
      description: Its rack, empty for none.
      type: str
    room:
      description: Its room, empty for none.
      type: str
    size:
      description: Id of its size.
      type: str
    state:
      description: V(available), V(tainted) or V(locked).
      type: str
    state_description:
      description: Why it is in this state.
      type: str
    state_issuer:
      description: Who brought it into this state.
      type: str
    liveliness:
      description: V(alive), V(dead) or V(unknown).
      type: str
    last_event:
      description: C(event), such as V(Phoned Home), and C(time) of the last event of its provisioning.
      type: dict
    crash_loop:
      description: Whether its provisioning fails again and again. A metal-apiserver of August 2026 does not tell.
      type: bool
    failed_reclaim:
      description: Whether it was not freed after its allocation ended. A metal-apiserver of August 2026 does not tell.
      type: bool
    hardware:
      description: C(memory) in bytes, C(cores), C(disks) with name and size in bytes, C(nics) with name and mac.
      type: dict
    allocated:
      description: Whether it is allocated.
      type: bool
    allocation:
      description: >-
        C(id), C(name), C(description), C(hostname), C(project), C(image), C(role) (V(machine) or V(firewall)),
        C(filesystem_layout), C(networks) with network, ips, vrf and asn, C(created_by) and C(created_at); empty for
        none.
      type: dict
    labels:
      description: Its labels.
      type: dict
    created_at:
      description: When it was seen first.
      type: str
    updated_at:
      description: When it was changed last.
      type: str
capacity:
  description: Numbers of machines, by partition and size.
  type: list
  elements: dict
  returned: with O(capacity)
  contains:
    partition:
      description: Id of the partition.
      type: str
    size:
      description: Id of the size.
      type: str
    total:
      description: All of them.
      type: int
    allocated:
      description: Those that are allocated.
      type: int
    allocatable:
      description: Those that could be, whoever asks.
      type: int
    free:
      description: Those that anybody, or O(project), could have; the others are reserved.
      type: int
    unavailable:
      description: Those that are neither allocated nor could be.
      type: int
    faulty:
      description: Those with an issue, allocated or not.
      type: int
    faulty_machines:
      description: Ids of these.
      type: list
      elements: str
    phoned_home:
      description: Those that run what was installed.
      type: int
    waiting:
      description: Those that wait for an allocation.
      type: int
    other:
      description: Those that do neither.
      type: int
    other_machines:
      description: Ids of these.
      type: list
      elements: str
    reservations:
      description: How many are reserved.
      type: int
    used_reservations:
      description: How many of these are allocated.
      type: int
    remaining_reservations:
      description: How many of these are not.
      type: int
total:
  description: How many there are, also of those beyond O(limit).
  type: int
  returned: success
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
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.views.machine import MACHINE

OPTIONS = {
    "partition": {"type": "str"},
    "rack": {"type": "str"},
    "size": {"type": "str"},
    "project": {"type": "str"},
    "image": {"type": "str"},
    "state": {"type": "str", "choices": ["available", "tainted", "locked"]},
    "liveliness": {"type": "str", "choices": ["alive", "dead", "unknown"]},
    "allocated": {"type": "bool"},
    "name": {"type": "str"},
    "hostname": {"type": "str"},
    "role": {"type": "str", "choices": ["machine", "firewall"]},
    "labels": {"type": "dict"},
    "capacity": {"type": "bool", "default": False},
}


def main() -> None:
    module.run_view(MACHINE, OPTIONS)


if __name__ == "__main__":
    main()
