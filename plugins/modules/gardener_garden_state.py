#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: gardener_garden_state
short_description: Keep the state of a garden in a directory, or bring it to another cluster
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - The etcd of a virtual garden can be read by nobody without the Secrets of its runtime cluster, and a rotation be
    completed by nobody without the status of its Garden. This keeps both, as Gardener's
    C(docs/operations/disaster_recovery_garden.md) has it, in three files that their owner alone may read, in the form
    in which backup sets of the role C(backup) hold them.
  - It reads a garden by its kubeconfig, so it serves where no host is ours, as in a shoot. Where k3s is ours, the
    component C(garden) of that role does the same by itself.
  - Nothing that could not be restored is written. Export it anew after each change of the garden, and after each phase
    of a rotation, and keep the directory off the cluster, encrypted.
extends_documentation_fragment:
  - metalstack.autonomous.garden
  - metalstack.autonomous.k3s_attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - It shows digests of the Secrets, which Gardener has made at random, and never what they hold.
  idempotent:
    support: full
    details:
      - Conditions and operations of the Garden, which change all the time, count for nothing.
options:
  path:
    description:
      - The directory. It is made, with mode 0700, where it is not there.
      - What it had before its last change is kept beneath it, in C(former).
      - A directory with the state of another garden is refused, as it may have the only copy of its keys. It is one of
        another garden where the garden has none of its certificate authorities, or none of its keys of etcd, and no
        rotation of the same Garden has replaced them.
      - So is one with a later state of the same garden, whose rotation had gone further, as after a restore of the
        cluster from a snapshot that was made before.
    type: path
    required: true
  state:
    description:
      - V(exported) has the directory hold what the garden has now.
      - V(imported) has a cluster without a garden hold what the directory has. The operator has to be there in the same
        version and without replicas, so that it makes no new keys meanwhile, and its webhooks may not be there; each is
        told. Afterwards the operator is to be scaled up, which is left to who knows that the former one has ended.
      - V(compared) writes nothing. It fails where V(exported) would refuse the directory, also while the operator is at
        the first operation of a garden, of which no state can be exported yet.
    type: str
    choices: [compared, exported, imported]
    default: exported
seealso:
  - module: metalstack.autonomous.gardener_garden
"""

EXAMPLES = r"""
- name: Keep the state of the garden
  metalstack.autonomous.gardener_garden_state:
    kubeconfig: /etc/metal-stack/target.kubeconfig
    path: /var/lib/metal-stack/garden-state

- name: Bring it to a new runtime cluster
  metalstack.autonomous.gardener_garden_state:
    kubeconfig: /etc/metal-stack/new.kubeconfig
    path: /var/lib/metal-stack/garden-state
    state: imported
"""

RETURN = r"""
gardens:
  description: The Garden by its name, each its version of Gardener (C(gardener)) and the phases of its C(rotation).
  type: dict
  returned: success
counts:
  description: How many of each kind there are.
  type: dict
  returned: success
  sample: {gardens: 1, secrets: 14}
digest:
  description: By which this state is told from another one. Conditions and operations of the Garden count for nothing.
  type: str
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._garden import options, state
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.client import Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.errors import GardenError

OPTIONS = {
    **options.CLUSTER,
    "path": {"type": "path", "required": True},
    "state": {"type": "str", "choices": ["compared", "exported", "imported"], "default": "exported"},
}


def main() -> None:
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    try:
        result = state.of(module.params, module.check_mode)
    except (GardenError, Unreachable, OSError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
