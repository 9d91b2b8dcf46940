#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: gardener_shoot_operation
short_description: Have a shoot reconciled, retried, maintained or rolled, or its credentials rotated
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Asks for operations by the annotation C(gardener.cloud/operation) of a shoot, and waits until they have succeeded.
    While it waits it tells the operation, its progress, its task and its last errors; an error that Gardener does not
    try again ends it at once.
  - What the shoot refuses in its present state is refused before anything is asked for. So is what nobody would do, as
    of a shoot that is ignored or has failed.
  - An operation that was asked for before and is not taken yet is never replaced. It is waited for first.
  - A rotation in two steps goes on from the phase that it is in, whoever has begun it, so a run that was cut off may be
    begun anew. It is begun where it is V(completed) or was never made, see O(since).
extends_documentation_fragment:
  - metalstack.autonomous.garden
  - metalstack.autonomous.garden.shoot
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
      - A rotation that is in its O(phase) already, or was completed after O(since), V(retry) of a shoot that has not
        failed, and V(force-in-place-update) where it is allowed already or no pool is being updated. All else is done
        each time.
options:
  operations:
    description:
      - What is asked for, all at once. V(retry), V(maintain) and V(force-in-place-update) go alone.
      - An empty list asks for nothing, and waits for what is under way, or was asked for before.
      - V(retry) is done where the last operation has failed; nothing else is before that.
      - V(force-in-place-update) allows to change pools while they are being updated in place, as one whose update has
        failed; a task with M(metalstack.autonomous.gardener_shoot) changes them then. It ends once all of them are
        updated, which is not waited for, and until then nothing else can be asked for.
      - V(rotate-credentials) includes V(rotate-ca), V(rotate-serviceaccount-key), V(rotate-etcd-encryption-key),
        V(rotate-observability-credentials) and V(rotate-ssh-keypair).
      - With Kubernetes from 1.34 on the key of etcd is rotated in one go, also by V(rotate-credentials).
    type: list
    elements: str
    required: true
    choices:
      - reconcile
      - retry
      - maintain
      - rollout-workers
      - force-in-place-update
      - rotate-credentials
      - rotate-ca
      - rotate-serviceaccount-key
      - rotate-etcd-encryption-key
      - rotate-ssh-keypair
      - rotate-observability-credentials
  phase:
    description:
      - How far V(rotate-credentials), V(rotate-ca) and V(rotate-serviceaccount-key) go. They need it.
      - V(prepared) has new credentials beside the former ones. All clients have to get these then, such as kubeconfigs
        by M(metalstack.autonomous.gardener_shoot_kubeconfig).
      - V(completed) ends the former ones. It is refused before they are prepared, since it would lock clients out.
    type: str
    choices: [prepared, completed]
  roll_workers:
    description:
      - Whether workers are rolled for V(prepared), of bare metal one machine after the other.
      - Without, they are left waiting (C(WaitingForWorkersRollout)), and a later task with it rolls those that are
        left. Only then it may be completed.
    type: bool
    default: true
  pools:
    description: Names of the worker pools that V(rollout-workers) is about, or V(*) alone for all.
    type: list
    elements: str
    default: []
  since:
    description:
      - A time as C(2026-11-30T12:00:00Z). What was rotated and completed after that is not rotated again, so that a
        playbook which was cut off can be begun anew. With V(completed), what was completed before that is refused, as
        its preparation is missing.
    type: str
    default: ""
  deferred:
    description:
      - Whether it is done in the shoot's next maintenance window, by the annotation
        C(maintenance.gardener.cloud/operation). Nothing is waited for.
    type: bool
    default: false
  wait:
    description: Whether it is waited for. Without, it is refused where something else is not taken yet.
    type: bool
    default: true
  timeout:
    description: Seconds that all of it has. A rotation that rolls workers of bare metal may take hours.
    type: int
    default: 3600
  written:
    description: What was done before this wait. Set by the action plugin.
    type: dict
    suboptions:
      generation:
        description: Generation of the shoot after the last write.
        type: int
        required: true
      sent:
        description: What it was asked for.
        type: list
        elements: str
        required: true
      phases:
        description: Phases before that.
        type: dict
        required: true
seealso:
  - module: metalstack.autonomous.gardener_shoot
  - module: metalstack.autonomous.gardener_shoot_kubeconfig
"""

EXAMPLES = r"""
- name: Try again what has failed
  metalstack.autonomous.gardener_shoot_operation:
    kubeconfig: /etc/metal-stack/garden.kubeconfig
    namespace: garden-target
    name: control-plane
    operations: [retry]

- name: Have new credentials beside the former ones
  metalstack.autonomous.gardener_shoot_operation:
    kubeconfig: /etc/metal-stack/garden.kubeconfig
    namespace: garden-target
    name: control-plane
    operations: [rotate-credentials]
    phase: prepared
    since: "2026-11-30T12:00:00Z"
    timeout: 14400

- name: Give the playbook's own client the new authority
  metalstack.autonomous.gardener_shoot_kubeconfig:
    kubeconfig: /etc/metal-stack/garden.kubeconfig
    namespace: garden-target
    name: control-plane
    path: /etc/metal-stack/target.kubeconfig

- name: End the former credentials
  metalstack.autonomous.gardener_shoot_operation:
    kubeconfig: /etc/metal-stack/garden.kubeconfig
    namespace: garden-target
    name: control-plane
    operations: [rotate-credentials]
    phase: completed
    since: "2026-11-30T12:00:00Z"
"""

RETURN = r"""
sent:
  description: What the shoot was, or would be, asked for, as its annotation has it.
  type: list
  elements: str
  returned: success
  sample: [rotate-credentials-start]
phases:
  description: The phase of each of its credentials that was ever rotated in steps.
  type: dict
  returned: success
  sample: {certificateAuthorities: Prepared, serviceAccountKey: Prepared, etcdEncryptionKey: Completed}
pools:
  description: Worker pools that have to be rolled before a rotation is prepared.
  type: list
  elements: str
  returned: success
operation:
  description: The last operation of the shoot, with its errors.
  type: dict
  returned: success
  sample:
    type: Reconcile
    state: Succeeded
    progress: 100
    description: Shoot cluster has been successfully reconciled.
    lastUpdateTime: "2026-11-30T12:34:56Z"
    errors: []
    codes: []
generation:
  description: Generation of the shoot.
  type: int
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
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import options, outcome
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.client import Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.errors import GardenError

WRITTEN = {
    "generation": {"type": "int", "required": True},
    "sent": {"type": "list", "elements": "str", "required": True},
    "phases": {"type": "dict", "required": True},
}


def main():
    given = {
        **options.GARDEN,
        **options.SHOOT,
        "operations": {"type": "list", "elements": "str", "required": True, "choices": list(outcome.OPERATIONS)},
        "phase": {"type": "str", "choices": ["prepared", "completed"]},
        "roll_workers": {"type": "bool", "default": True},
        "pools": {"type": "list", "elements": "str", "default": []},
        "since": {"type": "str", "default": ""},
        "deferred": {"type": "bool", "default": False},
        "wait": {"type": "bool", "default": True},
        "timeout": {"type": "int", "default": 3600},
        "written": {"type": "dict", "options": WRITTEN},
    }
    module = AnsibleModule(argument_spec=given, supports_check_mode=True)
    try:
        result = outcome.of(module.params, module.check_mode)
    except (GardenError, Unreachable) as error:
        module.fail_json(msg=str(error))
    for warning in result.pop("warnings"):
        module.warn(warning)
    module.fail_json(**result) if "msg" in result else module.exit_json(**result)


if __name__ == "__main__":
    main()
