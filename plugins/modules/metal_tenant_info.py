#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: metal_tenant_info
short_description: Read the tenants of metal-stack
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Reads tenants by API v2 or v1, in the form in which M(metalstack.autonomous.metal_tenant) takes them.
  - API v2 wants a token with an admin role.
extends_documentation_fragment:
  - metalstack.autonomous.metal_api
  - metalstack.autonomous.metal_api.info
  - metalstack.autonomous.metal_api.marked
options:
  name:
    description: Read those of this name only.
    type: str
"""

EXAMPLES = r"""
- name: Look up the id of a tenant
  metalstack.autonomous.metal_tenant_info:
    api_url: https://v2.metal.example.org
    api_token: "{{ metal_token }}"
    name: acme
"""

RETURN = r"""
tenants:
  description: The tenants, in the order of O(ids) or by id.
  type: list
  elements: dict
  returned: success
  contains:
    id:
      description: Id of the tenant.
      type: str
    name:
      description: Its name.
      type: str
    description:
      description: Its description, empty for none.
      type: str
    email:
      description: An address to write to, empty for none.
      type: str
      returned: by API v2
    avatar_url:
      description: Where a picture is, empty for none.
      type: str
      returned: by API v2
    quotas:
      description: C(cluster), C(machine), C(ip) and C(project), V(-1) for no limit.
      type: dict
      returned: by API v1
    default_quotas:
      description: C(cluster), C(machine) and C(ip) of new projects, V(-1) for no limit.
      type: dict
      returned: by API v1
    iam_config:
      description: C(issuer_url), C(client_id) and C(idm_type).
      type: dict
      returned: by API v1
    labels:
      description: Its labels.
      type: dict
    created_at:
      description: When it was made.
      type: str
    updated_at:
      description: When it was changed last, or made.
      type: str
    generation:
      description: How often it was changed.
      type: int
      returned: by API v1
    used_by:
      description: What belongs to the tenant, in words; empty if it can be removed.
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
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kinds.tenant import TENANT

OPTIONS = {"name": {"type": "str"}}


def main() -> None:
    module.run_info(TENANT, OPTIONS)


if __name__ == "__main__":
    main()
