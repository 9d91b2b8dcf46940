#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: gardener_garden_info
short_description: Read a garden and its extensions in a runtime cluster
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Reads the Garden, the extensions and the version of the operator of a runtime cluster, and whether gardener-operator
    is through with them. A cluster that knows no Gardens has none.
extends_documentation_fragment:
  - metalstack.autonomous.garden
  - metalstack.autonomous.k3s_attributes
  - metalstack.autonomous.k3s_attributes.info
seealso:
  - module: metalstack.autonomous.gardener_garden
"""

EXAMPLES = r"""
- name: Read the garden
  metalstack.autonomous.gardener_garden_info:
    kubeconfig: /etc/metal-stack/initial.kubeconfig
  register: found

- name: Go on with a garden that is well alone
  ansible.builtin.assert:
    that: found.gardens | map(attribute='ready') is all
"""

RETURN = r"""
operator:
  description: Version of the operator that is installed, empty without any.
  type: str
  returned: success
  sample: v1.138.3
gardens:
  description: The Garden, if there is one.
  type: list
  elements: dict
  returned: success
  contains:
    name:
      description: Its name.
      type: str
    gardener:
      description: Version of Gardener that has last acted on it.
      type: str
    kubernetes_version:
      description: Version of the virtual garden.
      type: str
    cluster_identity:
      description: What it is told from others by.
      type: str
    domains:
      description: Domains of the virtual garden.
      type: list
      elements: str
    bucket:
      description: Name of the bucket that its etcd is backed up to, empty without a backup.
      type: str
    ready:
      description: Whether the operator has succeeded with what is described, and all its conditions are true.
      type: bool
    failures:
      description: What does not hold.
      type: list
      elements: dict
    operation:
      description: Its last operation.
      type: dict
    phases:
      description: The phase of each of its credentials that was ever rotated in steps.
      type: dict
    conditions:
      description: The states of its conditions by their names.
      type: dict
    garden:
      description: All of it, but who manages which of its fields.
      type: dict
extensions:
  description: The extensions.
  type: list
  elements: dict
  returned: success
  contains:
    name:
      description: Its name.
      type: str
    ready:
      description: Whether it is installed and healthy.
      type: bool
    failures:
      description: What does not hold.
      type: list
      elements: dict
    resources:
      description: What it reconciles, as C(KIND/TYPE).
      type: list
      elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._garden import info, options
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.client import Unreachable


def main() -> None:
    module = AnsibleModule(argument_spec=options.CLUSTER, supports_check_mode=True)
    try:
        result = info.of(options.opened(module.params))
    except Unreachable as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
