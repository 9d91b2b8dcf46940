#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: metal_size_info
short_description: Read the sizes of metal-stack
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Reads sizes by API v2 or v1, in the form in which M(metalstack.autonomous.metal_size) takes them.
extends_documentation_fragment:
  - metalstack.autonomous.metal_api
  - metalstack.autonomous.metal_api.info
  - metalstack.autonomous.metal_api.marked
"""

EXAMPLES = r"""
- name: See what keeps a size from being removed
  metalstack.autonomous.metal_size_info:
    api_url: https://v2.metal.example.org
    api_token: "{{ metal_token }}"
    ids: [c1-medium-x86]
    usage: true
"""

RETURN = r"""
sizes:
  description: The sizes, in the order of O(ids) or by id.
  type: list
  elements: dict
  returned: success
  contains:
    id:
      description: Id of the size.
      type: str
    name:
      description: Its name, empty for none.
      type: str
    description:
      description: Its description, empty for none.
      type: str
    constraints:
      description: C(type), C(min), C(max) and C(identifier) of each, in an order of their own.
      type: list
      elements: dict
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
      description: What has it, in words; empty if it can be removed.
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
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kinds.size import SIZE


def main() -> None:
    module.run_info(SIZE)


if __name__ == "__main__":
    main()
