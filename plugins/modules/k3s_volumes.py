# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: k3s_volumes
short_description: Let go of the persistent volumes and pods of a node that is gone
version_added: 0.1.0
description:
  - Runs on a live server of the cluster.
  - A volume on the disk of one node binds its claim, and with it the pods, to that node for ever. This deletes such
    volumes of a node that is gone for good, makes their claims anew, unbound, and deletes the pods that used them, so
    that their controllers have them made elsewhere, with empty volumes.
  - All other pods that were left there are deleted, too, which takes Kubernetes itself about a minute.
  - What must not begin with an empty volume, as a database that would take that for its data, is named in O(held). It
    is held before its volume goes, until somebody brings back its data.
  - The directories themselves are not touched, wherever they still are.
  - Interrupted at any moment, the same call goes on; no claim is lost.
extends_documentation_fragment:
  - metalstack.autonomous.k3s_attributes
options:
  node:
    description:
      - Name of the node that is gone. Nothing may run there any more.
      - As long as the cluster knows it, O(state=released) is refused; see M(metalstack.autonomous.k3s_node).
    type: str
    required: true
  volumes:
    description: Names of the volumes. Those that are gone already are no error. Needed with O(state=released).
    type: list
    elements: str
  claims:
    description: The claims of these volumes, as C(NAMESPACE/NAME), by which those of O(held) are known that lose one,
      and which are waited for with O(state=settled).
    type: list
    elements: str
    default: []
  held:
    description:
      - StatefulSets, as C(NAMESPACE/NAME). Each that loses one of O(claims) gets no replicas, and the label
        C(metalstack.autonomous/recovery=held-until-data), as M(metalstack.autonomous.k3s_workloads) has it, which
        never lets it go. Its claims are made anew all the same.
      - One without replicas is left alone, unless it is held already.
    type: list
    elements: str
    default: []
  state:
    description:
      - V(released) deletes the volumes.
      - V(settled) changes nothing, and waits until O(claims) that a pod asks for are bound again and these pods are
        ready.
    type: str
    choices: [released, settled]
    default: released
  timeout:
    description: Seconds to wait with O(state=settled). What is not ready by then is no error, it is returned.
    type: int
    default: 120
author:
  - metal-stack authors (@metal-stack)
seealso:
  - module: metalstack.autonomous.k3s_node
  - module: metalstack.autonomous.k3s_workloads
"""

EXAMPLES = r"""
- name: Let databases begin elsewhere
  metalstack.autonomous.k3s_volumes:
    node: server1
    volumes: [pvc-2b7f9c6e-6a1f-4a53-9f0e-6f6a9f6d2f11]
"""

RETURN = r"""
released:
  description: The volumes that were, or would have been, deleted.
  returned: O(state=released)
  type: list
  elements: str
pods:
  description: The pods (NAMESPACE/NAME) that were, or would have been, deleted besides.
  returned: O(state=released)
  type: list
  elements: str
held:
  description: What is, or would be, held then in the cluster, also by others, as C(KIND/NAMESPACE/NAME); nothing where
    no volume of O(held) went.
  returned: O(state=released)
  type: list
  elements: str
  sample: [StatefulSet/metal-control-plane/metal-db]
waiting:
  description: What is not bound or not ready, one text each.
  returned: O(state=settled)
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import (
    client,
    holding,
    objects,
    registry,
    release,
)

# What the requests take beside what is waited for.
MARGIN = 60


def released(module):
    node, names = module.params["node"], module.params["held"]
    present = [name for name in module.params["volumes"] if release.exists(name)]
    if not module.check_mode and registry.node(node) is not None:
        module.fail_json(msg=f"{node}: the cluster knows this node, and its pods may run -> forget it first")
    server = objects.api(holding.SEEN_SECONDS + MARGIN)
    withheld = holding.withhold(server, names if present else [], module.params["claims"], node, module.check_mode)
    for name in present if not module.check_mode else []:
        release.release(name, node)
    pods = release.pods_of(node)
    if not module.check_mode:
        for pod in pods:
            release.drop(pod)
    return {
        "changed": bool(present or pods),
        "released": present,
        "held": withheld.held,
        "pods": pods,
        "diff": {
            "before": {"volumes": present, "pods": pods, "workloads": withheld.before, "held": withheld.told},
            "after": {"volumes": [], "pods": [], "workloads": withheld.after, "held": withheld.held},
        },
    }


def settled(module):
    waiting = [] if module.check_mode else release.settle(module.params["claims"], module.params["timeout"])
    return {"changed": False, "waiting": waiting}


def main():
    module = AnsibleModule(
        argument_spec={
            "node": {"type": "str", "required": True},
            "volumes": {"type": "list", "elements": "str"},
            "claims": {"type": "list", "elements": "str", "default": []},
            "held": {"type": "list", "elements": "str", "default": []},
            "state": {"type": "str", "choices": ["released", "settled"], "default": "released"},
            "timeout": {"type": "int", "default": 120},
        },
        required_if=[("state", "released", ["volumes"])],
        supports_check_mode=True,
    )
    try:
        result = released(module) if module.params["state"] == "released" else settled(module)
    except (release.Stuck, holding.Refused) as error:
        module.fail_json(msg=f"{module.params['node']}: {error}")
    except client.Unreachable as error:
        module.fail_json(msg=f"{module.params['node']}: the cluster does not answer: {error}")
    module.exit_json(**result)


if __name__ == "__main__":
    main()
