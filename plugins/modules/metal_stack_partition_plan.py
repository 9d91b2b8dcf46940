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
  - Looks at all that is said of a partition and of the hosts of its groups, and names all mistakes at once. Nobody is
    asked, and nothing is changed. Hosts that lack what their roles take; networks that overlap, also that of headscale;
    ids that are there twice; and, with O(known), a size, image or network that the partition needs and nobody defines.
extends_documentation_fragment:
  - metalstack.autonomous.metal_stack_partition
  - metalstack.autonomous.k3s_attributes
  - metalstack.autonomous.k3s_attributes.info
options:
  known:
    description: What the API has already. Without it nobody judges whether what is needed is there.
    type: dict
    suboptions:
      sizes:
        description: Ids of sizes.
        type: list
        elements: str
        default: []
      images:
        description: Ids of images.
        type: list
        elements: str
        default: []
      networks:
        description: Ids of networks.
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
