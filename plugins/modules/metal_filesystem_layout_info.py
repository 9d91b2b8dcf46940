#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: metal_filesystem_layout_info
short_description: Read the filesystem layouts of metal-stack
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Reads filesystem layouts by API v2 or v1, in the form in which M(metalstack.autonomous.metal_filesystem_layout)
    takes them.
extends_documentation_fragment:
  - metalstack.autonomous.metal_api
  - metalstack.autonomous.metal_api.info
options:
  size:
    description: Read those only that machines of this size get.
    type: str
"""

EXAMPLES = r"""
- name: See which machines have a layout
  metalstack.autonomous.metal_filesystem_layout_info:
    api_url: https://v2.metal.example.org
    api_token: "{{ metal_token }}"
    ids: [default]
    usage: true
"""

RETURN = r"""
filesystem_layouts:
  description: The layouts, in the order of O(ids) or by id.
  type: list
  elements: dict
  returned: success
  contains:
    id:
      description: Id of the layout.
      type: str
    name:
      description: Its name, empty for none.
      type: str
    description:
      description: Its description, empty for none.
      type: str
    constraints:
      description: C(sizes), sorted, and C(images).
      type: dict
    disks:
      description: C(device), C(partitions) and C(wipe_on_reinstall) of each, which is never true by API v2.
      type: list
      elements: dict
    raid:
      description: C(array_name), C(level), C(devices), C(create_options) and C(spares) of each.
      type: list
      elements: dict
    volume_groups:
      description: C(name), C(devices) and C(tags) of each.
      type: list
      elements: dict
    logical_volumes:
      description: C(name), C(volume_group), C(size) and C(lvm_type) of each.
      type: list
      elements: dict
    filesystems:
      description: C(path), C(device), C(format), C(label), C(mount_options) and C(create_options) of each.
      type: list
      elements: dict
    created_at:
      description: When it was made.
      type: str
      returned: by API v2
    updated_at:
      description: When it was changed last.
      type: str
      returned: by API v2
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
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kinds.filesystem_layout import (
    FILESYSTEM_LAYOUT,
)

OPTIONS = {"size": {"type": "str"}}


def main() -> None:
    module.run_info(FILESYSTEM_LAYOUT, OPTIONS)


if __name__ == "__main__":
    main()
