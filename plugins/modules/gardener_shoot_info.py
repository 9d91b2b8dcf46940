#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: gardener_shoot_info
short_description: Read shoots of Gardener, and how they are
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Reads shoots, with what Gardener does about each, and whether it has finished with what is described.
extends_documentation_fragment:
  - metalstack.autonomous.garden
  - metalstack.autonomous.k3s_attributes
  - metalstack.autonomous.k3s_attributes.info
options:
  namespace:
    description: Namespace of a project, such as C(garden-PROJECT). Without it those of all projects are read.
    type: str
    default: ""
  name:
    description: Name of a shoot. Without it all are read.
    type: str
    default: ""
  labels:
    description: Labels that the shoots have, in the form of C(kubectl get -l).
    type: str
    default: ""
seealso:
  - module: metalstack.autonomous.gardener_shoot
"""

EXAMPLES = r"""
- name: See which shoots are not as they are described
  metalstack.autonomous.gardener_shoot_info:
    kubeconfig: /etc/metal-stack/garden.kubeconfig
  register: shoots
  failed_when: shoots.shoots | rejectattr('ready') | length > 0
"""

RETURN = r"""
shoots:
  description: The shoots, ordered by namespace and name; those that fit the options, so none is no error.
  returned: success
  type: list
  elements: dict
  contains:
    namespace:
      description: Its namespace.
      type: str
    name:
      description: Its name.
      type: str
    uid:
      description: Its identity, which another one of its name has not.
      type: str
    seed:
      description: The seed of its control plane, empty before it is scheduled.
      type: str
    kubernetes_version:
      description: The version of Kubernetes.
      type: str
    hibernated:
      description: Whether it hibernates now.
      type: bool
    deleting:
      description: Whether it is being deleted.
      type: bool
    forcible:
      description: Whether its deletion, which has begun, may be forced, as M(metalstack.autonomous.gardener_shoot) does
        with C(force_deletion).
      type: bool
    ready:
      description: Whether Gardener has finished with what is described. Conditions do not count.
      type: bool
    pending:
      description: Whether M(metalstack.autonomous.gardener_shoot) has changed it while C(confineSpecUpdateRollout) was
        set, and that was not rolled out since. Of what others have changed so the garden tells nothing.
      type: bool
    over:
      description: Whether Gardener does not try again by itself.
      type: bool
    failures:
      description: What it still takes to be ready, each with C(condition), C(seen), C(expected) and C(remedy).
      type: list
      elements: dict
    operation:
      description: Its last operation, as M(metalstack.autonomous.gardener_shoot) returns it.
      type: dict
    conditions:
      description: The states of its conditions by their names, such as V(True).
      type: dict
    constraints:
      description: The states of its constraints by their names.
      type: dict
    addresses:
      description: The addresses of its API by their names.
      type: dict
    stopped:
      description: Why nobody would do anything about it; empty where Gardener looks after it. That its seed is excepted
        is only known to who may read seeds.
      type: list
      elements: str
    shoot:
      description: All of it, but who manages which of its fields.
      type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import info, options, seeds, status
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.client import Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.kinds import SHOOT

OPTIONS = {**options.GARDEN, **{name: {"type": "str", "default": ""} for name in ("namespace", "name", "labels")}}


def main() -> None:
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    given = module.params
    try:
        garden = options.opened(given)
        listed = garden.list(SHOOT, given["namespace"], given["labels"])
        found = [one for one in listed if given["name"] in ("", one["metadata"]["name"])]
        known = {name: seeds.found(garden, name) for name in {status.seed_of(one) for one in found}}
    except Unreachable as error:
        module.fail_json(msg=str(error))
    told = [info.told(one, known[status.seed_of(one)]) for one in found]
    module.exit_json(changed=False, shoots=sorted(told, key=lambda one: (one["namespace"], one["name"])))


if __name__ == "__main__":
    main()
