# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: metal_stack_standing_info
short_description: Tell by which releases a control plane of metal-stack comes to the one that is wanted
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Reads from the cluster which release a control plane is at, and reads and verifies the vectors of those that follow.
    Tells the steps, and all that speaks against them. A release that is left out, unknown, or is another one than it is
    called; a minor of Gardener, or of its virtual garden's Kubernetes, that is skipped; versions that would go back; a
    step that was begun and is not among them.
  - Where nobody has marked a release (M(metalstack.autonomous.metal_stack_standing)), the newest one counts that a
    component was deployed of.
extends_documentation_fragment:
  - metalstack.autonomous.metal_stack_control_plane
  - metalstack.autonomous.metal_stack_control_plane.cluster
  - metalstack.autonomous.k3s_attributes
  - metalstack.autonomous.k3s_attributes.info
options:
  vectors:
    description: Release vectors of the release that is wanted, as M(metalstack.autonomous.metal_stack_release) takes
      them. Without any, only where the control plane is is told.
    type: list
    elements: dict
    default: []
  releases:
    description:
      - The releases that are taken, the oldest first and the wanted one last. Those before the present one are passed
        over, and the present one may be among them.
      - Without any, they are all that the registry of O(vectors) lists up to the one that is wanted.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Its name, such as V(v0.22.19).
        type: str
        required: true
      vectors:
        description: Its vectors. Without, those of O(vectors), the first of them at the tag that is called as the
          release.
        type: list
        elements: dict
        default: []
      replacements:
        description: Instead of O(replacements).
        type: dict
        default: {}
      roles:
        description: Directories or tar files that have roles of it. Nothing is read of them here.
        type: dict
        default: {}
  release_name:
    description: Name of the release of O(vectors) where they do not tell it, as files.
    type: str
    default: ""
  withdrawn:
    description: Releases that are left out on purpose.
    type: list
    elements: str
    default: []
  replacements:
    description: As of M(metalstack.autonomous.metal_stack_release).
    type: dict
    default: {}
  registry_mirrors:
    description: As of M(metalstack.autonomous.metal_stack_release).
    type: list
    elements: dict
    default: []
  verify:
    description: As of M(metalstack.autonomous.metal_stack_release).
    type: bool
    default: true
  cosign:
    description: As of M(metalstack.autonomous.metal_stack_release).
    type: path
seealso:
  - module: metalstack.autonomous.metal_stack_standing
  - module: metalstack.autonomous.metal_stack_release_info
"""

EXAMPLES = r"""
- name: Look which releases are to be taken
  metalstack.autonomous.metal_stack_standing_info:
    kubeconfig: /etc/metal-stack/initial.kubeconfig
    control_plane: "{{ control_plane }}"
    vectors: "{{ metal_stack_release_vectors }}"
    releases:
      - name: v0.22.18
      - name: v0.22.19
  register: way
"""

RETURN = r"""
release:
  description: The release that the control plane is at, empty if none is recorded.
  type: str
  returned: success
begun:
  description: The release that is deployed in part, empty without any.
  type: str
  returned: success
since:
  description: When RV(release) was reached with these versions, in UTC and ISO 8601, empty where nobody has marked it.
  type: str
  returned: success
unused:
  description: Whether what a first deployment has begun may be left for another release. Nobody has marked one, no
    component has ever run, and no database has a volume.
  type: bool
  returned: success
components:
  description: The versions that were recorded of RV(release), by their path in its vector. Empty if none were.
  type: dict
  returned: success
steps:
  description: The releases to take one after the other, each its C(name), the C(url) of each of its C(vectors), the
    C(changes) of what decides whether it may follow, and whether it C(resumes) a step that has begun. None if there is
    nothing to do.
  type: list
  elements: dict
  returned: success
refusals:
  description: All that speaks against the steps.
  type: list
  elements: str
  returned: success
"""
