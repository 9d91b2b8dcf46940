# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: metal_stack_standing
short_description: Record in the cluster which release a control plane of metal-stack is at
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Keeps the name of the release, those of its versions that decide what may follow it, and since when it is there, in
    the ConfigMap C(metal-stack-release) of the namespace. So whoever upgrades goes on from where the cluster is, from
    any controller, also after a step that did not come to its end.
  - The ConfigMap comes back with a backup of the cluster, and tells then what it told at that time.
extends_documentation_fragment:
  - metalstack.autonomous.metal_stack_control_plane
  - metalstack.autonomous.metal_stack_control_plane.cluster
  - metalstack.autonomous.k3s_attributes
options:
  state:
    description: V(begun) before anything of the release is deployed; V(reached) once all of it is, and is healthy.
    type: str
    choices: [begun, reached]
    default: reached
  release:
    description: Name of the release, such as V(v0.22.19). One that is not final, such as V(v0.22.19-rc1), is not
      recorded as reached, since nobody knows what may follow it.
    type: str
    required: true
  components:
    description: The versions of its components by their path in the vector, as
      M(metalstack.autonomous.metal_stack_release) returns them, for O(state=reached).
    type: dict
    default: {}
seealso:
  - module: metalstack.autonomous.metal_stack_standing_info
"""

EXAMPLES = r"""
- name: Say that all of the release is deployed
  metalstack.autonomous.metal_stack_standing:
    kubeconfig: /etc/metal-stack/initial.kubeconfig
    control_plane: "{{ control_plane }}"
    release: "{{ release.release.name }}"
    components: "{{ release.components }}"
"""

RETURN = r"""
release:
  description: The last release of which all was deployed, empty if there was none yet.
  type: str
  returned: success
begun:
  description: The release of a step that has not come to its end, empty without any.
  type: str
  returned: success
"""
