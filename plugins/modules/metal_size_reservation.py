#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: metal_size_reservation
short_description: Manage size reservations of metal-stack
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Brings any number of size reservations to what is given, in one call, by API v2 or v1, and sends only what differs.
    A reservation keeps machines of a size for a project.
  - Everything is checked before anything is sent, and all that is wrong is told at once. An update is refused if
    somebody else changed the reservation since it was read.
  - The server makes the id of a reservation. That of a task is kept in the label C(ci.metal-stack.io/id), by which the
    reservation is found again. One that was made otherwise has the server's id in a task, too.
  - Size, project and partitions have to be there before.
extends_documentation_fragment:
  - metalstack.autonomous.metal_api
  - metalstack.autonomous.metal_api.list
options:
  size_reservations:
    description: The reservations. What one of them does not give stays as it is.
    type: list
    elements: dict
    required: true
    suboptions:
      id:
        description: A name of one's own for the reservation, such as V(storage-fra), or the id that the server gave it.
          API v2 changes and removes none whose own id is no UUID, which by API v1 it can be.
        type: str
        required: true
      state:
        description: Whether it shall be there.
        type: str
        choices: [present, absent]
        default: present
      name:
        description: A readable name, 2 to 128 characters. API v2 wants one of a new reservation.
        type: str
      description:
        description: A description, up to 256 characters.
        type: str
      size:
        description: Id of the size. A new one needs it, and it stays as it is.
        type: str
      project:
        description: Id of the project, a UUID. A new one needs it, and it stays as it is.
        type: str
      partitions:
        description: Ids of the partitions, in each of which O(size_reservations[].amount) machines are kept. A new one
          needs some, and the list cannot be emptied.
        type: list
        elements: str
      amount:
        description: How many machines, more than 0. A new one needs it.
        type: int
      labels:
        description: Labels; null as a value removes one.
        type: dict
"""

EXAMPLES = r"""
- name: Keep four machines for storage
  metalstack.autonomous.metal_size_reservation:
    api_url: https://v2.metal.example.org
    api_token: "{{ metal_token }}"
    size_reservations:
      - id: storage-fra
        name: Storage in Frankfurt
        size: c1-large-x86
        project: 2f0d9d3a-6a0e-4c5d-9e0b-6d3f6f1b2a77
        partitions: [fra-equ01]
        amount: 4

- name: Find out the ids of all
  metalstack.autonomous.metal_size_reservation_info:
    api_url: https://v2.metal.example.org
    api_token: "{{ metal_token }}"
  register: reserved

- name: Give up one that was made by other means
  metalstack.autonomous.metal_size_reservation:
    api_url: https://v2.metal.example.org
    api_token: "{{ metal_token }}"
    size_reservations:
      - {id: 0195f2c0-7b1e-7c3a-8a57-0f4d1c9be311, state: absent}
"""

RETURN = r"""
size_reservations:
  description: The reservations of the task that are, or would be, there, as
    M(metalstack.autonomous.metal_size_reservation_info) returns them.
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
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kinds.size_reservation import (
    SIZE_RESERVATION,
)

OPTIONS = {
    "name": {"type": "str"},
    "description": {"type": "str"},
    "size": {"type": "str"},
    "project": {"type": "str"},
    "partitions": {"type": "list", "elements": "str"},
    "amount": {"type": "int"},
}


def main() -> None:
    module.run(SIZE_RESERVATION, OPTIONS)


if __name__ == "__main__":
    main()
