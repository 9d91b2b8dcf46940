#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: gardener_garden_kubeconfig
short_description: Keep a file with a kubeconfig of a virtual garden that counts for a while yet
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Has Gardener's resource manager request, and renew, a token for the ServiceAccount
    C(kube-system/metalstack-autonomous), which may do all in the virtual garden, waits for the token, and writes a
    kubeconfig with it to a file that its owner alone may read. It is never returned or shown.
  - The file is written anew when its token ends within O(refresh_before) and a later one is there, when the garden's
    authority or the key of its tokens is rotated, and when its address is another one. Nothing is written otherwise.
extends_documentation_fragment:
  - metalstack.autonomous.gardener_garden.one
  - metalstack.autonomous.k3s_attributes
attributes:
  check_mode:
    support: full
    details:
      - Of a garden that gives no access yet it is told that a file would be written.
  diff_mode:
    support: full
    details:
      - It shows the server, the end of the token and a checksum of the authority, no secret.
  idempotent:
    support: full
    details:
      - Until another token is due.
options:
  path:
    description:
      - The file. It is replaced as a whole, with mode 0600.
      - A file with anything else than a kubeconfig of a virtual garden is refused and stays.
    type: path
    required: true
  server:
    description: URL at which the API is reached where its own name does not lead there, as by a tunnel. Its certificate
      has to be that of its own name all the same.
    type: str
    default: ""
  expiration:
    description: Seconds that a token lasts, 600 or more. It is renewed well before.
    type: int
    default: 28800
  refresh_before:
    description: Seconds before the end of the file's token at which it is replaced, fewer than O(expiration).
    type: int
    default: 7200
  verify:
    description: Whether it is waited until the API lets the token in.
    type: bool
    default: true
  force:
    description: Whether fields of the Secrets and the ManagedResource that somebody else manages are taken over.
    type: bool
    default: false
  timeout:
    description: Seconds that all of it has.
    type: int
    default: 600
  written:
    description: What was granted before this wait. Set by the action plugin.
    type: dict
seealso:
  - module: metalstack.autonomous.gardener_garden
  - module: metalstack.autonomous.gardener_shoot_kubeconfig
"""

EXAMPLES = r"""
- name: Have access to the virtual garden for the rest of the playbook
  metalstack.autonomous.gardener_garden_kubeconfig:
    kubeconfig: /etc/metal-stack/initial.kubeconfig
    path: /etc/metal-stack/garden.kubeconfig
"""

RETURN = r"""
granted:
  description: Whether the objects that request the token were, or would be, changed.
  type: bool
  returned: success
reason:
  description: Why the file was, or would be, written anew; empty where it was not.
  type: str
  returned: success
  sample: the authority of the garden is rotated
path:
  description: The file.
  type: str
  returned: success
server:
  description: URL of the API.
  type: str
  returned: success
  sample: https://api.garden.example.org
expiration:
  description: When its token ends, empty where it does not say.
  type: str
  returned: success
  sample: "2026-11-30T12:34:56Z"
waited:
  description: Seconds that were waited.
  type: float
  returned: success
failures:
  description: What does not hold yet.
  type: list
  elements: dict
  returned: always
written:
  description: What the next slice of the wait is given.
  type: dict
  returned: when it waits in vain
over:
  description: Whether waiting longer makes no sense.
  type: bool
  returned: always
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._garden import accessing, options
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.client import Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.errors import GardenError

OPTIONS = {
    **options.ONE,
    "path": {"type": "path", "required": True},
    "server": {"type": "str", "default": ""},
    "expiration": {"type": "int", "default": 28800},
    "refresh_before": {"type": "int", "default": 7200},
    "verify": {"type": "bool", "default": True},
    "force": {"type": "bool", "default": False},
    "timeout": {"type": "int", "default": 600},
    "written": {"type": "dict"},
}


def main() -> None:
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    try:
        result = accessing.of(module.params, module.check_mode)
    except (GardenError, Unreachable, OSError) as error:
        module.fail_json(msg=str(error), **(error.result if isinstance(error, GardenError) else {}))
    for warning in result.pop("warnings"):
        module.warn(warning)
    module.fail_json(**result) if "msg" in result else module.exit_json(**result)


if __name__ == "__main__":
    main()
