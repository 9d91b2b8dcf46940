#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: gardener_shoot_kubeconfig
short_description: Keep a file with a kubeconfig of a shoot that counts for a while yet
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Has a garden issue a kubeconfig by a shoot's C(adminkubeconfig) or C(viewerkubeconfig), with a certificate that
    ends, and writes it to a file that its owner alone may read. It is never returned or shown.
  - Another one is issued when it ends within O(refresh_before), when the shoot's authority is rotated, when its
    addresses are others, and when it is of another O(role). Nothing is issued otherwise.
  - A kubeconfig cannot be taken back before it ends, but by a rotation of the shoot's authorities; see
    M(metalstack.autonomous.gardener_shoot_operation).
  - It is issued as soon as the control plane has an address, before all of the shoot is ready.
extends_documentation_fragment:
  - metalstack.autonomous.garden
  - metalstack.autonomous.garden.shoot
  - metalstack.autonomous.k3s_attributes
attributes:
  check_mode:
    support: full
    details:
      - None is issued, since the garden would do so even in a dry run. Of a shoot that is not there yet it is told that
        one would be.
  diff_mode:
    support: full
    details:
      - It shows the role, the end and the servers, no secret.
  idempotent:
    support: full
    details:
      - Until another one is due.
options:
  path:
    description:
      - The file. It is replaced as a whole, with mode 0600.
      - A file with anything else than a kubeconfig of this shoot is refused and stays.
    type: path
    required: true
  role:
    description:
      - V(admin) may do all in the cluster, V(viewer) read all but secrets.
      - Who may have which of them is said in the garden, to admins and viewers of the project.
    type: str
    choices: [admin, viewer]
    default: admin
  expiration:
    description:
      - Seconds after which a new one ends, 600 or more.
      - The garden has a longest time, 24 hours unless its operator says otherwise. What it cuts short is warned of.
    type: int
    default: 3600
  refresh_before:
    description: Seconds before its end at which it is replaced, fewer than O(expiration).
    type: int
    default: 600
  timeout:
    description: Seconds that the garden has to issue one, since its caches may be a moment behind.
    type: int
    default: 60
seealso:
  - module: metalstack.autonomous.gardener_shoot
  - module: metalstack.autonomous.gardener_shoot_operation
"""

EXAMPLES = r"""
- name: Have an administrator's kubeconfig for the rest of the playbook
  metalstack.autonomous.gardener_shoot_kubeconfig:
    kubeconfig: /etc/metal-stack/garden.kubeconfig
    namespace: garden-target
    name: control-plane
    path: /etc/metal-stack/target.kubeconfig
    expiration: 28800
    refresh_before: 14400

- name: Have one that may only look
  metalstack.autonomous.gardener_shoot_kubeconfig:
    kubeconfig: /etc/metal-stack/garden.kubeconfig
    namespace: garden-target
    name: control-plane
    role: viewer
    path: /etc/metal-stack/target-viewer.kubeconfig
"""

RETURN = r"""
issued:
  description: Whether another one was issued.
  type: bool
  returned: success
reason:
  description: Why another one was due, empty where it was not.
  type: str
  returned: success
  sample: it ends at 2026-11-30T12:34:56Z
path:
  description: The file.
  type: str
  returned: success
  sample: /etc/metal-stack/target.kubeconfig
expiration:
  description: When it ends, as its certificate has it. Empty without one.
  type: str
  returned: success
  sample: "2026-11-30T12:34:56Z"
servers:
  description: The URLs of the shoot's API server by the names of its addresses, which contexts of the file end in.
  type: dict
  returned: success
  sample: {external: "https://api.control-plane.target.example.org"}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import issuing, options
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.client import Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.errors import GardenError


def main():
    given = {
        **options.GARDEN,
        **options.SHOOT,
        "path": {"type": "path", "required": True},
        "role": {"type": "str", "choices": list(issuing.KINDS), "default": "admin"},
        "expiration": {"type": "int", "default": 3600},
        "refresh_before": {"type": "int", "default": 600},
        "timeout": {"type": "int", "default": 60},
    }
    module = AnsibleModule(argument_spec=given, supports_check_mode=True)
    try:
        result = issuing.of(module.params, module.check_mode)
    except (GardenError, Unreachable, OSError) as error:
        module.fail_json(msg=str(error))
    for warning in result.pop("warnings"):
        module.warn(warning)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
