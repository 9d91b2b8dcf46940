# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the actions have in common that deploy a control plane of metal-stack."""

from __future__ import annotations


class ModuleDocFragment:
    """What a control plane is to be, and the cluster that it is in."""

    DOCUMENTATION = r"""
options:
  control_plane:
    description: What the control plane is to be. The role C(metal_stack_control_plane) has each as a variable.
    type: dict
    required: true
    suboptions:
      stage:
        description: Name of the stage, unique in all the world, of small letters, digits and hyphens.
        type: str
        required: true
      stages_others:
        description: All other stages that there are. None may have the same name or bucket.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: Its name.
            type: str
            required: true
          endpoint:
            description: Object storage that it backs up to; ours without it.
            type: str
            default: ""
          bucket:
            description: Bucket that it backs up to; ours without it.
            type: str
            default: ""
      namespace:
        description: Namespace of the control plane.
        type: str
        default: metal-control-plane
      production:
        description: Whether what is in the databases must not be lost.
        type: bool
        default: true
      provider_tenant:
        description: Tenant that runs the control plane; metal-roles' own without it.
        type: str
        default: ""
      ingress_dns:
        description: Domain below which it is found by way of an ingress controller.
        type: str
        default: ""
      gateway_dns:
        description: Domain below which it is found by way of Gateways.
        type: str
        default: ""
      expose:
        description: By what it is found from outside. With V(none) no route is made, and somebody else sees to it.
        type: str
        choices: [gateway, ingress, none]
        default: gateway
      gateway_parents:
        description: The Gateways that routes attach to, as C(parentRefs) of the Gateway API.
        type: dict
        default: {}
        suboptions:
          https:
            description: Of the HTTPRoutes of metal-api, metal-apiserver, headscale and Zitadel.
            type: list
            elements: dict
            default: []
          nsq:
            description: Of the TCPRoute of nsqd, port 4150; no route without.
            type: list
            elements: dict
            default: []
          grpc:
            description: Of the TCPRoute of metal-api's gRPC, port 50051; no route without.
            type: list
            elements: dict
            default: []
          console:
            description: Of the TCPRoute of metal-console; no route without.
            type: list
            elements: dict
            default: []
      gateway_class:
        description:
          - GatewayClass of the Gateway C(metal-control-plane) that is made for the control plane, with listeners for
            HTTPS, nsqd and metal-api's gRPC. Routes attach to it where C(gateway_parents) names no other one.
          - No Gateway is made without.
        type: str
        default: ""
      gateway_controller:
        description: Controller of that class, such as V(gateway.envoyproxy.io/gatewayclass-controller), where the class
          is not there and is made as well.
        type: str
        default: ""
      addresses:
        description:
          - Where the addresses come from. With V(service) that of a Service of type LoadBalancer, which kube-vip or
            whoever does so in the cluster gives.
          - With V(hosts) those of the hosts, where no Service gets one. Every node takes connections at the ports 443,
            4150 and 50051 itself then, so that nothing else of the host is reached there from outside.
        type: str
        choices: [service, hosts]
        default: service
      address:
        description: The address that the Service asks for; any without.
        type: str
        default: ""
      certificate_secret:
        description: Secret of the namespace with the certificate of the HTTPS listener, for all names below
          C(gateway_dns).
        type: str
        default: metal-stack-tls
      certificate_issuer:
        description: ClusterIssuer of cert-manager that issues it. Somebody else makes the Secret without.
        type: str
        default: ""
      addons:
        description:
          - What the cluster is given beside metal-stack, in this order, such as the Gateway API's CRDs, Envoy Gateway,
            cert-manager or ingress-nginx. Each is applied, and has to run, before the next one.
          - What is not among them any more is removed at the end, if nobody uses it. What an earlier one brings a later
            one does not bring again. What somebody else has made is never changed or removed.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: Its name. Charts called C(ingress-nginx) and C(cert-manager) are given what is needed here.
            type: str
            required: true
          kind:
            description: Whether it is a manifest, or a chart that C(helm) on the controller makes one of.
            type: str
            choices: [manifest, chart]
            default: manifest
          path:
            description: File on the controller; of manifests a directory, too, of which C(*.yaml) is taken.
            type: str
            default: ""
          url:
            description: Where it is downloaded from, unless the environment names a mirror (C(METALSTACK_MIRROR)),
              which has it as C(NAME/SHA256/any/NAME).
            type: str
            default: ""
          sha256:
            description: Its checksum, without which nothing is downloaded.
            type: str
            default: ""
          objects:
            description: The objects themselves, instead of a file, such as a ClusterIssuer.
            type: list
            elements: dict
            default: []
          namespace:
            description: Namespace of objects that say none, made if it is not there.
            type: str
            default: ""
          values:
            description: Values of a chart. They win over what is given here.
            type: dict
            default: {}
      host_provider:
        description: What the cluster runs on. With V(metal) it is given the ConfigMap C(kube-system/shoot-info).
        type: str
        choices: [metal, gcp]
        default: metal
      node_network:
        description: Network of the cluster's nodes.
        type: str
        default: ""
      pod_network:
        description: Network of its pods.
        type: str
        default: ""
      service_network:
        description: Network of its Services.
        type: str
        default: ""
      seed_api_url:
        description: URL of the cluster's API as firewalls reach it, for the ConfigMap C(garden/seed-api-server) that
          provider-metal reads. None without.
        type: str
        default: ""
      storage_class:
        description: StorageClass of the databases' volumes; the cluster's default without.
        type: str
        default: ""
      storage:
        description: Object storage that the databases are backed up to. Without it backups are local, which is refused
          in production.
        type: dict
        default: {}
        suboptions:
          endpoint:
            description: URL, https.
            type: str
            default: ""
          region:
            description: Region that requests are signed for.
            type: str
            default: us-east-1
          bucket:
            description: Bucket.
            type: str
            default: ""
          path_style:
            description: Whether the bucket is named in the path rather than in the host's name.
            type: bool
            default: true
          ca:
            description: Authority of the endpoint's certificate in PEM; the system's without it.
            type: str
            default: ""
          access_key:
            description: Access key of the sidecars.
            type: str
            default: ""
          secret_key:
            description: Its secret.
            type: str
            default: ""
      storage_encryption_key:
        description: Key of 32 characters that backups are encrypted with; they are not without.
        type: str
        default: ""
      databases:
        description: What each database is meant to begin with.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: Its name, such as V(metal-db) or V(headscale-db).
            type: str
            required: true
          intent:
            description: V(fresh), it has no data yet and no backup; V(restore), it has no data and gets the newest
              backup; V(keep), it has its data.
            type: str
            choices: [fresh, keep, restore]
            required: true
          schedule:
            description: When its sidecar backs up; as metal-roles has it without.
            type: str
            default: ""
          size_floor:
            description: Bytes that a backup has at least to be restored.
            type: int
            default: 256
          version:
            description: The version that is to be restored, if the newest is suspect and somebody knows why.
            type: str
            default: ""
          fenced:
            description: Whether it is sure that nobody else writes its backups.
            type: bool
            default: false
          without_sentinels:
            description: Whether it is restored and taken for good though nobody has saved what it holds, so that
              nothing tells whether it comes back whole.
            type: bool
            default: false
          discard:
            description: Whether a restore that was begun and not confirmed begins anew though the database answers, or
              may have answered before, so that what was written to it since is lost. Once confirmed it
              is kept all the same.
            type: bool
            default: false
          lost:
            description: Whether its volume came back without the data, since its disk was lost. Whatever comes into it
              is a part of the restore then, and is discarded with the volume should that be cut off. The playbooks of
              this collection say it of what they have looked into.
            type: bool
            default: false
          accept:
            description: Tables and lists that hold less than what was saved with a backup, for a reason that
              somebody knows.
            type: list
            elements: str
            default: []
      components:
        description: Components that are looked at, in the order of metal-stack whatever the order here. Without any,
          C(prepare), C(nsq), C(metal-db), C(ipam-db), C(masterdata-db), C(zitadel-db), C(valkey), C(headscale),
          C(zitadel) and C(metal); there are C(auditing-timescaledb), C(logging) and C(monitoring) besides.
        type: list
        elements: str
        default: []
      redeploy:
        description: Components that are deployed though nothing has changed.
        type: list
        elements: str
        default: []
      variables:
        description: Variables of metal-stack's roles. They win over what this collection says, but must not contradict
          the options. They are handed on literally; a template in them is none. Secrets may be among them.
        type: dict
        default: {}
      timeout:
        description: Seconds that one component has, its roles and its health gate together.
        type: int
        default: 1200
"""

    CLUSTER = r"""
options:
  kubeconfig:
    description: Kubeconfig of the cluster, on the controller.
    type: path
    required: true
requirements:
  - kubernetes for the Python that Ansible runs with
notes:
  - This is an action plugin; it runs on the controller.
"""

    RELEASE = r"""
options:
  state_path:
    description: Directory on the controller for what runs leave there, the C(path) of
      M(metalstack.autonomous.metal_stack_release).
    type: path
    required: true
  release:
    description: The release that is deployed.
    type: dict
    required: true
    suboptions:
      name:
        description: Its name.
        type: str
        default: ""
      roles_path:
        description: Directory that has its roles.
        type: path
        required: true
      roles:
        description: C(version) and C(digest) by the name of a role.
        type: dict
        required: true
      variables:
        description: The variables that it has values for.
        type: dict
        default: {}
"""
