#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: gardener_seed_info
short_description: Read seeds of Gardener, and how they are
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Reads seeds, with what gardenlet does about each, whether it is fit for shoots, and which shoots are on it.
extends_documentation_fragment:
  - metalstack.autonomous.garden
  - metalstack.autonomous.k3s_attributes
  - metalstack.autonomous.k3s_attributes.info
options:
  name:
    description: Name of a seed. Without it all are read.
    type: str
    default: ""
  labels:
    description: Labels that the seeds have, in the form of C(kubectl get -l).
    type: str
    default: ""
seealso:
  - module: metalstack.autonomous.gardener_seed
"""

EXAMPLES = r"""
- name: See which seeds are not fit for shoots
  metalstack.autonomous.gardener_seed_info:
    kubeconfig: /etc/metal-stack/garden.kubeconfig
  register: seeds
  failed_when: seeds.seeds | rejectattr('ready') | length > 0
"""

RETURN = r"""
seeds:
  description: The seeds, ordered by name; those that fit the options, so none is no error.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Its name.
      type: str
    uid:
      description: Its identity, after which its bucket of backups is named, too.
      type: str
    version:
      description: The version of Gardener that has last acted on it, empty before one has.
      type: str
    kubernetes_version:
      description: The version of Kubernetes of its cluster.
      type: str
    cluster_identity:
      description: The identity of its cluster, empty before gardenlet has told it.
      type: str
    deleting:
      description: Whether it is being deleted.
      type: bool
    ready:
      description: Whether gardenlet has finished with what is described, and its conditions are true.
      type: bool
    failures:
      description: What it still takes to be ready, each with C(condition), C(seen), C(expected) and C(remedy).
      type: list
      elements: dict
    operation:
      description: Its last operation, as M(metalstack.autonomous.gardener_shoot) returns that of a shoot.
      type: dict
    conditions:
      description: The states of its conditions by their names, such as V(True).
      type: dict
    shoots:
      description: The shoots that it is responsible for, or that are moved to it, as C(Shoot NAMESPACE/NAME).
      type: list
      elements: str
    seed:
      description: All of it, but who manages which of its fields.
      type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import options
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.client import Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.kinds import SEED
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener_landscape import seed_info

OPTIONS = {**options.GARDEN, **{name: {"type": "str", "default": ""} for name in ("name", "labels")}}


def main() -> None:
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    given = module.params
    try:
        garden = options.opened(given)
        found = [
            one for one in garden.list(SEED, labels=given["labels"]) if given["name"] in ("", one["metadata"]["name"])
        ]
        seeds = seed_info.told(garden, found)
    except Unreachable as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, seeds=seeds)


if __name__ == "__main__":
    main()
