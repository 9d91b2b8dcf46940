# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: metal_stack_preparation
short_description: Give a cluster what metal-stack looks for in it
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Makes the namespace, and the ConfigMaps C(kube-system/shoot-info) and C(garden/seed-api-server), which a cluster of
    Gardener's has by itself and others lack. Those that somebody else has made stay as they are, if they have what is
    read of them.
  - Fails, before anything is changed, without a StorageClass for the databases, and where the control plane is found
    by Gateways without the kinds of the Gateway API that its routes are of.
extends_documentation_fragment:
  - metalstack.autonomous.metal_stack_control_plane
  - metalstack.autonomous.metal_stack_control_plane.cluster
  - metalstack.autonomous.k3s_attributes
"""

EXAMPLES = r"""
- name: Give the cluster what metal-stack looks for
  metalstack.autonomous.metal_stack_preparation:
    kubeconfig: /etc/metal-stack/initial.kubeconfig
    control_plane: "{{ control_plane }}"
"""

RETURN = r"""
objects:
  description: What was, or would have been, made or changed, as C(KIND/NAMESPACE/NAME).
  type: list
  elements: str
  returned: success
"""
