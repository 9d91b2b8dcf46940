#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: metal_switch_info
short_description: Read the switches of metal-stack
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Reads switches by API v2 or v1, in one form, with the machines at their ports and what metal-core reports.
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
  mode:
    description: Read those in this mode only.
    type: str
    choices: [operational, replace]
  os_vendor:
    description: Read those with an operating system of this vendor only.
    type: str
    choices: [SONiC, Cumulus]
  os_version:
    description: Read those with this version of the operating system only.
    type: str
  machine:
    description: Read those to which the machine with this id is connected only.
    type: str
  sync_failed:
    description: Read those only whose last synchronization failed, or did not.
    type: bool
"""

EXAMPLES = r"""
- name: See which switches of a partition do not take their configuration
  metalstack.autonomous.metal_switch_info:
    api_url: https://v2.metal.example.org
    api_token: "{{ metal_token }}"
    partition: fra-equ01
    sync_failed: true
  register: failed

- name: Expect none
  ansible.builtin.assert:
    that: failed.total == 0
    fail_msg: "{{ failed.switches | map(attribute='id') | join(', ') }}"
"""

RETURN = r"""
switches:
  description: The switches, in the order of O(ids) or by id.
  type: list
  elements: dict
  returned: success
  contains:
    id:
      description: Id of the switch.
      type: str
    description:
      description: Its description, empty for none.
      type: str
    partition:
      description: Id of its partition.
      type: str
    rack:
      description: Its rack, empty for none.
      type: str
    room:
      description: Its room, empty for none.
      type: str
    mode:
      description: V(operational), or V(replace) for one that waits for its replacement.
      type: str
    os:
      description: C(vendor), C(version) and C(metal_core_version).
      type: dict
    management_ip:
      description: Address of its management.
      type: str
    management_user:
      description: User of its management.
      type: str
    console_command:
      description: Command that reaches its console.
      type: str
    last_sync:
      description: C(time) and C(duration) in seconds of the last synchronization that succeeded; empty for none.
      type: dict
    last_sync_error:
      description: C(time), C(duration) in seconds and C(error) of the last one that failed; empty for none.
      type: dict
    sync_failed:
      description: Whether the last synchronization failed.
      type: bool
    nics:
      description: Its ports.
      type: list
      elements: dict
      contains:
        name:
          description: Name of the port.
          type: str
        identifier:
          description: Identifier of the port.
          type: str
        mac:
          description: Its MAC address, empty for none.
          type: str
        vrf:
          description: Its VRF, empty for none.
          type: str
        state:
          description: V(up), V(down) or V(unknown).
          type: str
        wanted_state:
          description: The state that it shall have, empty if it has it.
          type: str
        machine:
          description: Id of the machine that is connected, empty for none.
          type: str
        bgp:
          description: C(state), C(neighbor), C(peer_group), C(sent_prefixes) and C(accepted_prefixes); empty for none.
          type: dict
        bgp_filter:
          description: C(cidrs) and C(vnis) that may be announced; empty for no filter.
          type: dict
    machines:
      description: Ids of the machines that are connected.
      type: list
      elements: str
    created_at:
      description: When it registered first.
      type: str
    updated_at:
      description: When it was changed last.
      type: str
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
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.views.switch import SWITCH

OPTIONS = {
    "partition": {"type": "str"},
    "rack": {"type": "str"},
    "mode": {"type": "str", "choices": ["operational", "replace"]},
    "os_vendor": {"type": "str", "choices": ["SONiC", "Cumulus"]},
    "os_version": {"type": "str"},
    "machine": {"type": "str"},
    "sync_failed": {"type": "bool"},
}


def main() -> None:
    module.run_view(SWITCH, OPTIONS)


if __name__ == "__main__":
    main()
