#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: k3s_workloads
short_description: Hold workloads that must not act on a restored cluster yet, or no more, and let them go
version_added: 0.1.0
description:
  - Runs on a server of k3s and asks its own API server, with the certificate of the administrator that k3s has there,
    once it is ready.
  - Held are all CronJobs, the Jobs that they have made and that are not done, and every Deployment, StatefulSet and Job
    with the label C(metalstack.autonomous/recovery=held). A Deployment or StatefulSet is held without replicas, a
    CronJob or Job suspended, and their pods are deleted.
  - With the label C(metalstack.autonomous/recovery=held-until-data) they are held likewise, and let go by whoever
    brings back their data and gives them replicas again. What only lies on the disks that were lost would else begin
    empty.
  - Each remembers what it was in its annotation C(metalstack.autonomous/held); the namespace kube-system tells in one
    of the same name which are held. One that stood still already is left alone.
  - Interrupted at any moment, the same call goes on.
extends_documentation_fragment:
  - metalstack.autonomous.k3s_attributes
options:
  state:
    description:
      - V(held) is for a k3s that has started with its API alone, without kubelet, controllers and scheduler, so that
        nobody makes a pod anew or runs one meanwhile.
      - V(quiesced) is for a cluster that runs and is about to be stopped for good. Held is the same, but for what waits
        for its data after a restore, which has them yet and goes on; and all Deployments of O(namespaces), too. Pods
        are not deleted but waited for until they have ended.
      - V(released) gives back what each workload remembers, but for what waits for its data. What somebody has set
        meanwhile stays.
    type: str
    choices: [held, quiesced, released]
    required: true
  namespaces:
    description: With O(state=quiesced), the namespaces whose Deployments write to databases.
    type: list
    elements: str
    default: []
  timeout:
    description:
      - Seconds to wait for the API, and then for what it refuses, such as by a webhook whose own pods were held, or for
        pods to end.
    type: int
    default: 300
author:
  - metal-stack authors (@metal-stack)
seealso:
  - module: metalstack.autonomous.k3s_info
  - module: metalstack.autonomous.backup_set
"""

EXAMPLES = r"""
- name: Hold what would act on what was restored
  metalstack.autonomous.k3s_workloads:
    state: held

- name: Have a cluster that is about to move write to its databases no more
  metalstack.autonomous.k3s_workloads:
    state: quiesced
    namespaces: [metal-control-plane]

- name: Let it go
  metalstack.autonomous.k3s_workloads:
    state: released
"""

RETURN = r"""
workloads:
  description: What was, or would have been, held or let go, as C(KIND/NAMESPACE/NAME).
  returned: success
  type: list
  elements: str
  sample: [CronJob/default/report]
held:
  description: All that is held then, also by an earlier call.
  returned: success
  type: list
  elements: str
pods:
  description: The pods (NAMESPACE/NAME) that were, or would have been, deleted or waited for.
  returned: success
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import client, holding, host, workloads

# What the requests take beside what is waited for.
MARGIN = 60


def act(module, server):
    if module.params["state"] == "released":
        return holding.release(server, module.params["timeout"], module.check_mode)
    if unheld := holding.unheld(server):
        module.warn(f"{', '.join(unheld)}: labelled to be held, and of a kind that cannot be")
    if module.params["state"] == "quiesced":
        return holding.quiesce(server, module.params["namespaces"], module.params["timeout"], module.check_mode)
    return holding.hold(server, module.check_mode)


def main():
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["held", "quiesced", "released"], "required": True},
            "namespaces": {"type": "list", "elements": "str", "default": []},
            "timeout": {"type": "int", "default": 300},
        },
        supports_check_mode=True,
    )
    try:
        done = act(module, holding.reached(module.params["timeout"], MARGIN))
    except client.Unreachable as error:
        said = host.last_words()
        module.fail_json(msg=f"the cluster does not do it: {error}" + (f"; k3s said: {said}" if said else ""))
    except (holding.Refused, workloads.Unreadable) as error:
        module.fail_json(msg=str(error))
    module.exit_json(
        changed=done.changed,
        workloads=sorted(done.before),
        held=done.held,
        pods=done.pods,
        diff={
            "before": {"workloads": done.before, "held": done.told, "pods": done.pods},
            "after": {"workloads": done.after, "held": done.held, "pods": []},
        },
    )


if __name__ == "__main__":
    main()
