#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: gardener_cloud_profile
short_description: Have a CloudProfile of Gardener as it is described, or no more
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - A CloudProfile says what shoots may be made of, as versions of Kubernetes, machine images and machine types. It is
    applied on the server's side, and what changes is told by the garden itself.
  - Versions, images, machine types and regions are kept by their names. One that was described before and is not any
    more is removed; the garden refuses that while a shoot uses it, and its reason is told.
extends_documentation_fragment:
  - metalstack.autonomous.garden
  - metalstack.autonomous.garden.landscape
  - metalstack.autonomous.k3s_attributes
options:
  name:
    description: Name of the profile.
    type: str
    required: true
  spec:
    description: The profile's C(spec), as C(core.gardener.cloud/v1beta1) has it. Needed with O(state=present).
    type: dict
  labels:
    description: Labels, beside those that others have set.
    type: dict
    default: {}
  annotations:
    description: Annotations, beside those that others have set. Operations are none of them.
    type: dict
    default: {}
  timeout:
    description: Seconds to wait at most. With V(0) it looks once.
    type: int
    default: 300
    aliases: [wait_timeout]
seealso:
  - module: metalstack.autonomous.gardener_shoot
"""

EXAMPLES = r"""
- name: Have a profile for shoots of metal-stack
  metalstack.autonomous.gardener_cloud_profile:
    kubeconfig: /etc/metal-stack/garden.kubeconfig
    name: metal
    spec:
      type: metal
      kubernetes: {versions: [{version: 1.35.4}]}
      machineImages:
        - name: debian
          versions: [{version: 12.0.20260301, cri: [{name: containerd}], architectures: [amd64]}]
      machineTypes:
        - {name: c1-xlarge-x86, cpu: "24", gpu: "0", memory: 256Gi, architecture: amd64, usable: true}
      regions: [{name: fra, zones: [{name: fra-1}]}]
      providerConfig: "{{ metal_cloud_profile_config }}"

- name: Have it no more
  metalstack.autonomous.gardener_cloud_profile:
    kubeconfig: /etc/metal-stack/garden.kubeconfig
    name: metal
    state: absent
    confirm_deletion: true
"""

RETURN = r"""
cloud_profile:
  description: The profile as the garden has it, or would have it, but who manages which of its fields. Empty where
    there is none.
  returned: success
  type: dict
adopted_from:
  description: Field managers who had applied it on the client's side.
  returned: state is present
  type: list
  elements: str
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
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener_landscape import cloud_profile, options

OPTIONS = {
    **options.common(300),
    "spec": {"type": "dict"},
    "labels": {"type": "dict", "default": {}},
    "annotations": {"type": "dict", "default": {}},
}


def main() -> None:
    required = [("state", "present", ["spec"])]
    cloud_profile.run(AnsibleModule(argument_spec=OPTIONS, required_if=required, supports_check_mode=True))


if __name__ == "__main__":
    main()
