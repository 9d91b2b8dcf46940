#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: gardener_garden_plan
short_description: Refuse a garden that cannot be as it is described
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Compares the description of a garden with itself, with the runtime cluster and with the garden that is there, and
    names all mistakes at once. Nothing is changed.
  - Refused is what has to be chosen once and is missing, or differs from the garden that is there; a Kubernetes that
    Gardener does not support; a version of Gardener or of the virtual garden that is gone back to, or leaves a minor
    one out; networks that overlap, or are not those of the cluster; a missing extension, Secret, StorageClass, zone or
    node; and too few addresses for Services.
  - A new minor version of Gardener is refused while the garden is not healthy by the one before. What that does just
    now is waited for, but not in check mode.
extends_documentation_fragment:
  - metalstack.autonomous.gardener_garden
  - metalstack.autonomous.k3s_attributes
  - metalstack.autonomous.k3s_attributes.info
options:
  timeout:
    description: Seconds that what is under way has before a new minor version.
    type: int
    default: 1800
seealso:
  - module: metalstack.autonomous.gardener_garden
"""

EXAMPLES = r"""
- name: Refuse what cannot be, before the operator is installed
  metalstack.autonomous.gardener_garden_plan:
    kubeconfig: /etc/metal-stack/initial.kubeconfig
    garden: "{{ garden }}"
    secrets: "{{ secrets }}"
"""

RETURN = r"""
former:
  description: Version of Gardener that is there, of who has last reconciled the garden, else of the operator. Empty
    without any.
  type: str
  returned: success
  sample: v1.137.4
operator:
  description: Version of the operator that is installed, empty without any.
  type: str
  returned: success
present:
  description: Whether the Garden is there.
  type: bool
  returned: success
secrets:
  description: Names of the Secrets that the garden refers to.
  type: list
  elements: str
  returned: success
server:
  description: URL of the virtual garden's API.
  type: str
  returned: success
  sample: https://api.garden.example.org
runtime:
  description: Version of Kubernetes of the runtime cluster.
  type: str
  returned: success
waited:
  description: Seconds that were waited.
  type: float
  returned: success
failures:
  description: What does not hold yet.
  type: list
  elements: dict
  returned: when it waits in vain
over:
  description: Whether waiting longer makes no sense.
  type: bool
  returned: when it waits in vain
mistakes:
  description: Why there cannot be such a garden.
  type: list
  elements: str
  returned: failure
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._garden import options, outcome
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.client import Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.errors import GardenError

OPTIONS = {**options.GARDEN, "timeout": {"type": "int", "default": 1800}}


def main() -> None:
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    options.unmask(module)
    name = f"Garden {module.params['garden']['name']}"
    try:
        result = outcome.preview(module.params, module.check_mode)
    except GardenError as error:
        module.fail_json(msg=f"{name}: {error}", **error.result)
    except Unreachable as error:
        module.fail_json(msg=f"{name}: {error}")
    for warning in result.pop("warnings"):
        module.warn(f"{name}: {warning}")
    if "msg" in result:
        module.fail_json(**{**result, "msg": f"{name}: {result['msg']}"})
    module.exit_json(**result)


if __name__ == "__main__":
    main()
