# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules have in common that ask the API of a garden."""

from __future__ import annotations


class ModuleDocFragment:
    """Which garden it is, and which shoot."""

    DOCUMENTATION = r"""
options:
  kubeconfig:
    description: File of the garden cluster, on the host that the module runs on. It is read anew when its login counts
      no more, since others renew it there.
    type: path
    required: true
  context:
    description: Context of that file; its current one without it.
    type: str
    default: ""
requirements:
  - kubernetes
notes:
  - It was made and tested with the API of Gardener 1.138.
"""

    SHOOT = r"""
options:
  namespace:
    description: Namespace of its project, such as C(garden-PROJECT).
    type: str
    required: true
  name:
    description: Name of the shoot. It and the name of its project have 21 characters at most.
    type: str
    required: true
"""
