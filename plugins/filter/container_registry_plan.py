# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: container_registry_plan
short_description: The processes that a host's registries consist of
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Composes the configurations of distribution for what a host keeps and for each upstream.
  - Serves the role P(metalstack.autonomous.container_registry#role).
options:
  _input:
    description:
      - C(upstreams) and C(storage) as the role has them, C(state) and C(run), the directories of data and sockets.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Compose
  ansible.builtin.debug:
    msg: "{{ settings | metalstack.autonomous.container_registry_plan }}"
"""

RETURN = r"""
_value:
  description:
    - One dictionary for each process, with C(name), C(unit), C(component) (the first part of paths, empty for what is
      kept), C(upstream), C(reads), C(state) (its directory, empty for an object storage), C(socket) and C(config).
  type: list
  elements: dict
"""

from ansible.errors import AnsibleFilterError
from ansible_collections.metalstack.autonomous.plugins.module_utils._registry.plan import Settings, parts


def container_registry_plan(settings: Settings) -> list[dict]:
    try:
        return [dict(part) for part in parts(settings)]
    except ValueError as error:
        raise AnsibleFilterError(f"container_registry: {error}") from error


class FilterModule:
    def filters(self) -> dict:
        return {"container_registry_plan": container_registry_plan}
