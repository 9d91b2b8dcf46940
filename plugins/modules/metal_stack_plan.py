# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: metal_stack_plan
short_description: Refuse a control plane of metal-stack that cannot be as it is described
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Looks at all that is said of a control plane, and names all mistakes at once. Nobody is asked, and nothing is
    changed. Stages that have a name or bucket in common, or whose names begin one another; networks that overlap, also
    that of headscale; databases without an intent or with too short a retention; local backups in production; passwords
    that everybody knows; certificates that are given in part; unknown components.
  - This is an action plugin; it runs on the controller.
extends_documentation_fragment:
  - metalstack.autonomous.metal_stack_control_plane
  - metalstack.autonomous.k3s_attributes
  - metalstack.autonomous.k3s_attributes.info
options:
  volumes:
    description: What the cluster has of each database, its C(name) and its C(volume) as
      M(metalstack.autonomous.metal_database_gate) takes it.
    type: list
    elements: dict
    default: []
seealso:
  - module: metalstack.autonomous.metal_stack_component
"""

EXAMPLES = r"""
- name: Refuse what cannot be
  metalstack.autonomous.metal_stack_plan:
    control_plane:
      stage: initial
      gateway_dns: metal.example.org
      gateway_parents:
        https: [{name: https, namespace: gateways}]
      node_network: 192.0.2.0/24
      pod_network: 198.18.0.0/16
      service_network: 198.19.0.0/16
      components: [prepare, nsq]
      storage:
        endpoint: https://s3.example.net
        bucket: metal-stack-initial
        access_key: "{{ vault_sidecar_access_key }}"
        secret_key: "{{ vault_sidecar_secret_key }}"
  register: plan
"""

RETURN = r"""
components:
  description: The components that are looked at, in their order.
  type: list
  elements: str
  returned: success
databases:
  description: Their databases, each its C(name), C(engine) and the C(prefix) of its backups.
  type: list
  elements: dict
  returned: success
gated:
  description: The same as M(metalstack.autonomous.metal_database_gate) takes them, with C(volume) if it is among
    O(volumes).
  type: list
  elements: dict
  returned: success
backup_ages:
  description: Seconds by the name of a database, which its newest backup is old at most while its sidecar does what it
    should.
  type: dict
  returned: success
"""
