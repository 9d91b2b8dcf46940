# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: metal_stack_partition_verified
short_description: Record that the leaves of a partition were seen to take their configuration
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - What M(metalstack.autonomous.metal_stack_partition) has deployed to leaves is not taken for done until somebody has
    seen that each registers as a switch and takes its configuration, as M(metalstack.autonomous.metal_switch_info)
    tells. Until this is recorded, the next run deploys it again.
  - The record is the ConfigMap C(metal-stack-partition-ID) of the control plane's namespace.
extends_documentation_fragment:
  - metalstack.autonomous.metal_stack_partition
  - metalstack.autonomous.metal_stack_control_plane.cluster
  - metalstack.autonomous.k3s_attributes
seealso:
  - module: metalstack.autonomous.metal_stack_partition
  - module: metalstack.autonomous.metal_switch_info
"""

EXAMPLES = r"""
- name: Take for good what was deployed to leaves that are switches by now
  metalstack.autonomous.metal_stack_partition_verified:
    kubeconfig: /etc/metal-stack/initial.kubeconfig
    partition:
      stage: initial
      id: fra-equ01
      dns: metal.example.org
"""

RETURN = r"""
components:
  description: The components of which nobody had seen that before.
  type: list
  elements: str
  returned: success
"""
