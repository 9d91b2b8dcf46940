# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: metal_stack_partition_plan
short_description: Refuse a partition of metal-stack that cannot be as it is described
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Looks at all that is said of a partition and of the hosts of its groups, and names all mistakes at once. Nothing is
    changed, and nobody is asked but, with O(release), the cluster. Hosts that lack what their roles take; networks that
    overlap, also that of headscale; ids that are there twice; with O(known), a size, image or network that the
    partition needs and nobody defines; and with O(release), one that is not that of the control plane.
extends_documentation_fragment:
  - metalstack.autonomous.metal_stack_partition
  - metalstack.autonomous.k3s_attributes
  - metalstack.autonomous.k3s_attributes.info
options:
  known:
    description: What the API has already, ids of the same as in O(partition.needs). Without it nobody judges whether
      what is needed is there.
    type: dict
  release:
    description: The release that is to be installed. Without it nobody judges whether it is that of the control plane.
    type: dict
    suboptions:
      kubeconfig:
        description: Kubeconfig of the cluster that has the control plane.
        type: path
        required: true
      name:
        description: Its name. Without, any is taken for that of the control plane.
        type: str
        default: ""
      installed:
        description: What the stage has, as M(metalstack.autonomous.metal_stack_release_info) tells it. The same release
          has to have the same replacements and the same roles of this machine.
        type: dict
        default: {}
      replacements:
        description: Its replacements, as M(metalstack.autonomous.metal_stack_release) takes them.
        type: dict
        default: {}
      roles:
        description: Names of the roles that are directories or tar files of this machine.
        type: list
        elements: str
        default: []
      refusals:
        description: Why it may not follow what is installed, as M(metalstack.autonomous.metal_stack_release_info) tells
          it.
        type: list
        elements: str
        default: []
  unread:
    description: Why the release, or what the API has, could not be read. That is a mistake like all others.
    type: list
    elements: str
    default: []
seealso:
  - module: metalstack.autonomous.metal_stack_partition
"""

EXAMPLES = r"""
- name: Refuse what cannot be
  metalstack.autonomous.metal_stack_partition_plan:
    partition:
      stage: initial
      id: fra-equ01
      dns: metal.example.org
      masterdata:
        networks:
          - {id: super-fra, type: super, partition: fra-equ01, prefixes: [10.128.0.0/14]}
      needs:
        networks: [super-fra]
"""

RETURN = r"""
components:
  description: The components that the inventory has hosts for, in their order.
  type: list
  elements: str
  returned: success
leaves:
  description: The hosts that metal-core runs on, which register as switches.
  type: list
  elements: str
  returned: success
"""
