# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: k3s_node
short_description: Forget or mark a node of a k3s cluster
version_added: 0.1.0
description:
  - Runs on a live server of the cluster.
  - Forgetting a node deletes its object, its member of etcd and its password, so that a host of the same name may enter
    anew.
  - Marking a node gives it labels and taints, which k3s itself does only when a node registers.
extends_documentation_fragment:
  - metalstack.autonomous.k3s_attributes
options:
  name:
    description: Name of the node.
    type: str
    required: true
  address:
    description: Address of the node, by which its member of etcd is found if it has no name yet.
    type: str
    default: ""
  state:
    description: V(absent) forgets the node, V(present) marks it.
    type: str
    choices: [absent, present]
    default: present
  labels:
    description: Labels to have; others stay.
    type: dict
    default: {}
  taints:
    description: Taints to have, as C(key=value:effect); others stay.
    type: list
    elements: str
    default: []
  timeout:
    description: Seconds that k3s has to remove the member by itself before this module removes it.
    type: int
    default: 30
author:
  - metal-stack authors (@metal-stack)
"""

EXAMPLES = r"""
- name: Forget a server whose disk is gone
  metalstack.autonomous.k3s_node:
    name: server1
    address: 198.51.100.11
    state: absent

- name: Label a node
  metalstack.autonomous.k3s_node:
    name: server2
    labels:
      topology.kubernetes.io/zone: room-2
"""

RETURN = r"""
patch:
  description: What was, or would have been, changed in the node's object.
  returned: O(state=present)
  type: dict
remembered:
  description: What the cluster held of the node before, with C(node), C(password) and C(members).
  returned: O(state=absent)
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import client, registry


def absent(module):
    params = module.params
    before = registry.remembered(params["name"], params["address"])
    changed = any(before.values())
    if changed and not module.check_mode:
        registry.forget(params["name"], params["address"], params["timeout"])
    return {
        "changed": changed,
        "remembered": before,
        "diff": {"before": before, "after": {"node": False, "password": False, "members": []}},
    }


def present(module):
    params = module.params
    raw = registry.node(params["name"])
    if raw is None:
        module.fail_json(msg=f"there is no node {params['name']} -> wait until it has registered")
    patch = registry.marks(raw, params["labels"], params["taints"])
    if patch and not module.check_mode:
        registry.change(params["name"], patch)
    return {"changed": bool(patch), "patch": patch, "diff": {"before": "", "after": patch or ""}}


def main():
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "address": {"type": "str", "default": ""},
            "state": {"type": "str", "choices": ["absent", "present"], "default": "present"},
            "labels": {"type": "dict", "default": {}},
            "taints": {"type": "list", "elements": "str", "default": []},
            "timeout": {"type": "int", "default": 30},
        },
        supports_check_mode=True,
    )
    try:
        result = absent(module) if module.params["state"] == "absent" else present(module)
    except client.Unreachable as error:
        module.fail_json(msg=f"{module.params['name']}: the cluster does not answer: {error}")
    module.exit_json(**result)


if __name__ == "__main__":
    main()
