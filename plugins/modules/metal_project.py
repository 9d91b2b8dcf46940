#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: metal_project
short_description: Manage projects of metal-stack
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Brings any number of projects to what is given, in one call, by API v2 or v1, and sends only what differs.
  - Servers make the ids of projects, so a project is found by name and tenant where no id is given. Neither server
    minds two of a name; this module refuses to make a second one, and to choose among those that are there.
  - Everything is checked before anything is sent, and all that is wrong is told at once. An update is refused if
    somebody else changed the project since it was read.
  - A project is not removed while machines, networks, addresses or size reservations belong to it.
  - Members are not managed. Users join by invitation, and the tenant is made the owner by the server of API v2.
    Annotations, which API v1 alone has, stay as they are.
extends_documentation_fragment:
  - metalstack.autonomous.metal_api
  - metalstack.autonomous.metal_api.list
options:
  projects:
    description: >-
      The projects. What one of them does not give stays as it is. With O(mode=exact) O(owner) is needed, for users make
      projects too.
    type: list
    elements: dict
    required: true
    suboptions:
      id:
        description: Id of the project. It is needed to rename one. API v1 makes a new one by this id, API v2 does not.
        type: str
      state:
        description: Whether it shall be there.
        type: str
        choices: [present, absent]
        default: present
      name:
        description: Name of the project, 2 to 128 characters, among those of its tenant.
        type: str
      tenant:
        description: Id of the tenant to whom it belongs, which stays.
        type: str
      description:
        description: A description, up to 256 characters.
        type: str
      avatar_url:
        description: Where a picture is. API v1 has none, and API v2 cannot remove it.
        type: str
      quotas:
        description: How much there may be in the project, V(-1) for no limit. API v2 has none. A new project that gives
          none gets those of its tenant.
        type: dict
        suboptions:
          cluster:
            description: Number of clusters.
            type: int
          machine:
            description: Number of machines.
            type: int
          ip:
            description: Number of addresses.
            type: int
      labels:
        description: Labels; null as a value removes one.
        type: dict
"""

EXAMPLES = r"""
- name: Two projects, found by their names, one of a tenant that metal_tenant has brought about
  metalstack.autonomous.metal_project:
    api_url: https://v2.metal.example.org
    api_token: "{{ metal_token }}"
    owner: site-a
    projects:
      - name: seeds
        tenant: metal-stack
        description: The machines of the seed clusters
      - name: shop
        # In check mode a tenant that API v2 would make has no id yet.
        tenant: "{{ acme.tenants[0].id | default('acme') }}"
        labels: {stage: production}
  register: projects

- name: Let there be no more than twenty machines, by API v1
  metalstack.autonomous.metal_project:
    api_url: https://api.metal.example.org/metal
    api_hmac: "{{ metal_hmac }}"
    projects:
      - {name: shop, tenant: acme, quotas: {machine: 20}}

- name: Rename one
  metalstack.autonomous.metal_project:
    api_url: https://v2.metal.example.org
    api_token: "{{ metal_token }}"
    projects:
      - {id: 00000000-0000-0000-0000-000000000000, name: store}
"""

RETURN = r"""
projects:
  description: The projects of the task that are, or would be, there, as M(metalstack.autonomous.metal_project_info)
    returns them. One whose id the server would make has none yet.
  type: list
  elements: dict
  returned: success, and where some could not be changed
created:
  description: Ids of those that were made. In check mode C(TENANT/NAME) for those whose id the server would make.
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
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kinds.project import PROJECT

OPTIONS = {
    "name": {"type": "str"},
    "tenant": {"type": "str"},
    "description": {"type": "str"},
    "avatar_url": {"type": "str"},
    "quotas": {"type": "dict", "options": {name: {"type": "int"} for name in ("cluster", "machine", "ip")}},
}


def main() -> None:
    module.run(PROJECT, OPTIONS)


if __name__ == "__main__":
    main()
