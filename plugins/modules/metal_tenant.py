#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: metal_tenant
short_description: Manage tenants of metal-stack
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Brings any number of tenants to what is given, in one call, by API v2 or v1, and sends only what differs.
  - A tenant is found by its name where no id is given. API v2 makes the ids of those that it is asked to make; users
    who log in have theirs from the identity provider. Where several have the name none is chosen.
  - Everything is checked before anything is sent, and all that is wrong is told at once. An update is refused if
    somebody else changed the tenant since it was read.
  - A tenant is not removed while projects belong to it, nor the provider's own.
  - Members are not managed. Users join by invitation, and a new tenant is made its own owner by the server of API v2.
    Annotations, which API v1 alone has, stay as they are. Neither API has tenants within tenants.
extends_documentation_fragment:
  - metalstack.autonomous.metal_api
  - metalstack.autonomous.metal_api.list
options:
  tenants:
    description: >-
      The tenants. What one of them does not give stays as it is. With O(mode=exact) O(owner) is needed, for users have
      tenants too.
    type: list
    elements: dict
    required: true
    suboptions:
      id:
        description: Id of the tenant, in API v2 its login. It is needed to rename one. API v1 makes a new one by this
          id, API v2 does not.
        type: str
      state:
        description: Whether it shall be there.
        type: str
        choices: [present, absent]
        default: present
      name:
        description: Name of the tenant, 2 to 128 characters.
        type: str
      description:
        description: A description, up to 256 characters.
        type: str
      email:
        description: An address to write to. API v1 has none, and API v2 cannot remove it.
        type: str
      avatar_url:
        description: Where a picture is. API v1 has none, and API v2 cannot remove it.
        type: str
      quotas:
        description: How much there may be of the tenant's, V(-1) for no limit. API v2 has none.
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
          project:
            description: Number of projects.
            type: int
      default_quotas:
        description: The quotas of new projects that give none, V(-1) for no limit. API v2 has none.
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
      iam_config:
        description: By whom the tenant's users are known. API v2 has none. What API v1 does not show of it, such as the
          connector, is lost with any update by API v1.
        type: dict
        suboptions:
          issuer_url:
            description: URL of the OIDC issuer.
            type: str
          client_id:
            description: Whose tokens are accepted.
            type: str
          idm_type:
            description: Kind of directory, such as V(ldap).
            type: str
      labels:
        description: Labels; null as a value removes one.
        type: dict
"""

EXAMPLES = r"""
- name: A tenant, and whom to write to
  metalstack.autonomous.metal_tenant:
    api_url: https://v2.metal.example.org
    api_token: "{{ metal_token }}"
    owner: site-a
    tenants:
      - name: acme
        description: Acme Inc.
        email: operations@acme.example.org
  register: acme

- name: One with up to ten projects, by API v1
  metalstack.autonomous.metal_tenant:
    api_url: https://api.metal.example.org/metal
    api_hmac: "{{ metal_hmac }}"
    tenants:
      - id: acme
        name: acme
        quotas: {project: 10}
        default_quotas: {machine: 20}
"""

RETURN = r"""
tenants:
  description: The tenants of the task that are, or would be, there, as M(metalstack.autonomous.metal_tenant_info)
    returns them. One whose id the server would make has none yet.
  type: list
  elements: dict
  returned: success, and where some could not be changed
created:
  description: Ids of those that were made. In check mode the name for those whose id the server would make.
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
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kinds.tenant import TENANT


def _quotas(*names: str) -> dict[str, object]:
    return {"type": "dict", "options": {name: {"type": "int"} for name in names}}


OPTIONS = {
    "name": {"type": "str"},
    "description": {"type": "str"},
    "email": {"type": "str"},
    "avatar_url": {"type": "str"},
    "quotas": _quotas("cluster", "machine", "ip", "project"),
    "default_quotas": _quotas("cluster", "machine", "ip"),
    "iam_config": {
        "type": "dict",
        "options": {name: {"type": "str"} for name in ("issuer_url", "client_id", "idm_type")},
    },
}


def main() -> None:
    module.run(TENANT, OPTIONS)


if __name__ == "__main__":
    main()
