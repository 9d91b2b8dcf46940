#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: gardener_garden_operation
short_description: Have a garden reconciled, or its credentials rotated
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Asks for an operation by the annotation C(gardener.cloud/operation) of a Garden, and waits until it has succeeded.
    While it waits it tells how far gardener-operator is.
  - An operation that was asked for before and is not taken yet is never replaced. It is waited for first.
  - A rotation in two steps goes on from the phase that it is in, whoever has begun it, so a run that was cut off may be
    begun anew. It is begun where it is V(completed) or was never made, see O(since).
  - After each phase the state of the garden is another one. Keep it elsewhere by
    M(metalstack.autonomous.gardener_garden_state), or in a backup set.
extends_documentation_fragment:
  - metalstack.autonomous.gardener_garden.one
attributes:
  check_mode:
    support: full
    description: Can run in C(check_mode) and return changed status prediction without modifying the target.
    details:
      - The API server is asked whether it would take what comes next. Nothing is waited for.
  diff_mode:
    support: full
    description: Returns details on what has changed, or would be changed in C(check_mode), when in diff mode.
    details:
      - It shows what is asked for and, of what is rotated in steps, the phases.
  idempotent:
    support: partial
    description: Does nothing, and reports no change, when everything is as it should be.
    details:
      - A rotation that is in its O(phase) already, or was completed after O(since). All else is done each time.
options:
  operation:
    description:
      - What is asked for.
      - V(rotate-credentials) includes all other rotations.
      - With a virtual garden of Kubernetes 1.34 or later the key of etcd is rotated in one go, also by
        V(rotate-credentials).
    type: str
    required: true
    choices:
      - reconcile
      - rotate-credentials
      - rotate-ca
      - rotate-serviceaccount-key
      - rotate-workload-identity-key
      - rotate-etcd-encryption-key
      - rotate-observability-credentials
  phase:
    description:
      - How far V(rotate-credentials), V(rotate-ca), V(rotate-serviceaccount-key) and V(rotate-workload-identity-key)
        go. They need it.
      - V(prepared) has new credentials beside the former ones. gardener-operator has gardenlets and extensions renew
        theirs; all other clients have to get them then, such as kubeconfigs by
        M(metalstack.autonomous.gardener_garden_kubeconfig).
      - V(completed) ends the former ones. It is refused before they are prepared, since it would lock clients out.
    type: str
    choices: [prepared, completed]
  since:
    description:
      - A time as C(2026-11-30T12:00:00Z). What was rotated and completed after that is not rotated again, so that a
        playbook which was cut off can be begun anew. With V(completed), what was completed before that is refused, as
        its preparation is missing.
    type: str
    default: ""
  healthy:
    description: Whether the conditions of the Garden have to be true in the end.
    type: bool
    default: true
  timeout:
    description: Seconds that all of it has.
    type: int
    default: 3600
  written:
    description: What was done before this wait. Set by the action plugin.
    type: dict
seealso:
  - module: metalstack.autonomous.gardener_garden
  - module: metalstack.autonomous.gardener_garden_state
"""

EXAMPLES = r"""
- name: Have new credentials beside the former ones
  metalstack.autonomous.gardener_garden_operation:
    kubeconfig: /etc/metal-stack/initial.kubeconfig
    operation: rotate-credentials
    phase: prepared
    since: "2026-11-30T12:00:00Z"
"""

RETURN = r"""
sent:
  description: What the Garden was, or would be, asked for.
  type: list
  elements: str
  returned: success
  sample: [rotate-credentials-start]
phases:
  description: The phase of each of its credentials that was ever rotated in steps.
  type: dict
  returned: success
  sample: {certificateAuthorities: Prepared, serviceAccountKey: Prepared, workloadIdentityKey: Prepared}
operation:
  description: The last operation of the Garden.
  type: dict
  returned: success
gardener:
  description: Version of Gardener that has last acted on it.
  type: str
  returned: success
waited:
  description: Seconds that it took.
  type: float
  returned: when it waits
failures:
  description: What does not hold yet.
  type: list
  elements: dict
  returned: when it waits
over:
  description: Whether waiting longer would be of no use.
  type: bool
  returned: when it waits
written:
  description: What the next slice of the wait is given.
  type: dict
  returned: when it waits
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._garden import operating, options, rotation
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.client import Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.errors import GardenError

OPTIONS = {
    **options.ONE,
    "operation": {"type": "str", "required": True, "choices": list(rotation.OPERATIONS)},
    "phase": {"type": "str", "choices": ["prepared", "completed"]},
    "since": {"type": "str", "default": ""},
    "healthy": {"type": "bool", "default": True},
    "timeout": {"type": "int", "default": 3600},
    "written": {"type": "dict"},
}


def main() -> None:
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    try:
        result = operating.of(module.params, module.check_mode)
    except (GardenError, Unreachable) as error:
        module.fail_json(msg=str(error), **(error.result if isinstance(error, GardenError) else {}))
    for warning in result.pop("warnings"):
        module.warn(warning)
    module.fail_json(**result) if "msg" in result else module.exit_json(**result)


if __name__ == "__main__":
    main()
