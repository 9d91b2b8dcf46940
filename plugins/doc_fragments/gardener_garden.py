# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules have in common that describe a garden."""

from __future__ import annotations


class ModuleDocFragment:
    """What a garden is to be, and the runtime cluster that it is in."""

    DOCUMENTATION = r"""
options:
  kubeconfig:
    description: File of the runtime cluster, on the host that the module runs on.
    type: path
    required: true
  context:
    description: Context of that file; its current one without it.
    type: str
    default: ""
  garden:
    description: What the garden is to be. The role C(gardener) has each as a variable.
    type: dict
    required: true
    suboptions:
      name:
        description: Name of the Garden, of which a cluster has one alone.
        type: str
        default: garden
      version:
        description: Version of Gardener, as C(v1.138.3). The operator has to be of the same one.
        type: str
        required: true
      kubernetes_version:
        description: Version of Kubernetes of the virtual garden, as C(1.35.6).
        type: str
        required: true
      cluster_identity:
        description: What the garden is told from all others by. It can never be changed, and is refused where it is
          missing, with all else that has to be chosen on the first day.
        type: str
        default: ""
      ingress_domains:
        description: Domains below which the garden's own services are found. The first one can never be changed.
        type: list
        elements: str
        default: []
      virtual_domains:
        description: Domains of the virtual garden, whose API is C(api.DOMAIN). The first one can never be changed.
        type: list
        elements: str
        default: []
      nodes:
        description: Networks of the runtime cluster's nodes. They can only be added to.
        type: list
        elements: str
        default: []
      pods:
        description: Networks of its pods. They can only be added to.
        type: list
        elements: str
        default: []
      services:
        description: Networks of its Services. They can only be added to.
        type: list
        elements: str
        default: []
      virtual_services:
        description: Networks of the Services of the virtual garden, one of each family. They can only be added to.
        type: list
        elements: str
        default: []
      taken_networks:
        description: Networks that somebody else has, by a name; none of O(garden.virtual_services) may overlap one.
        type: dict
        default: {headscale: 100.64.0.0/10}
      dns:
        description: Providers of DNS. Records of all domains are made by the first one; without any, nobody makes them.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: Name by which domains refer to it; its type without one.
            type: str
            default: ""
          type:
            description: Type of the records, as V(powerdns).
            type: str
            required: true
          secret_name:
            description: Secret in the namespace C(garden) with its credentials.
            type: str
            required: true
          config:
            description: Its C(providerConfig).
            type: dict
            default: {}
      backup:
        description: Where etcd of the virtual garden is backed up to.
        type: dict
        default: {}
        suboptions:
          provider:
            description: Type of the bucket, as V(S3). It can never be changed.
            type: str
            default: ""
          bucket:
            description: Name of the bucket, or C(BUCKET/PREFIX). It can never be changed.
            type: str
            default: ""
          region:
            description: Region of the bucket; that of the garden without it. It can never be changed.
            type: str
            default: ""
          secret_name:
            description: Secret in the namespace C(garden) with its credentials.
            type: str
            default: ""
          config:
            description: Its C(providerConfig).
            type: dict
            default: {}
      region:
        description: Region of the runtime cluster.
        type: str
        default: ""
      zones:
        description: Zones of the runtime cluster, which its nodes have as C(topology.kubernetes.io/zone).
        type: list
        elements: str
        default: []
      high_availability:
        description: Whether etcd of the virtual garden has three members, each on a node of its own. It can never be
          taken back.
        type: bool
        default: false
      storage:
        description: Volumes of etcd.
        type: dict
        default: {}
        suboptions:
          class_name:
            description: StorageClass; the cluster's default without it.
            type: str
            default: ""
          main:
            description: Size of the main etcd's volume, as V(25Gi); Gardener's own without it.
            type: str
            default: ""
          events:
            description: Size of the volume of etcd for events.
            type: str
            default: ""
      maintenance:
        description: Time window in which Gardener does what disturbs.
        type: dict
        default: {}
        suboptions:
          begin:
            description: Its begin.
            type: str
            default: "220000+0000"
          end:
            description: Its end.
            type: str
            default: "230000+0000"
      load_balancers:
        description: How many addresses the cluster has for Services in all. Without, those of kube-vip are counted.
        type: int
        default: 0
      load_balancer_annotations:
        description: Annotations of the Services of type LoadBalancer that the garden makes.
        type: dict
        default: {}
      seed:
        description: Whether the runtime cluster is a seed as well, which needs one more address.
        type: bool
        default: true
      seed_api_url:
        description: URL of the runtime cluster's API by its name in the DNS, which firewalls of shoots reach it by. It
          is kept in the ConfigMap C(garden/seed-api-server), without which provider-metal ends at once. A seed needs
          it.
        type: str
        default: ""
      extensions:
        description: Extensions that are installed. One that is there and not described stays.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: Its name.
            type: str
            required: true
          spec:
            description: Its C(spec), as the API C(operator.gardener.cloud/v1alpha1) has it.
            type: dict
            required: true
      infrastructure:
        description: Type of infrastructure that some extension has to reconcile.
        type: str
        default: metal
      network_types:
        description: Types of networks of shoots that some extension has to reconcile.
        type: list
        elements: str
        default: [calico]
      operating_systems:
        description: Types of operating systems that some extension has to reconcile; any one without.
        type: list
        elements: str
        default: []
      others:
        description: All other gardens that there are, as that of the target cluster. None may have the same identity,
          bucket, domain or network as this one.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: What it is called here.
            type: str
            required: true
          cluster_identity:
            description: Its identity.
            type: str
            default: ""
          bucket:
            description: Its bucket.
            type: str
            default: ""
          domains:
            description: Its domains.
            type: list
            elements: str
            default: []
          networks:
            description: Its networks of virtual Services.
            type: list
            elements: str
            default: []
      spec:
        description: Whatever else the C(spec) of the Garden is to have, merged into what is made of the other options.
          A list is taken whole. What is said by one of these is refused here.
        type: dict
        default: {}
  secrets:
    description: Secrets in the namespace C(garden), which the garden refers to.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Its name.
        type: str
        required: true
      data:
        description: What it holds, by its keys.
        type: dict
        default: {}
      files:
        description: Files with what it holds, by its keys, on the host that the module runs on.
        type: dict
        default: {}
requirements:
  - kubernetes
notes:
  - It was made and tested with the API of Gardener 1.138.
"""

    ONE = r"""
options:
  kubeconfig:
    description: File of the runtime cluster, on the host that the module runs on.
    type: path
    required: true
  context:
    description: Context of that file; its current one without it.
    type: str
    default: ""
  name:
    description: Name of the Garden.
    type: str
    default: garden
requirements:
  - kubernetes
notes:
  - It was made and tested with the API of Gardener 1.138.
"""
