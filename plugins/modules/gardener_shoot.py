#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: gardener_shoot
short_description: Have a shoot of Gardener as it is described, or no more
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Applies a shoot by server-side apply as the field manager C(metalstack.autonomous). Fields that are not described
    stay as Gardener, or somebody else, has set them; those that were described before and are not any more are removed.
  - What changes is told by the garden itself. It is asked what it would make of the description, with all defaults and
    refusals, and that is compared with what is there.
  - A shoot that was applied on the client's side, as by C(kubectl apply), is taken over. What had been applied so and
    is not described any more is removed, too. Who had applied it then owns nothing of it. One that somebody has made
    in another way is shared with them. What is described otherwise than they have it is refused without O(force), and
    what they have set besides stays.
  - A version that Gardener's maintenance has raised above the described one stays, see O(version_floor). Nothing is
    written over what somebody has changed while it was planned; then it is planned anew.
  - Waits until Gardener has finished what the write has brought about, not what was finished before it. While it waits
    it says how far the operation is, on what it works, and its last errors. It fails at once when Gardener does not try
    again by itself, and goes on through an API server that is rolled and a login that is renewed.
  - Fails before anything is written where the shoot, or its seed, is excepted from reconciliation.
extends_documentation_fragment:
  - metalstack.autonomous.garden
  - metalstack.autonomous.garden.shoot
  - metalstack.autonomous.k3s_attributes
attributes:
  check_mode:
    support: full
    details:
      - Where something that a new shoot refers to is not there, as its project, RV(validated) is V(false).
      - What a garden says of a deletion is only known once that is confirmed, which it is not in check mode.
  diff_mode:
    support: full
    details:
      - Shows the whole shoot, with defaults. Of a new one the maintenance window is left open where the garden chooses.
options:
  state:
    description: Whether it shall be there.
    type: str
    choices: [present, absent]
    default: present
  spec:
    description: The shoot's C(spec), as C(core.gardener.cloud/v1beta1) has it. Needed with O(state=present).
    type: dict
  labels:
    description: Labels, beside those that others have set.
    type: dict
    default: {}
  annotations:
    description: Annotations, beside those that others have set. Operations are none of them.
    type: dict
    default: {}
  hibernated:
    description:
      - Whether it hibernates. Without, it stays as it is, or as its schedules have it.
      - The garden refuses hibernation while credentials are rotated, or where the constraint C(HibernationPossible) of
        the shoot says so. Its reason is told.
    type: bool
  version_floor:
    description:
      - Whether the versions in O(spec), of Kubernetes and of machine images, are the least ones. One that is higher by
        now, since maintenance has raised it, stays, and is in RV(kept_versions). A version with fewer parts, such as
        V(1.35), is met by every one that begins with it.
      - With V(false) they are applied as they are. Gardener refuses a lower version of Kubernetes; it rolls a pool back
        to a lower one of a machine image.
    type: bool
    default: true
  allow_node_replacement:
    description: Whether a change may replace the nodes of a pool, or remove a pool. Otherwise it is refused with the
      pools and the fields, in check mode, too.
    type: bool
    default: false
  force:
    description: Whether fields are taken over that others manage. Otherwise that is refused with who they are. Versions
      and hibernation, which Gardener itself changes, are taken over from Gardener in any case.
    type: bool
    default: false
  confirm_deletion:
    description: Has to be V(true) for O(state=absent) to delete a shoot that is there. A deletion that Gardener has
      given up is tried again.
    type: bool
    default: false
  force_deletion:
    description:
      - With O(state=absent), have a deletion that has failed go on without the infrastructure, which is left behind.
        This cannot be taken back.
      - Refused unless the deletion has begun, and has ended in an error after which Gardener allows it.
    type: bool
    default: false
  wait:
    description: Whether to wait until Gardener has finished.
    type: bool
    default: true
  healthy:
    description: Whether all conditions of the shoot have to be V(True), too. They are looked at anew a minute after an
      operation.
    type: bool
    default: false
  timeout:
    description: Seconds to wait at most. With V(0) it looks once.
    type: int
    default: 3600
  written:
    description: What was written before this wait. Set by the action plugin.
    type: dict
seealso:
  - module: metalstack.autonomous.gardener_shoot_info
  - name: Gardener's description of a shoot
    description: All fields of C(spec).
    link: https://gardener.cloud/docs/gardener/api-reference/core/
"""

EXAMPLES = r"""
- name: Have a shoot
  metalstack.autonomous.gardener_shoot:
    kubeconfig: /etc/metal-stack/garden.kubeconfig
    namespace: garden-seeds
    name: fra
    spec:
      cloudProfile: {kind: CloudProfile, name: metal}
      credentialsBindingName: metal
      region: fra
      kubernetes: {version: "1.35"}
      networking: {type: calico, pods: 10.244.0.0/18, services: 10.244.64.0/18}
      provider:
        type: metal
        infrastructureConfig: "{{ metal_infrastructure }}"
        workers:
          - name: group-0
            machine: {type: c1-xlarge-x86, image: {name: debian, version: "12.0"}}
            minimum: 3
            maximum: 3

- name: Let it hibernate
  metalstack.autonomous.gardener_shoot:
    kubeconfig: /etc/metal-stack/garden.kubeconfig
    namespace: garden-seeds
    name: fra
    spec: "{{ shoot_spec }}"
    hibernated: true

- name: Have it no more
  metalstack.autonomous.gardener_shoot:
    kubeconfig: /etc/metal-stack/garden.kubeconfig
    namespace: garden-seeds
    name: fra
    state: absent
    confirm_deletion: true
"""

RETURN = r"""
shoot:
  description: The shoot as the garden has it, or would have it, but who manages which of its fields. Empty where there
    is none.
  returned: success
  type: dict
operation:
  description: Its last operation, empty before there is one.
  returned: success
  type: dict
  contains:
    type:
      description: Such as V(Reconcile).
      type: str
    state:
      description: Such as V(Succeeded).
      type: str
    progress:
      description: Percent of it.
      type: int
    description:
      description: On what it works.
      type: str
    lastUpdateTime:
      description: When that was.
      type: str
    errors:
      description: The last errors, with their tasks and codes.
      type: list
      elements: str
    codes:
      description: The codes of all of them.
      type: list
      elements: str
rolled_workers:
  description:
    - Fields by which the nodes of a pool are replaced, by the pool's name. Which part of C(providerConfig) does so only
      the provider's extension knows, so all of it counts.
    - So are some nodes of a pool that is updated in place with C(maxSurge), and all of one of metal-stack, whose
      extension knows no other way.
  returned: state is present
  type: dict
  sample: {group-0: [machine.image.version]}
updated_workers:
  description: The same of pools whose nodes are drained and updated in place.
  returned: state is present
  type: dict
removed_workers:
  description: Pools that are removed, with their nodes.
  returned: state is present
  type: list
  elements: str
kept_versions:
  description: Versions that are higher than described and stay, each with C(field), C(wanted) and C(found).
  returned: state is present
  type: list
  elements: dict
taken_over:
  description: Fields that were taken over from Gardener, and with O(force) from anybody, each with C(field) and
    C(manager).
  returned: state is present
  type: list
  elements: dict
adopted_from:
  description: Field managers who had applied the shoot on the client's side.
  returned: state is present
  type: list
  elements: str
confined:
  description: Whether this change waits for the maintenance window, as C(maintenance.confineSpecUpdateRollout) has it.
  returned: state is present
  type: bool
pending:
  description:
    - Whether this change, or one of an earlier run, has not been rolled out yet since it waits for the maintenance
      window. It is not waited for.
    - That is told by the annotation C(metalstack.autonomous/confined-since), which such a change leaves.
  returned: state is present
  type: bool
validated:
  description: Whether the garden has judged what is told; it cannot in check mode while a project is missing.
  returned: state is present
  type: bool
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
  description: C(uid) and C(generation) of the shoot that is waited for, empty where none is.
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
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import options, shoot

OPTIONS = {
    **options.GARDEN,
    **options.SHOOT,
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "spec": {"type": "dict"},
    "labels": {"type": "dict", "default": {}},
    "annotations": {"type": "dict", "default": {}},
    "hibernated": {"type": "bool"},
    "version_floor": {"type": "bool", "default": True},
    "allow_node_replacement": {"type": "bool", "default": False},
    "force": {"type": "bool", "default": False},
    "confirm_deletion": {"type": "bool", "default": False},
    "force_deletion": {"type": "bool", "default": False},
    "wait": {"type": "bool", "default": True},
    "healthy": {"type": "bool", "default": False},
    "timeout": {"type": "int", "default": 3600},
    "written": {"type": "dict"},
}


def main() -> None:
    required = [("state", "present", ["spec"])]
    shoot.run(AnsibleModule(argument_spec=OPTIONS, required_if=required, supports_check_mode=True))


if __name__ == "__main__":
    main()
