# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: metal_stack_partition
short_description: Deploy the devices of a partition of metal-stack that are not as they should be
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Runs metal-stack's own partition roles against the hosts of the play's inventory, those that go together in an
    C(ansible-playbook) of its own, as M(metalstack.autonomous.metal_stack_component) does. That has an inventory with
    the partition's hosts alone, how each is reached, and what of the play's inventory its roles take.
  - Hosts go one by one, or by disjoint groups. A host that does not answer, fails, or is lost on the way, ends it
    before the next one is touched.
  - A component is deployed when its roles, its hosts, or a variable that these take, is another one than was recorded
    of it, or when it is named in C(redeploy). The record is a ConfigMap of the control plane's namespace,
    C(metal-stack-partition-ID); of variables it has digests alone. What did not come to its end is deployed again, and
    so is what leaves were given until M(metalstack.autonomous.metal_stack_partition_verified) records that they took
    it. What somebody changes on a host nobody notices.
  - HMAC keys, the certificates for gRPC and nsqd, and the password of the BMCs come from the Secret that the control
    plane keeps them in, unless the inventory has them.
  - Fails unless the control plane is deployed, and is at the release of the partition.
  - Output goes to C(STATE_PATH/.runs/STAGE/ID-COMPONENT.log) with mode 0600, without secrets.
extends_documentation_fragment:
  - metalstack.autonomous.metal_stack_partition
  - metalstack.autonomous.metal_stack_control_plane.cluster
  - metalstack.autonomous.metal_stack_control_plane.release
  - metalstack.autonomous.k3s_attributes
attributes:
  check_mode:
    support: full
    details:
      - Tells which components would be deployed and why; nothing is run.
  diff_mode:
    support: full
    details:
      - Shows the release and the versions of the roles, before and after.
seealso:
  - module: metalstack.autonomous.metal_stack_release
  - module: metalstack.autonomous.metal_stack_partition_plan
  - module: metalstack.autonomous.metal_stack_partition_verified
"""

EXAMPLES = r"""
- name: Deploy switches and management servers
  metalstack.autonomous.metal_stack_partition:
    kubeconfig: /etc/metal-stack/initial.kubeconfig
    state_path: /var/lib/metal-stack
    partition:
      stage: initial
      id: fra-equ01
      dns: metal.example.org
    release:
      name: "{{ release.release.name }}"
      roles_path: "{{ release.roles_path }}"
      roles: "{{ release.roles }}"
      variables: "{{ release.variables }}"
"""

RETURN = r"""
components:
  description: Each component that has hosts, its C(name), whether it was C(changed), the C(reasons), the C(seconds)
    that it took, and its C(log).
  type: list
  elements: dict
  returned: always
leaves:
  description: The hosts whose metal-core was deployed, or would be.
  type: list
  elements: str
  returned: always
"""
