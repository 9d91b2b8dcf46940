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

    LANDSCAPE = r"""
options:
  state:
    description: Whether it shall be there.
    type: str
    choices: [present, absent]
    default: present
  force:
    description: Whether fields are taken over that others manage. Otherwise that is refused with who they are.
    type: bool
    default: false
  confirm_deletion:
    description: Has to be V(true) for O(state=absent) to delete what is there. While something uses it, that is refused
      in any case.
    type: bool
    default: false
  wait:
    description: Whether to wait until Gardener has finished.
    type: bool
    default: true
  written:
    description: What was written before this wait. Set by the action plugin.
    type: dict
attributes:
  check_mode:
    support: full
    details:
      - The garden is asked what it would make of it, with all defaults and refusals. What a new object refers to may
        not be there yet in check mode; then it is told that the garden could not judge it.
  diff_mode:
    support: full
    details:
      - It shows whole objects, with defaults, as they are and as the garden would make them. Of Secrets it shows which
        of their keys change.
notes:
  - Objects are applied on the server's side by the field manager C(metalstack.autonomous). Fields that are not
    described stay as others have set them; those that were described before and are not any more are removed. Objects
    that were applied on the client's side, as by C(kubectl apply), are taken over.
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
