#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: metal_partition
short_description: Manage partitions of metal-stack
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Brings any number of partitions to what is given, in one call, by API v2 or v1, and sends only what differs.
  - Everything is checked before anything is sent, and all that is wrong is told at once. An update is refused if
    somebody else changed the partition since it was read.
  - The servers ask for the head of both URLs of a boot configuration that changes, and refuse one that is not there.
  - A partition is not removed while there are machines, networks or size reservations in it, by API v1 either.
extends_documentation_fragment:
  - metalstack.autonomous.metal_api
  - metalstack.autonomous.metal_api.list
options:
  partitions:
    description: The partitions. What one of them does not give stays as it is.
    type: list
    elements: dict
    required: true
    suboptions:
      id:
        description: Id of the partition, 2 to 128 characters.
        type: str
        required: true
      state:
        description: Whether it shall be there.
        type: str
        choices: [present, absent]
        default: present
      name:
        description: A readable name. API v2 has none but the id.
        type: str
      description:
        description: A description, up to 256 characters.
        type: str
      boot_configuration:
        description: What machines boot to register themselves (metal-hammer). API v1 wants both URLs of a new
          partition.
        type: dict
        suboptions:
          image_url:
            description: Where the initrd is.
            type: str
          kernel_url:
            description: Where the kernel is.
            type: str
          commandline:
            description: Command line of the kernel.
            type: str
      dns_servers:
        description: Addresses of up to three name servers. API v2 cannot empty the list.
        type: list
        elements: str
      ntp_servers:
        description: Addresses or names of up to five time servers. API v2 cannot empty the list.
        type: list
        elements: str
      mgmt_service_addresses:
        description: Where the management is reached, as C(HOST:PORT). Both servers keep one. API v2 cannot empty the
          list.
        type: list
        elements: str
      labels:
        description: Labels; null as a value removes one.
        type: dict
"""

EXAMPLES = r"""
- name: The partitions of this control plane, and no others of ours
  metalstack.autonomous.metal_partition:
    api_url: https://v2.metal.example.org
    api_token: "{{ metal_token }}"
    owner: site-a
    mode: exact
    partitions:
      - id: fra-equ01
        description: Frankfurt, hall 1
        boot_configuration:
          image_url: https://images.example.org/metal-hammer-initrd.img.lz4
          kernel_url: https://images.example.org/metal-kernel
          commandline: console=ttyS0
        dns_servers: [192.0.2.11, 192.0.2.12]
        ntp_servers: [192.0.2.11, 192.0.2.12]
        mgmt_service_addresses: ["192.0.2.20:50003"]

- name: One that is not needed any more, by API v1
  metalstack.autonomous.metal_partition:
    api_url: https://api.metal.example.org/metal
    api_hmac: "{{ metal_hmac }}"
    partitions:
      - {id: fra-equ02, state: absent}
"""

RETURN = r"""
partitions:
  description: The partitions of the task that are, or would be, there, as M(metalstack.autonomous.metal_partition_info)
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
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kinds.partition import PARTITION

OPTIONS = {
    "name": {"type": "str"},
    "description": {"type": "str"},
    "boot_configuration": {
        "type": "dict",
        "options": {name: {"type": "str"} for name in ("image_url", "kernel_url", "commandline")},
    },
    "dns_servers": {"type": "list", "elements": "str"},
    "ntp_servers": {"type": "list", "elements": "str"},
    "mgmt_service_addresses": {"type": "list", "elements": "str"},
}


def main() -> None:
    module.run(PARTITION, OPTIONS)


if __name__ == "__main__":
    main()
