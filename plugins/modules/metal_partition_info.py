#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: metal_partition_info
short_description: Read the partitions of metal-stack
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Reads partitions by API v2 or v1, in the form in which M(metalstack.autonomous.metal_partition) takes them.
extends_documentation_fragment:
  - metalstack.autonomous.metal_api
  - metalstack.autonomous.metal_api.info
  - metalstack.autonomous.metal_api.marked
"""

EXAMPLES = r"""
- name: See what keeps a partition from being removed
  metalstack.autonomous.metal_partition_info:
    api_url: https://v2.metal.example.org
    api_token: "{{ metal_token }}"
    ids: [fra-equ01]
    usage: true

- name: See which are nobody's, so that any task may change and remove them
  metalstack.autonomous.metal_partition_info:
    api_url: https://v2.metal.example.org
    api_token: "{{ metal_token }}"
    owner: ""
"""

RETURN = r"""
partitions:
  description: The partitions, in the order of O(ids) or by id.
  type: list
  elements: dict
  returned: success
  contains:
    id:
      description: Id of the partition.
      type: str
    name:
      description: Its name.
      type: str
      returned: by API v1
    description:
      description: Its description, empty for none.
      type: str
    boot_configuration:
      description: C(image_url), C(kernel_url) and C(commandline).
      type: dict
    dns_servers:
      description: Addresses of name servers.
      type: list
      elements: str
    ntp_servers:
      description: Addresses or names of time servers.
      type: list
      elements: str
    mgmt_service_addresses:
      description: Where the management is reached.
      type: list
      elements: str
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
      description: What is in the partition, in words; empty if it can be removed.
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
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kinds.partition import PARTITION


def main() -> None:
    module.run_info(PARTITION)


if __name__ == "__main__":
    main()
