# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: k3s_drain
short_description: Empty a node of a k3s cluster, or open it again
version_added: 0.1.0
description:
  - Runs on a live server of the cluster.
  - Emptying a node takes no more pods there and evicts those that are there, by the rules of their disruption budgets.
    Pods of DaemonSets stay, data in C(emptyDir) volumes are lost, which is what they are for. A pod that no controller
    would make anew is never evicted; it is an error before anything is changed.
  - A node that was emptied is marked with the annotation C(metalstack.autonomous/drained). Only one that is so marked
    is opened again, so that a node that a person has closed stays closed.
  - While it waits it says now and then for which pods.
extends_documentation_fragment:
  - metalstack.autonomous.k3s_attributes
options:
  node:
    description: Name of the node.
    type: str
    required: true
  state:
    description: V(drained) empties the node, V(schedulable) opens it again.
    type: str
    choices: [drained, schedulable]
    default: drained
  timeout:
    description: Seconds that the pods have to go. Those that have gone by then stay away.
    type: int
    default: 300
author:
  - metal-stack authors (@metal-stack)
seealso:
  - module: metalstack.autonomous.k3s_node
"""

EXAMPLES = r"""
- name: See what would keep a node from being emptied
  metalstack.autonomous.k3s_drain:
    node: server1
  check_mode: true
  register: drain

- name: Empty it
  metalstack.autonomous.k3s_drain:
    node: server1
    timeout: 120

- name: Open it again
  metalstack.autonomous.k3s_drain:
    node: server1
    state: schedulable
"""

RETURN = r"""
pods:
  description: The pods that were, or would have been, evicted, as C(NAMESPACE/NAME).
  returned: O(state=drained)
  type: list
  elements: str
blockers:
  description: What kept pods from going when it began, one text each. In check mode this is no failure.
  returned: O(state=drained)
  type: list
  elements: str
failures:
  description: What does not hold, each with C(condition), C(seen), C(expected) and C(remedy).
  returned: O(state=drained)
  type: list
  elements: dict
over:
  description: Whether waiting longer makes no sense.
  returned: O(state=drained)
  type: bool
waited:
  description: Seconds until the node was empty.
  returned: O(state=drained)
  type: float
"""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import (
    client,
    disruption,
    drain,
    gate,
    registry,
)


def drained(module, raw):
    name = module.params["node"]
    present = drain.pods(name)
    blockers = disruption.blockers(present, drain.budgets())
    closing = drain.close(raw)
    result = {
        "changed": bool(closing or present),
        "pods": [disruption.name(pod) for pod in present],
        "blockers": blockers,
        "failures": [],
        "over": False,
        "waited": 0.0,
        "diff": {
            "before": {"schedulable": not raw.get("spec", {}).get("unschedulable"), "pods": len(present)},
            "after": {"schedulable": False, "pods": 0},
        },
    }
    if module.check_mode or not result["changed"]:
        return result
    alone = disruption.blockers(present, [])
    if alone:
        result["over"] = True
        module.fail_json(msg=f"{name} was left as it is: {'; '.join(alone)}", **result)
    if closing:
        registry.change(name, closing)
    begin = time.monotonic()
    said = drain.evict(name, module.params["timeout"])
    result["waited"] = round(time.monotonic() - begin, 1)
    if said:
        left = remaining(name, said)
        result["failures"] = [failure._asdict() for failure in left]
        module.fail_json(msg=f"{name} is not empty: {gate.explain(left)}", **result)
    return result


def remaining(node, said):
    """The pods that are still there, each with what keeps it."""
    budgets = drain.budgets()
    left = drain.pods(node)
    if not left:
        return [gate.Failure("kubectl drain succeeds", said, "success", "run it by hand to see more")]
    return [
        gate.Failure(
            f"pod {disruption.name(pod)} has gone",
            "; ".join(disruption.blockers([pod], budgets)) or "still ending",
            "gone",
            "see 'kubectl describe' of it",
        )
        for pod in left
    ]


def schedulable(module, raw):
    opening = drain.reopen(raw)
    if opening and not module.check_mode:
        registry.change(module.params["node"], opening)
    closed = bool(raw.get("spec", {}).get("unschedulable"))
    after = not closed or bool(opening)
    return {"changed": bool(opening), "diff": {"before": {"schedulable": not closed}, "after": {"schedulable": after}}}


def main():
    module = AnsibleModule(
        argument_spec={
            "node": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["drained", "schedulable"], "default": "drained"},
            "timeout": {"type": "int", "default": 300},
        },
        supports_check_mode=True,
    )
    try:
        raw = registry.node(module.params["node"])
        if raw is None:
            module.fail_json(msg=f"there is no node {module.params['node']} -> give the name of one that there is")
        result = drained(module, raw) if module.params["state"] == "drained" else schedulable(module, raw)
    except client.Unreachable as error:
        module.fail_json(msg=f"{module.params['node']}: the cluster does not answer: {error}")
    module.exit_json(**result)


if __name__ == "__main__":
    main()
