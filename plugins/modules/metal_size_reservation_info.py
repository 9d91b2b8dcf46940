#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: metal_size_reservation_info
short_description: Read the size reservations of metal-stack
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Reads size reservations by API v2 or v1, in the form in which M(metalstack.autonomous.metal_size_reservation) takes
    them. Reservations are needed by nothing, so that O(usage) tells of nothing.
extends_documentation_fragment:
  - metalstack.autonomous.metal_api
  - metalstack.autonomous.metal_api.info
  - metalstack.autonomous.metal_api.marked
options:
  size:
    description: Read those of this size only.
    type: str
  project:
    description: Read those for the project with this id only.
    type: str
  partition:
    description: Read those only that keep machines in this partition.
    type: str
"""

EXAMPLES = r"""
- name: See what is reserved
  metalstack.autonomous.metal_size_reservation_info:
    api_url: https://v2.metal.example.org
    api_token: "{{ metal_token }}"

- name: See what is reserved of a size in a partition
  metalstack.autonomous.metal_size_reservation_info:
    api_url: https://v2.metal.example.org
    api_token: "{{ metal_token }}"
    size: c1-large-x86
    partition: fra-equ01
"""

RETURN = r"""
size_reservations:
  description: The reservations, in the order of O(ids) or by id.
  type: list
  elements: dict
  returned: success
  contains:
    id:
      description: Id of the reservation in a task; the server's own if no task made it.
      type: str
    server_id:
      description: The server's id.
      type: str
    name:
      description: Its name, empty for none.
      type: str
    description:
      description: Its description, empty for none.
      type: str
    size:
      description: Id of the size.
      type: str
    project:
      description: Id of the project.
      type: str
    partitions:
      description: Ids of the partitions.
      type: list
      elements: str
    amount:
      description: How many machines.
      type: int
    labels:
      description: Its labels, without that of its id.
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
      description: An empty list.
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
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kinds.size_reservation import (
    SIZE_RESERVATION,
)

OPTIONS = {"size": {"type": "str"}, "project": {"type": "str"}, "partition": {"type": "str"}}


def main() -> None:
    module.run_info(SIZE_RESERVATION, OPTIONS)


if __name__ == "__main__":
    main()
