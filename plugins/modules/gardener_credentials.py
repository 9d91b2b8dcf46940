#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: gardener_credentials
short_description: Have credentials for the shoots of a Project of Gardener, or have them no more
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Credentials are a Secret, and a CredentialsBinding that shoots name (C(spec.credentialsBindingName)).
  - With neither O(data) nor O(data_files) the Secret is left to others, and only bound.
  - To which Secret a binding leads, and for which provider, cannot be changed. That is refused with the garden's
    reason. What a Secret holds can be changed at any time, and is used with the next reconciliation of a shoot.
extends_documentation_fragment:
  - metalstack.autonomous.garden
  - metalstack.autonomous.garden.landscape
  - metalstack.autonomous.k3s_attributes
options:
  namespace:
    description: Namespace of the project, such as C(garden-PROJECT).
    type: str
    required: true
  name:
    description: Name of the CredentialsBinding.
    type: str
    required: true
  provider_type:
    description: Type of the provider that they are for.
    type: str
    default: metal
  secret_name:
    description: Name of the Secret, that of the binding without. With O(state=absent) it is deleted as well, also
      where the binding is gone already, unless it was made by others, or another CredentialsBinding or SecretBinding
      leads to it. That is told then.
    type: str
    default: ""
  data:
    description: What it holds, texts by their keys.
    type: dict
    default: {}
  data_files:
    description: What it holds besides, by its keys paths of files on the host that the module runs on, so that it
      need not pass through variables. Each is taken as it is.
    type: dict
    default: {}
  labels:
    description: Labels, beside those that others have set.
    type: dict
    default: {}
  timeout:
    description: Seconds to wait at most. With V(0) it looks once.
    type: int
    default: 300
    aliases: [wait_timeout]
seealso:
  - module: metalstack.autonomous.gardener_project
"""

EXAMPLES = r"""
- name: Have credentials of metal-stack for the shoots of a project
  metalstack.autonomous.gardener_credentials:
    kubeconfig: /etc/metal-stack/garden.kubeconfig
    namespace: garden-target
    name: metal
    data:
      metalAPIURL: https://api.metal.example.com
    data_files:
      metalAPIHMac: /etc/metal-stack/secrets/metal-api-hmac

- name: Have them no more
  metalstack.autonomous.gardener_credentials:
    kubeconfig: /etc/metal-stack/garden.kubeconfig
    namespace: garden-target
    name: metal
    state: absent
    confirm_deletion: true
"""

RETURN = r"""
credentials_binding:
  description: The binding as the garden has it, or would have it, but who manages which of its fields. Empty where
    there is none.
  returned: success
  type: dict
secret_name:
  description: Name of the Secret.
  returned: success
  type: str
waited:
  description: Seconds that were waited.
  returned: when it has waited
  type: float
failures:
  description: What does not hold yet, each with C(condition), C(seen), C(expected) and C(remedy).
  returned: when it has waited
  type: list
  elements: dict
over:
  description: Whether waiting longer makes no sense.
  returned: when it has waited
  type: bool
written:
  description: What is waited for, by its C(uid), empty where nothing is.
  returned: success
  type: dict
reason:
  description: Kubernetes' word for why the garden refuses it, such as V(Invalid).
  returned: when the garden refuses it
  type: str
status:
  description: The status of HTTP by which the garden refuses it.
  returned: when the garden refuses it
  type: int
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener_landscape import credentials, options

OPTIONS = {
    **options.common(300),
    "namespace": {"type": "str", "required": True},
    "provider_type": {"type": "str", "default": "metal"},
    "secret_name": {"type": "str", "default": "", "no_log": False},
    **options.HELD,
    "labels": {"type": "dict", "default": {}},
}


def main() -> None:
    credentials.run(AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True))


if __name__ == "__main__":
    main()
