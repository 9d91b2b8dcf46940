# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: k3s_reset_members
short_description: Make a server the only member of its etcd, or have it give its membership up
version_added: 0.1.0
description:
  - For a cluster that has lost the quorum of its etcd for good. One server goes on with all that it has, the others
    enter it anew.
  - K3s has to be stopped before. What a server has had is kept in C(/var/lib/rancher/k3s/server/before-reset) until
    O(state=settled).
  - Interrupted at any moment, by a cut of the power too, the same call goes on. The copy from before a reset is never
    replaced by what an interrupted reset has left.
extends_documentation_fragment:
  - metalstack.autonomous.k3s_attributes
attributes:
  idempotent:
    support: partial
    description:
      - With O(state=alone) each call resets, for nothing on the disk says who else is a member. Nothing is lost by
        that, but whoever has entered since has to enter again.
options:
  state:
    description:
      - V(alone) copies the datastore and what opens it, then has k3s reset the membership (C(--cluster-reset) without a
        snapshot).
      - V(left) puts the datastore and the cluster's secrets aside, so that the server can enter as a new one.
      - V(settled) removes what was kept aside.
    type: str
    choices: [alone, left, settled]
    required: true
  timeout:
    description: Seconds that a reset may take.
    type: int
    default: 300
author:
  - metal-stack authors (@metal-stack)
seealso:
  - module: metalstack.autonomous.k3s_info
  - module: metalstack.autonomous.k3s_node
"""

EXAMPLES = r"""
- name: Go on with what the survivor has
  metalstack.autonomous.k3s_reset_members:
    state: alone
  when: inventory_hostname == survivor

- name: Have the others enter anew
  metalstack.autonomous.k3s_reset_members:
    state: left
  when: inventory_hostname != survivor
"""

RETURN = r"""
kept:
  description: Directories with what was kept aside, once the module has ended.
  returned: success
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import host, membership


def due(state):
    """Whether there is anything to do."""
    if state == "settled":
        return membership.ASIDE.exists()
    return state == "alone" or host.datastore() == "etcd"


def foreseen(state, before):
    """What there will be; where it will be kept has the time in its name."""
    if state == "settled":
        return {**before, "kept": []}
    if state == "alone":
        return {**before, "kept": before["kept"] + ([] if membership.planned_copy() else [membership.NEW_COPY])}
    return (
        {"datastore": "", "kept": [*before["kept"], membership.NEW_LEFT]} if before["datastore"] == "etcd" else before
    )


def act(state, timeout):
    if state == "alone":
        membership.reset(timeout)
    elif state == "left":
        membership.leave()
    else:
        membership.settle()


def main():
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["alone", "left", "settled"], "required": True},
            "timeout": {"type": "int", "default": 300},
        },
        supports_check_mode=True,
    )
    state = module.params["state"]
    changed, before = due(state), {"datastore": host.datastore(), "kept": membership.kept()}
    if state == "alone" and before["datastore"] != "etcd":
        module.fail_json(msg="there are no data of etcd on this host -> choose a server that has some")
    if changed and state != "settled" and membership.running() and not module.check_mode:
        module.fail_json(msg="k3s is running, expected it stopped -> stop k3s.service first")
    if changed and not module.check_mode:
        try:
            act(state, module.params["timeout"])
        except (membership.Failed, OSError) as error:
            module.fail_json(msg=str(error), kept=membership.kept())
    after = foreseen(state, before) if module.check_mode else {"datastore": host.datastore(), "kept": membership.kept()}
    module.exit_json(changed=changed, kept=after["kept"], diff={"before": before, "after": after})


if __name__ == "__main__":
    main()
