# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: k3s_stale_nodes
short_description: Forget nodes that a restored cluster remembers and that no host is any more
version_added: 0.1.0
description:
  - Runs on a live server of the cluster.
  - A snapshot brings back the nodes of its time. Of those that are none of O(hosts) it deletes the object, the password
    and the member of etcd, so that Kubernetes has their pods run elsewhere.
  - Only nodes that k3s has let in are looked at, and none is forgotten whose kubelet lives, which takes half a minute
    to tell.
  - Volumes on the disks of such nodes stay, and are told, since the disks may be somewhere yet.
extends_documentation_fragment:
  - metalstack.autonomous.k3s_attributes
options:
  hosts:
    description: Names of the nodes that the hosts of the cluster are, whether they answer or not.
    type: list
    elements: str
    required: true
  timeout:
    description: Seconds that k3s has to remove a member of etcd by itself before this module removes it.
    type: int
    default: 30
author:
  - metal-stack authors (@metal-stack)
seealso:
  - module: metalstack.autonomous.k3s_node
  - module: metalstack.autonomous.k3s_volumes
"""

EXAMPLES = r"""
- name: Forget nodes that were not restored
  metalstack.autonomous.k3s_stale_nodes:
    hosts: "{{ groups['k3s_servers'] + groups['k3s_agents'] }}"
"""

RETURN = r"""
forgotten:
  description: The nodes that were, or would have been, forgotten.
  returned: success
  type: list
  elements: str
living:
  description: Nodes that are none of O(hosts), and live.
  returned: success
  type: list
  elements: str
orphaned:
  description: By node that is gone, the claims (NAMESPACE/NAME) of the volumes on its disk, also of one that was
    forgotten before.
  returned: success
  type: dict
  sample: {server9: [metal/data-db-0]}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import client, observe, stale


def converge(module):
    hosts = module.params["hosts"]
    found = stale.strangers(stale.registered(), hosts)
    living = stale.living(found)
    gone = [node for node in found if node not in living]
    volumes = observe.volumes()
    if volumes is None:
        raise client.Unreachable("it does not tell which volumes there are")
    for node in gone if not module.check_mode else []:
        stale.forget(node, module.params["timeout"])
    return {
        "changed": bool(gone),
        "forgotten": gone,
        "living": living,
        "orphaned": stale.orphaned(volumes, [*hosts, *living]),
        "diff": {"before": {"nodes": gone}, "after": {"nodes": []}},
    }


def main():
    module = AnsibleModule(
        argument_spec={
            "hosts": {"type": "list", "elements": "str", "required": True},
            "timeout": {"type": "int", "default": 30},
        },
        supports_check_mode=True,
    )
    try:
        module.exit_json(**converge(module))
    except client.Unreachable as error:
        module.fail_json(msg=f"the cluster does not answer: {error}")


if __name__ == "__main__":
    main()
