#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: kube_nodes_info
short_description: See whether the cluster of a kubeconfig answers, and which nodes it has
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Asks the API server of a kubeconfig for its version and its nodes. Fails where it does not answer, or does not let
    one in.
extends_documentation_fragment:
  - metalstack.autonomous.k3s_attributes
  - metalstack.autonomous.k3s_attributes.info
options:
  kubeconfig:
    description: Kubeconfig of the cluster, on the host that the module runs on.
    type: path
    required: true
  context:
    description: Context of that file; its current one without it.
    type: str
    default: ""
requirements:
  - kubernetes
seealso:
  - module: metalstack.autonomous.gardener_shoot_kubeconfig
"""

EXAMPLES = r"""
- name: Wait until three nodes are ready
  metalstack.autonomous.kube_nodes_info:
    kubeconfig: /etc/metal-stack/target.kubeconfig
  register: nodes
  until: nodes is success and nodes.ready | length >= 3
  retries: 60
  delay: 10
"""

RETURN = r"""
version:
  description: The version of its API server.
  type: str
  returned: success
  sample: v1.35.4
ready:
  description: Names of the nodes that are ready.
  type: list
  elements: str
  returned: success
nodes:
  description: The nodes by name, each with C(name), C(ready), C(version), C(addresses), C(labels), C(taints) and
    C(schedulable).
  type: list
  elements: dict
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import nodes
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s.client import Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._kube.client import Cluster

OPTIONS = {"kubeconfig": {"type": "path", "required": True}, "context": {"type": "str", "default": ""}}
TOLD = ("name", "ready", "version", "addresses", "labels", "taints", "schedulable")


def main() -> None:
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    try:
        cluster = Cluster(module.params["kubeconfig"], module.params["context"])
        version = cluster.json("/version", what="read its version")["gitVersion"]
        found = [nodes.parse(one) for one in cluster.json("/api/v1/nodes", what="list its nodes").get("items") or []]
    except Unreachable as error:
        module.fail_json(msg=str(error))
    told = sorted(({key: one[key] for key in TOLD} for one in found), key=lambda one: one["name"])
    ready = [one["name"] for one in told if one["ready"] == "True"]
    module.exit_json(changed=False, version=version, ready=ready, nodes=told)


if __name__ == "__main__":
    main()
