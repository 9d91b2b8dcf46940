#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: gardener_shoot_hold
short_description: Have no gardenlet look after a shoot, until that is safe
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - After a garden was restored, a gardenlet that finds nothing of a shoot's control plane in its seed makes a new one,
    with new authorities, for a cluster whose nodes trust the old ones. O(state=held) keeps it from that by the
    annotation C(shoot.gardener.cloud/ignore), and is for the time before gardenlet comes back.
  - O(state=released) takes the annotation away, once the seed has the authority that the garden publishes, a ShootState
    is there, and the names are those that nodes and firewalls call. All that is otherwise is told at once, and the
    shoot stays held.
  - By the same write it asks for C(reconcile), or C(retry) where the last operation has failed, so that a run which
    ends there leaves no shoot that nobody would reconcile. M(metalstack.autonomous.gardener_shoot_operation) with
    an empty list of operations waits for that.
  - Of a shoot that nobody holds nothing is judged, and nothing is changed.
extends_documentation_fragment:
  - metalstack.autonomous.garden
  - metalstack.autonomous.garden.shoot
  - metalstack.autonomous.k3s_attributes
options:
  state:
    description: Whether it is held.
    type: str
    choices: [held, released]
    required: true
  seed_kubeconfig:
    description: Kubeconfig of the seed that has its control plane. Needed with O(state=released).
    type: path
  seed_api_url:
    description: URL of the seed's API that the firewalls of the shoot were made with. It is compared with the ConfigMap
      C(garden/seed-api-server) of the seed by its name and port. Not without.
    type: str
    default: ""
  handed_on:
    description: A kubeconfig of the shoot from before, if the file is there. Its addresses have to be those of the
      shoot. Not without.
    type: path
    default: ""
seealso:
  - module: metalstack.autonomous.gardener_shoot
  - module: metalstack.autonomous.gardener_shoot_operation
"""

EXAMPLES = r"""
- name: Before gardenlet comes back
  metalstack.autonomous.gardener_shoot_hold:
    kubeconfig: /etc/metal-stack/garden.kubeconfig
    namespace: garden-target
    name: stack
    state: held

- name: When the seed has come back from its snapshot
  metalstack.autonomous.gardener_shoot_hold:
    kubeconfig: /etc/metal-stack/garden.kubeconfig
    namespace: garden-target
    name: stack
    state: released
    seed_kubeconfig: /etc/metal-stack/initial.kubeconfig
    seed_api_url: https://api.initial.example.org:6443
    handed_on: /var/lib/metal-stack/target/stack.kubeconfig
"""

RETURN = r"""
held:
  description: Whether it is held.
  type: bool
  returned: success
shoot_state:
  description: Whether there is a ShootState of it, without which no other seed could take its control plane over.
  type: bool
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import options
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.client import Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.errors import GardenError
from ansible_collections.metalstack.autonomous.plugins.module_utils._target import holding

OPTIONS = {
    **options.GARDEN,
    **options.SHOOT,
    "state": {"type": "str", "choices": [holding.HELD, holding.RELEASED], "required": True},
    "seed_kubeconfig": {"type": "path"},
    "seed_api_url": {"type": "str", "default": ""},
    "handed_on": {"type": "path", "default": ""},
}


def main() -> None:
    required = [("state", holding.RELEASED, ["seed_kubeconfig"])]
    module = AnsibleModule(argument_spec=OPTIONS, required_if=required, supports_check_mode=True)
    try:
        result = holding.of(module.params, module.check_mode)
    except (GardenError, Unreachable) as error:
        module.fail_json(msg=f"{module.params['namespace']}/{module.params['name']}: {error}")
    for warning in result.pop("warnings"):
        module.warn(warning)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
