#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: metal_size
short_description: Manage machine sizes of metal-stack
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Brings any number of sizes to what is given, in one call, by API v2 or v1, and sends only what differs.
  - Everything is checked before anything is sent, and all that is wrong is told at once, sizes that would overlap among
    it. An update is refused if somebody else changed the size since it was read.
  - Sizes that stand in each other's way only meanwhile are changed in an order that the server takes.
  - A size is not removed while machines, reservations or image constraints need it, by API v1 either.
extends_documentation_fragment:
  - metalstack.autonomous.metal_api
  - metalstack.autonomous.metal_api.list
options:
  sizes:
    description: The sizes. What one of them does not give stays as it is.
    type: list
    elements: dict
    required: true
    suboptions:
      id:
        description: Id of the size, such as V(c1-xlarge-x86).
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
      constraints:
        description: What a machine has to have to be of this size. A new one needs some. API v2 cannot empty the list.
        type: list
        elements: dict
        suboptions:
          type:
            description: What is limited. There is one for V(cores) and one for V(memory) at most.
            type: str
            choices: [cores, memory, storage, gpu]
            required: true
          min:
            description: The least; a number, or bytes of V(memory) and V(storage).
            type: int
            required: true
          max:
            description: The most.
            type: int
            required: true
          identifier:
            description: Pattern of the model that is counted, such as V(/dev/nvme*). V(gpu) needs one, V(memory) has
              none.
            type: str
            default: ""
      labels:
        description: Labels; null as a value removes one.
        type: dict
"""

EXAMPLES = r"""
- name: Two sizes
  metalstack.autonomous.metal_size:
    api_url: https://v2.metal.example.org
    api_token: "{{ metal_token }}"
    sizes:
      - id: c1-medium-x86
        constraints:
          - {type: cores, min: 4, max: 4}
          - {type: memory, min: 34359738368, max: 34359738368}
          - {type: storage, min: 1000000000000, max: 2000000000000}
      - id: c1-large-x86
        constraints:
          - {type: cores, min: 12, max: 12}
          - {type: memory, min: 68719476736, max: 68719476736}
          - {type: storage, min: 1000000000000, max: 4000000000000}
"""

RETURN = r"""
sizes:
  description: The sizes of the task that are, or would be, there, as M(metalstack.autonomous.metal_size_info)
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
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kinds.size import SIZE

OPTIONS = {
    "name": {"type": "str"},
    "description": {"type": "str"},
    "constraints": {
        "type": "list",
        "elements": "dict",
        "options": {
            "type": {"type": "str", "choices": ["cores", "memory", "storage", "gpu"], "required": True},
            "min": {"type": "int", "required": True},
            "max": {"type": "int", "required": True},
            "identifier": {"type": "str", "default": ""},
        },
    },
}


def main() -> None:
    module.run(SIZE, OPTIONS)


if __name__ == "__main__":
    main()
