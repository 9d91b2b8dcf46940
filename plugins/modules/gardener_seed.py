#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: gardener_seed
short_description: Have a seed of Gardener as it is described, or no more
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - A seed is a cluster that holds the control planes of shoots. It is described by a Gardenlet, which gardener-operator
    deploys once, into its own cluster or that of O(cluster_kubeconfig), and which keeps itself up to date from then on.
  - A C(ManagedSeed) makes a seed of a shoot of the same garden, in its namespace C(garden), alone. What is a shoot of
    another garden, as that of a target is, is a seed by its kubeconfig.
  - Gives the garden the Secrets that the seed refers to, and the Gardenlet. The garden is asked beforehand what it
    would say of the Seed that gardenlet registers by it, and of the fields that Gardener does not know.
  - Waits until gardenlet has deployed itself as described, and has reconciled the Seed with what is described and in
    the version of the chart, and until the Seed's conditions are true. While it waits it tells what of that is missing.
  - A seed for which no state of a shoot would be saved is refused.
  - By O(state=absent) the Gardenlet and then its Seed are deleted, once no shoot is on it. With the Seed goes its
    bucket of backups. Gardener does not remove the Deployment of gardenlet, and O(secrets) stay.
extends_documentation_fragment:
  - metalstack.autonomous.garden
  - metalstack.autonomous.garden.landscape
  - metalstack.autonomous.k3s_attributes
options:
  name:
    description: Name of the seed.
    type: str
    required: true
  deployment:
    description: How gardenlet is deployed, the Gardenlet's C(spec.deployment), with C(helm.ociRepository). Needed with
      O(state=present).
    type: dict
  cluster_kubeconfig:
    description: Kubeconfig of the seed's cluster, on the host that the module runs on, where that is another one than
      gardener-operator's. It has all that it needs in it, and the rights of an administrator. The garden has it in the
      Secret C(NAME-kubeconfig) until gardenlet has registered the Seed; gardener-operator removes it then, which is
      waited for, and it is given no more.
    type: path
    default: ""
  version:
    description: Version of Gardener that has to run. Without, it is that of the chart, if its tag says so. A lower one
      than what runs is refused.
    type: str
    default: ""
  config:
    description: Gardenlet's configuration, but C(seedConfig), C(apiVersion) and C(kind).
    type: dict
    default: {}
  seed:
    description: The Seed's C(spec), as C(core.gardener.cloud/v1beta1) has it. Needed with O(state=present).
    type: dict
  seed_labels:
    description: Labels of the Seed.
    type: dict
    default: {}
  seed_annotations:
    description: Annotations of the Seed.
    type: dict
    default: {}
  labels:
    description: Labels, beside those that others have set.
    type: dict
    default: {}
  annotations:
    description: Annotations, beside those that others have set. Operations are none of them.
    type: dict
    default: {}
  secrets:
    description: Secrets of the namespace C(garden) that O(seed) refers to, such as those for DNS and for backups.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the Secret.
        type: str
        required: true
      data:
        description: What it holds, texts by their keys.
        type: dict
        default: {}
      data_files:
        description: What it holds besides, by its keys paths of files on the host that the module runs on, so that it
          need not pass through variables. Each is taken as it is.
        type: dict
        default: {}
      labels:
        description: Labels, beside those that others have set.
        type: dict
        default: {}
  healthy:
    description: Whether the conditions of the Seed have to be V(True), too. They are looked at anew after each
      operation.
    type: bool
    default: true
  timeout:
    description: Seconds to wait at most. With V(0) it looks once.
    type: int
    default: 1800
    aliases: [wait_timeout]
seealso:
  - module: metalstack.autonomous.gardener_seed_info
  - name: Configuration of gardenlet
    description: All that O(config) may have.
    link: https://gardener.cloud/docs/gardener/concepts/gardenlet/
"""

EXAMPLES = r"""
- name: Have the cluster of the garden be a seed
  metalstack.autonomous.gardener_seed:
    kubeconfig: /etc/metal-stack/garden.kubeconfig
    name: initial
    deployment:
      helm: {ociRepository: {ref: "registry.example.com/gardener/gardenlet:v1.138.3"}}
      podLabels: {networking.resources.gardener.cloud/to-virtual-garden-kube-apiserver-tcp-443: allowed}
    config:
      controllers: {shootState: {syncPeriod: 1h}}
    seed:
      provider: {type: metal, region: fra}
      networks: {nodes: 10.0.0.0/24, pods: 10.42.0.0/16, services: 10.43.0.0/16}
      ingress: {domain: seed.example.com, controller: {kind: nginx}}
      dns:
        provider: {type: powerdns, credentialsRef: "{{ dns }}"}
        internal: {type: powerdns, domain: internal.example.com, credentialsRef: "{{ dns }}"}
      backup: {provider: S3, region: fra, credentialsRef: "{{ backup }}"}
    secrets:
      - name: dns
        data: {server: "https://dns.example.com"}
        data_files: {apiKey: /etc/metal-stack/secrets/dns}
      - name: backup
        data_files: {accessKeyID: /etc/metal-stack/secrets/s3-id, secretAccessKey: /etc/metal-stack/secrets/s3-key}
  vars:
    dns: {apiVersion: v1, kind: Secret, namespace: garden, name: dns}
    backup: {apiVersion: v1, kind: Secret, namespace: garden, name: backup}
"""

RETURN = r"""
gardenlet:
  description: The Gardenlet as the garden has it, or would have it, but who manages which of its fields. Empty where
    there is none.
  returned: success
  type: dict
seed:
  description: The Seed as the garden has it, but who manages which of its fields. Empty where there is none.
  returned: success
  type: dict
operation:
  description: The last operation of the Seed, as M(metalstack.autonomous.gardener_shoot) returns that of a shoot.
  returned: success
  type: dict
conditions:
  description: The states of the Seed's conditions by their names, such as V(True).
  returned: success
  type: dict
version:
  description: The version of Gardener that has last acted on the Seed, empty before one has.
  returned: success
  type: str
adopted_from:
  description: Field managers who had applied it on the client's side.
  returned: state is present
  type: list
  elements: str
waited:
  description: Seconds that were waited.
  returned: when it has waited
  type: float
failures:
  description: What does not hold yet, each with C(condition), C(seen), C(expected) and C(remedy).
  returned: when it has waited
  type: list
  elements: dict
over:
  description: Whether waiting longer makes no sense.
  returned: when it has waited
  type: bool
written:
  description: What is waited for, by its C(uid), empty where nothing is.
  returned: success
  type: dict
reason:
  description: Kubernetes' word for why the garden refuses it, such as V(Invalid).
  returned: when the garden refuses it
  type: str
status:
  description: The status of HTTP by which the garden refuses it.
  returned: when the garden refuses it
  type: int
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener_landscape import options, seed

SECRET = {
    "name": {"type": "str", "required": True},
    **options.HELD,
    "labels": {"type": "dict", "default": {}},
}
MARKS = ("labels", "annotations", "seed_labels", "seed_annotations")
OPTIONS = {
    **options.common(1800),
    "deployment": {"type": "dict"},
    "version": {"type": "str", "default": ""},
    "config": {"type": "dict", "default": {}},
    "cluster_kubeconfig": {"type": "path", "default": "", "no_log": False},
    "seed": {"type": "dict"},
    **{name: {"type": "dict", "default": {}} for name in MARKS},
    "secrets": {"type": "list", "elements": "dict", "default": [], "options": SECRET, "no_log": False},
    "healthy": {"type": "bool", "default": True},
}


def main() -> None:
    required = [("state", "present", ["deployment", "seed"])]
    seed.run(AnsibleModule(argument_spec=OPTIONS, required_if=required, supports_check_mode=True))


if __name__ == "__main__":
    main()
