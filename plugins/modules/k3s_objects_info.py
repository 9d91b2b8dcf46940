#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: k3s_objects_info
short_description: Read objects in the cluster of a k3s server
version_added: 0.1.0
description:
  - Runs on a server of k3s and asks its own API server, with the certificate of the administrator that k3s has there.
  - Fails where the API server gives no answer. What it says is not there is left out.
extends_documentation_fragment:
  - metalstack.autonomous.k3s_attributes
  - metalstack.autonomous.k3s_attributes.info
options:
  objects:
    description:
      - The objects, each by C(apiVersion), C(kind) and C(metadata), which has its C(name) and, where it is in
        one, its C(namespace).
      - One without a name stands for all of its kind with the C(labels) of its C(metadata), in that namespace or,
        without one, in all of them.
      - The plural of their kind has to be the kind with an s.
    type: list
    elements: dict
    required: true
  timeout:
    description: Seconds that the API server has.
    type: int
    default: 30
seealso:
  - module: metalstack.autonomous.k3s_objects
author:
  - metal-stack authors (@metal-stack)
"""

EXAMPLES = r"""
- name: Read a ConfigMap, and the StatefulSets of a namespace that have a label
  metalstack.autonomous.k3s_objects_info:
    objects:
      - {apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: example}}
      - {apiVersion: apps/v1, kind: StatefulSet, metadata: {namespace: example, labels: {app: web}}}
  register: found
"""

RETURN = r"""
objects:
  description: What there is, in the order of the option, as the API has it without C(managedFields). Of a Secret the
    keys of its data are told, and no value.
  returned: success
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import client, objects


def main():
    module = AnsibleModule(
        argument_spec={
            "objects": {"type": "list", "elements": "dict", "required": True},
            "timeout": {"type": "int", "default": 30},
        },
        supports_check_mode=True,
    )
    try:
        server = objects.api(module.params["timeout"])
        found = [one for wanted in module.params["objects"] for one in objects.every(server, wanted)]
    except client.Unreachable as error:
        module.fail_json(msg=f"the cluster does not tell it: {error}")
    module.exit_json(changed=False, objects=[objects.told(one) for one in found])


if __name__ == "__main__":
    main()
