# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: k3s_encryption_key
short_description: Exchange the key that Kubernetes encrypts Secrets with
version_added: 0.1.0
description:
  - Has k3s (C(secrets-encrypt rotate-keys)) make a key, write all Secrets anew with it and forget the former one. Until
    the other servers were restarted they can't read Secrets, and what is written through them nobody can read
    afterwards, so that has to follow at once, one server after the other.
  - Runs on a live server of a cluster whose servers all run and agree in their keys.
  - Interrupted, the same call goes on; where k3s is still about it, it waits.
extends_documentation_fragment:
  - metalstack.autonomous.k3s_attributes
attributes:
  diff_mode:
    support: none
    description: There is nothing to show of a key.
options:
  state:
    description:
      - V(exchanged) has a key made, unless the server runs with another configuration than O(before).
      - V(verified) fails unless there is one key, all servers run with it, every Secret in etcd is encrypted with it,
        and the API of this host reads all of them.
    type: str
    choices: [exchanged, verified]
    default: exchanged
  node:
    description: Name of this server's node. Needed with O(state=exchanged).
    type: str
  before:
    description: SHA-256 of the configuration that the exchange began with. Needed with O(state=exchanged).
    type: str
  timeout:
    description: Seconds that k3s may take for all Secrets, of which it writes five a second and more.
    type: int
    default: 600
author:
  - metal-stack authors (@metal-stack)
seealso:
  - module: metalstack.autonomous.k3s_info
"""

EXAMPLES = r"""
- name: Have Secrets encrypted with another key
  metalstack.autonomous.k3s_encryption_key:
    node: server1
    before: "{{ digest }}"

- name: Verify that the former key is of no use any more
  metalstack.autonomous.k3s_encryption_key:
    state: verified
"""

RETURN = r"""
key:
  description: Name of the key that there is.
  returned: O(state=verified)
  type: str
  sample: aescbckey-2026-11-28T17:00:00Z
secrets:
  description: How many Secrets the API on this host has read.
  returned: O(state=verified)
  type: int
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import client, encryption, rekey


def exchanged(module):
    node, before = module.params["node"], module.params["before"]
    due = not encryption.is_settled(rekey.notes().get(node, ""), before)
    if due and not module.check_mode:
        rekey.make(node, before, module.params["timeout"])
    return {"changed": due}


def verified():
    key, count = rekey.verify()
    return {"changed": False, "key": key.name, "secrets": count}


def main():
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["exchanged", "verified"], "default": "exchanged"},
            "node": {"type": "str"},
            "before": {"type": "str"},
            "timeout": {"type": "int", "default": 600},
        },
        required_if=[("state", "exchanged", ["node", "before"])],
        supports_check_mode=True,
    )
    try:
        result = exchanged(module) if module.params["state"] == "exchanged" else verified()
    except client.Unreachable as error:
        module.fail_json(msg=f"the cluster does not answer on this host: {error}")
    except rekey.Failed as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
