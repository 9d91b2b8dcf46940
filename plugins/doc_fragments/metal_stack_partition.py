# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a partition of metal-stack is described by."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  partition:
    description:
      - What the partition is to be. The role C(metal_stack_partition) has each as a variable.
      - Its hosts are those of the play's inventory that are in the group called as the partition, with C(_) for what is
        no letter or digit. Without such a group, those that have no C(metal_stack_partition_id) of another one.
      - A C(--limit) that leaves out one of them is refused.
    type: dict
    required: true
    suboptions:
      stage:
        description: Stage of the control plane that the partition belongs to.
        type: str
        required: true
      namespace:
        description: Namespace of the control plane.
        type: str
        default: metal-control-plane
      id:
        description: Id of the partition at metal-stack's API.
        type: str
        required: true
      dns:
        description: Domain below which the control plane is found, by C(api.) before it.
        type: str
        required: true
      components:
        description: What is deployed, in this order. Without, management servers (groups C(mgmtservers) or
          C(mgmt_servers)), management switches (C(mgmtleaves), C(mgmtspines), C(mgmtoobs)), other switches
          (C(odd_switches), C(even_switches), C(spines), C(exits)) and leaves (C(odd_leaves), C(even_leaves),
          C(leaves)). What the inventory has no host for is left out.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: Its name, by which it is recorded.
            type: str
            required: true
          groups:
            description: Groups of the inventory whose hosts it is for, in their order. All hosts of one whose name
              begins with C(odd_) or C(even_) are deployed at once, those of others one by one.
            type: list
            elements: str
            required: true
          roles:
            description: Roles in their order, such as V(dhcp) of metal-roles' C(partition/roles), or with their path
              below the release's roles.
            type: list
            elements: str
            required: true
      redeploy:
        description: Components that are deployed though nothing has changed, as after a switch was replaced.
        type: list
        elements: str
        default: []
      variables:
        description: Variables of metal-stack's roles for all hosts. What the inventory says of a host wins over them.
          They are handed on literally; a template in them is none. Secrets may be among them.
        type: dict
        default: {}
      masterdata:
        description: What is described at metal-stack's API beside the partition.
        type: dict
        default: {}
        suboptions:
          sizes:
            description: As M(metalstack.autonomous.metal_size) takes them.
            type: list
            elements: dict
            default: []
          images:
            description: As M(metalstack.autonomous.metal_image) takes them.
            type: list
            elements: dict
            default: []
          networks:
            description: As M(metalstack.autonomous.metal_network) takes them.
            type: list
            elements: dict
            default: []
          filesystem_layouts:
            description: As M(metalstack.autonomous.metal_filesystem_layout) takes them.
            type: list
            elements: dict
            default: []
          size_reservations:
            description: As M(metalstack.autonomous.metal_size_reservation) takes them.
            type: list
            elements: dict
            default: []
      needs:
        description: What is going to be asked for in the partition, as by shoots.
        type: dict
        default: {}
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
      networks_taken:
        description: Networks that no network of the partition may overlap, by a name, as those of the cluster. That of
          headscale, 100.64.0.0/10, is always among them, unless V(headscale) is another one here.
        type: dict
        default: {}
      timeout:
        description: Seconds that one component has, all of its hosts together.
        type: int
        default: 3600
      answer_timeout:
        description: Seconds that a host has to answer.
        type: int
        default: 60
notes:
  - This is an action plugin; it runs on the controller.
"""
