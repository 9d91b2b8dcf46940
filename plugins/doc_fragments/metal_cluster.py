# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules have in common that look at metal-stack's databases in the cluster."""

from __future__ import annotations


class ModuleDocFragment:
    """Which cluster it is, and which namespace."""

    DOCUMENTATION = r"""
options:
  kubeconfig:
    description: File of the cluster that the databases run in. Without it the environment variables
      E(K8S_AUTH_KUBECONFIG) and E(KUBECONFIG) are asked, as metal-roles are given it.
    type: path
    required: true
  context:
    description: Context of that file; its current one without it.
    type: str
    default: ""
  namespace:
    description: Namespace of the databases (C(metal_control_plane_namespace)).
    type: str
    default: metal-control-plane
  timeout:
    description: Seconds that one question may take, besides ten to be asked and answered.
    type: int
    default: 60
requirements:
  - kubernetes
"""
