#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: gardener_project
short_description: Have a Project of Gardener with its namespace as it is described, or no more
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - A Project is a namespace of a garden with those who may make shoots in it.
  - Gardener makes the namespace. One that is there already, as C(garden), is given the labels by which Gardener takes
    it for that of the project; it stays when the project goes. One of another project is refused.
  - Waits until Gardener has prepared the namespace and the rights in it, or until the project is gone.
extends_documentation_fragment:
  - metalstack.autonomous.garden
  - metalstack.autonomous.garden.landscape
  - metalstack.autonomous.k3s_attributes
options:
  name:
    description: Name of the project, with 10 characters at most. It and the name of a shoot have 21 at most.
    type: str
    required: true
  namespace:
    description: Its namespace, which cannot be changed later. It is C(garden) or begins with C(garden-); C(garden-NAME)
      without.
    type: str
    default: ""
  description:
    description: What it is for. Left to others without.
    type: str
  purpose:
    description: Why it is there. Left to others without.
    type: str
  owner:
    description: Who owns it. Without, a new one belongs to who makes it, and that is left to others.
    type: dict
    suboptions:
      kind:
        description: What it is.
        type: str
        choices: [User, Group, ServiceAccount]
        default: User
      name:
        description: Its name.
        type: str
        required: true
      namespace:
        description: The namespace of a service account.
        type: str
  members:
    description: All who have rights in it, beside its owner. Without, they are left to others.
    type: list
    elements: dict
    suboptions:
      kind:
        description: What it is.
        type: str
        choices: [User, Group, ServiceAccount]
        default: User
      name:
        description: Its name.
        type: str
        required: true
      namespace:
        description: The namespace of a service account.
        type: str
      roles:
        description: What they may, as V(admin), V(viewer), V(uam), V(serviceaccountmanager) or C(extension:NAME).
        type: list
        elements: str
        default: [viewer]
  tolerations:
    description: Taints of seeds that its shoots may stand.
    type: dict
    suboptions:
      defaults:
        description: Those that its shoots stand without saying so.
        type: list
        elements: dict
        suboptions:
          key:
            description: Key of a taint, such as C(seed.gardener.cloud/protected).
            type: str
            required: true
          value:
            description: Its value; any without.
            type: str
      whitelist:
        description: Those that its shoots may say to stand. They include the ones of O(tolerations.defaults).
        type: list
        elements: dict
        suboptions:
          key:
            description: Key of a taint, such as C(seed.gardener.cloud/protected).
            type: str
            required: true
          value:
            description: Its value; any without.
            type: str
  labels:
    description: Labels, beside those that others have set.
    type: dict
    default: {}
  timeout:
    description: Seconds to wait at most. With V(0) it looks once.
    type: int
    default: 300
    aliases: [wait_timeout]
seealso:
  - module: metalstack.autonomous.gardener_credentials
  - module: metalstack.autonomous.gardener_shoot
"""

EXAMPLES = r"""
- name: Have a project for the target cluster
  metalstack.autonomous.gardener_project:
    kubeconfig: /etc/metal-stack/garden.kubeconfig
    name: target
    purpose: production control plane
    members:
      - {name: operator@example.com, roles: [admin]}
      - {kind: Group, name: auditors, roles: [viewer]}
    tolerations:
      defaults: [{key: seed.gardener.cloud/protected}]
      whitelist: [{key: seed.gardener.cloud/protected}]

- name: Have it no more
  metalstack.autonomous.gardener_project:
    kubeconfig: /etc/metal-stack/garden.kubeconfig
    name: target
    state: absent
    confirm_deletion: true
"""

RETURN = r"""
project:
  description: The project as the garden has it, or would have it, but who manages which of its fields. Empty where
    there is none.
  returned: success
  type: dict
namespace:
  description: Its namespace.
  returned: success
  type: str
phase:
  description: Its phase, such as V(Ready); empty before it has one.
  returned: success
  type: str
adopted_from:
  description: Field managers who had applied it on the client's side.
  returned: state is present
  type: list
  elements: str
waited:
  description: Seconds that were waited.
  returned: when it has waited
  type: float
failures:
  description: What does not hold yet, each with C(condition), C(seen), C(expected) and C(remedy).
  returned: when it has waited
  type: list
  elements: dict
over:
  description: Whether waiting longer makes no sense.
  returned: when it has waited
  type: bool
written:
  description: What is waited for, by its C(uid), empty where nothing is.
  returned: success
  type: dict
reason:
  description: Kubernetes' word for why the garden refuses it, such as V(Invalid).
  returned: when the garden refuses it
  type: str
status:
  description: The status of HTTP by which the garden refuses it.
  returned: when the garden refuses it
  type: int
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener_landscape import options, project

SUBJECT = {
    "kind": {"type": "str", "choices": ["User", "Group", "ServiceAccount"], "default": "User"},
    "name": {"type": "str", "required": True},
    "namespace": {"type": "str"},
}
ROLES = {"type": "list", "elements": "str", "default": ["viewer"]}
TOLERATION = {
    "type": "list",
    "elements": "dict",
    "options": {"key": {"type": "str", "required": True, "no_log": False}, "value": {"type": "str"}},
}
OPTIONS = {
    **options.common(300),
    "namespace": {"type": "str", "default": ""},
    "description": {"type": "str"},
    "purpose": {"type": "str"},
    "owner": {"type": "dict", "options": SUBJECT},
    "members": {"type": "list", "elements": "dict", "options": {**SUBJECT, "roles": ROLES}},
    "tolerations": {"type": "dict", "options": {"defaults": TOLERATION, "whitelist": TOLERATION}},
    "labels": {"type": "dict", "default": {}},
}


def main() -> None:
    project.run(AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True))


if __name__ == "__main__":
    main()
