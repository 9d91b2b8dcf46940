#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: gardener_garden
short_description: Have a garden of Gardener in its runtime cluster
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Has the Secrets, Extensions and the ConfigMap C(seed-api-server) of a garden, and the Garden itself, as they are
    described, by server-side apply. What changes is what the API server itself would make of it; the Garden is asked
    for before anything else is written.
  - Everything that M(metalstack.autonomous.gardener_garden_plan) refuses is refused here as well, and so is an operator
    of another version than the garden's.
  - It waits until gardener-operator is through, which is told by the generation of what was written, by the version
    that has acted on it, by the operation's success and by the conditions of the Garden and its extensions. While it
    waits it tells how far the operator is. A record in the DNS, or the bucket of the garden, with an error that nobody
    tries again, as of a zone that is missing, ends it at once where the error is none of before it.
  - Nothing is removed. An extension that is not described any more stays, and is told.
extends_documentation_fragment:
  - metalstack.autonomous.gardener_garden
  - metalstack.autonomous.k3s_attributes
attributes:
  check_mode:
    support: full
    details:
      - The API server is asked in a dry run. What it cannot judge before the operator is installed is warned of.
  diff_mode:
    support: full
    details:
      - Secrets are told to differ and never shown.
  idempotent:
    support: full
options:
  force:
    description: Whether fields that somebody else manages are taken over. Without, they are named and refused.
    type: bool
    default: false
  wait:
    description: Whether it is waited for.
    type: bool
    default: true
  healthy:
    description: Whether the conditions of the Garden and of its extensions have to be true as well.
    type: bool
    default: true
  timeout:
    description: Seconds that all of it has.
    type: int
    default: 1800
  written:
    description: What was written before this wait. Set by the action plugin.
    type: dict
seealso:
  - module: metalstack.autonomous.gardener_garden_plan
  - module: metalstack.autonomous.gardener_garden_kubeconfig
"""

EXAMPLES = r"""
- name: Have the garden
  metalstack.autonomous.gardener_garden:
    kubeconfig: /etc/metal-stack/initial.kubeconfig
    garden:
      version: v1.138.3
      kubernetes_version: 1.35.6
      cluster_identity: initial-site-a
      ingress_domains: [runtime.site-a.example.org]
      virtual_domains: [garden.site-a.example.org]
      nodes: [192.0.2.0/24]
      pods: [198.18.0.0/16]
      services: [198.19.0.0/16]
      virtual_services: [10.252.0.0/16]
      dns: [{type: powerdns, secret_name: dns}]
      backup: {provider: S3, bucket: garden-site-a, region: site-a, secret_name: etcd-backup}
      seed_api_url: https://api.site-a.example.org:6443
      extensions: "{{ extensions }}"
    secrets:
      - name: dns
        files: {apiKey: /etc/metal-stack/powerdns.key, server: /etc/metal-stack/powerdns.url}
      - name: etcd-backup
        data: "{{ vault_etcd_backup }}"
"""

RETURN = r"""
changes:
  description: What was, or would be, changed.
  type: list
  elements: str
  returned: success
  sample: [Secret/garden/dns, Garden/garden]
unlisted_extensions:
  description: Extensions that are there and not described.
  type: list
  elements: str
  returned: success
validated:
  description: Whether the API server has judged all that is told; it cannot in check mode before the operator is there.
  type: bool
  returned: success
operation:
  description: The last operation of the Garden.
  type: dict
  returned: success
  sample:
    type: Reconcile
    state: Succeeded
    progress: 100
    description: Garden cluster has been successfully reconciled.
    lastUpdateTime: "2026-11-30T12:34:56Z"
gardener:
  description: Version of Gardener that has last acted on it.
  type: str
  returned: when it has waited
waited:
  description: Seconds that were waited.
  type: float
  returned: when it has waited
failures:
  description: What does not hold yet, each with C(condition), C(seen), C(expected) and C(remedy).
  type: list
  elements: dict
  returned: when it has waited
over:
  description: Whether waiting longer makes no sense.
  type: bool
  returned: when it has waited
written:
  description: What the next slice of the wait is given, empty where nothing is waited for.
  type: dict
  returned: success
mistakes:
  description: Why there cannot be such a garden.
  type: list
  elements: str
  returned: when it is refused
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._garden import options, outcome

OPTIONS = {
    **options.GARDEN,
    "force": {"type": "bool", "default": False},
    "wait": {"type": "bool", "default": True},
    "healthy": {"type": "bool", "default": True},
    "timeout": {"type": "int", "default": 1800},
    "written": {"type": "dict"},
}


def main() -> None:
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    options.unmask(module)
    outcome.run(module)


if __name__ == "__main__":
    main()
