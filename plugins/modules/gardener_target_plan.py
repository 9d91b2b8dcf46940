#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: gardener_target_plan
short_description: Refuse a target that cannot be as it is described, and render its shoots
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Looks at all that is said of the shoots of a target, and of the second stage that they carry, and names all mistakes
    at once. Nobody is asked, and nothing is changed. Names that Gardener would not take; networks that overlap those of
    the initial cluster, of the second stage or each other; a stage, an identity, a bucket or a domain that both stages
    have; shoots without machines or without a way out.
  - Renders what M(metalstack.autonomous.gardener_shoot) is given.
extends_documentation_fragment:
  - metalstack.autonomous.k3s_attributes
  - metalstack.autonomous.k3s_attributes.info
options:
  project:
    description: The project of the garden that the shoots are of. Its name has 10 characters at most, and 21 at most
      with that of each shoot.
    type: str
    required: true
  namespace:
    description: Namespace of the project; C(garden-PROJECT) without it.
    type: str
    default: ""
  credentials:
    description: Name of the CredentialsBinding by which machines are allocated.
    type: str
    default: metal
  shoots:
    description: The clusters of the target, one at least.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Its name.
        type: str
        required: true
      carries:
        description: Parts of the second stage that are deployed on it. Each has one shoot at most, but for V(seed), a
          seed of the garden that V(gardener) is, for the shoots of end users.
        type: list
        elements: str
        choices: [seed, gardener, metal_stack, monitoring]
        default: []
      kubernetes_version:
        description: Version of Kubernetes, or its first parts, such as V(1.35).
        type: str
        required: true
      cloud_profile:
        description: The CloudProfile that has its machines and versions.
        type: str
        default: metal
      region:
        description: Region of the CloudProfile.
        type: str
        required: true
      partition:
        description: Partition of metal-stack that its machines are in, a zone of the region. It cannot be changed.
        type: str
        required: true
      project_id:
        description: Project of metal-stack that its machines belong to. It cannot be changed.
        type: str
        required: true
      tenant:
        description: Tenant of metal-stack, where that is told to a shoot.
        type: str
        default: ""
      purpose:
        description: Purpose of the shoot. V(infrastructure) is for the namespace C(garden) alone.
        type: str
        default: production
      seed:
        description: Seed that has its control plane. The scheduler chooses without.
        type: str
        default: ""
      network_type:
        description: Type of the network between its pods.
        type: str
        default: calico
      network_config:
        description: The C(providerConfig) of that.
        type: dict
        default: {}
      nodes:
        description: The network that metal-stack allocates that of its nodes from, which several shoots may have in
          common. It is needed, and compared with others alone.
        type: str
        default: ""
      pods:
        description: Network of its pods. It is needed, and cannot be changed.
        type: str
        default: ""
      services:
        description: Network of its Services. It is needed, and cannot be changed.
        type: str
        default: ""
      domain:
        description: Domain of the shoot; without, one below that of the garden. It cannot be changed.
        type: str
        default: ""
      firewall:
        description: The firewall between its nodes and all other networks.
        type: dict
        required: true
        suboptions:
          size:
            description: Size of the machine.
            type: str
            required: true
          image:
            description: Image of metal-stack.
            type: str
            required: true
          networks:
            description: Networks of metal-stack that it connects the nodes to, an external one at least.
            type: list
            elements: str
            required: true
          controller_version:
            description: Version of its firewall-controller; that of the CloudProfile without.
            type: str
            default: ""
          auto_update_machine_image:
            description: Whether a newer image replaces it in the maintenance window.
            type: bool
            default: false
          rate_limits:
            description: Limits by network, each with C(networkID) and C(rate), in Mbit/s.
            type: list
            elements: dict
            default: []
          egress_rules:
            description: Addresses by network, each with C(networkID) and C(ips), that the nodes are seen with outside.
            type: list
            elements: dict
            default: []
      load_balancer_network:
        description: Network of metal-stack that addresses of Services of type LoadBalancer are taken from.
        type: str
        default: ""
      high_availability:
        description: The failure that its control plane tolerates. It cannot be taken back.
        type: str
        choices: [none, node, zone]
        default: none
      workers:
        description: Pools of machines, as C(spec.provider.workers) has them, each with C(name), C(minimum), C(maximum)
          and C(machine).
        type: list
        elements: dict
        required: true
      maintenance:
        description: The C(spec.maintenance) of the shoot.
        type: dict
        default: {}
      labels:
        description: Labels beside those that tell what it carries, which are refused here.
        type: dict
        default: {}
      annotations:
        description: Annotations beside those of metal-stack that options say, which are refused here, and so are
          operations.
        type: dict
        default: {}
      spec:
        description: What is merged over the C(spec) that is made of these options, mappings field by field. A field
          that an option says is refused.
        type: dict
        default: {}
  initial:
    description: What the initial cluster has and the second stage may not share.
    type: dict
    required: true
    suboptions: &side
      stage:
        description: Name of metal-stack's stage.
        type: str
        default: ""
      cluster_identity:
        description: The C(clusterIdentity) of its garden.
        type: str
        default: ""
      domains:
        description: Domains that it serves, those of metal-stack, of the garden and of its ingresses.
        type: list
        elements: str
        default: []
      buckets:
        description: Buckets that it backs up to, of databases and of the garden.
        type: list
        elements: dict
        default: []
        suboptions:
          endpoint:
            description: URL of the object storage.
            type: str
            default: ""
          bucket:
            description: Name of the bucket.
            type: str
            required: true
      networks:
        description: Networks by what they are for, each in CIDR notation, or its first and last address with a hyphen
          between, or a list of such. C(nodes), C(pods) and C(services) of the initial cluster are needed.
        type: dict
        default: {}
  second:
    description: The same of the second stage, beside what the shoots have. Nothing where they carry nothing.
    type: dict
    default: {}
    suboptions: *side
seealso:
  - module: metalstack.autonomous.gardener_shoot
"""

EXAMPLES = r"""
- name: Refuse what cannot be
  metalstack.autonomous.gardener_target_plan:
    project: target
    shoots:
      - name: stack
        carries: [metal_stack]
        kubernetes_version: "1.35"
        region: fra
        partition: fra-equ01
        project_id: 51d1a0f5-1d3f-4b3f-9f1a-6f6f6d6c6b6a
        nodes: 10.128.0.0/14
        pods: 10.244.0.0/18
        services: 10.244.64.0/18
        firewall: {size: c1-large-x86, image: firewall-ubuntu-3.0, networks: [internet]}
        workers:
          - name: group-0
            minimum: 3
            maximum: 3
            machine: {type: c1-large-x86, image: {name: debian, version: "12.0"}}
    initial:
      stage: initial
      domains: [metal.initial.example.org]
      buckets: [{endpoint: https://s3.example.net, bucket: metal-stack-initial}]
      networks: {nodes: 192.0.2.0/24, pods: 198.18.0.0/16, services: 198.19.0.0/16}
    second:
      stage: target
      domains: [metal.target.example.org]
      buckets: [{endpoint: https://s3.example.net, bucket: metal-stack-target}]
  register: target
"""

RETURN = r"""
namespace:
  description: Namespace of the project.
  type: str
  returned: success
  sample: garden-target
shoots:
  description: The shoots, in the order in which they are removed. Whatever carries Gardener comes first.
  type: list
  elements: dict
  returned: success
  contains:
    namespace:
      description: Namespace of the project.
      type: str
    name:
      description: Its name.
      type: str
    project:
      description: Its project.
      type: str
    labels:
      description: Its labels.
      type: dict
    annotations:
      description: Its annotations.
      type: dict
    spec:
      description: Its C(spec).
      type: dict
    carries:
      description: The parts of the second stage that it carries.
      type: list
      elements: str
    minimum:
      description: The nodes that it has at least.
      type: int
carriers:
  description: Names of shoots by the part that they carry, of which there is one alone.
  type: dict
  returned: success
  sample: {metal_stack: stack}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._target import options, plan


def main() -> None:
    module = AnsibleModule(argument_spec=options.TARGET, supports_check_mode=True)
    if mistakes := plan.complaints(module.params):
        module.fail_json(msg=f"{'; '.join(mistakes)}. Nothing was changed.")
    module.exit_json(changed=False, **plan.planned(module.params))


if __name__ == "__main__":
    main()
