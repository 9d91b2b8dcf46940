# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: k3s_wait
short_description: Wait until a k3s node and its cluster are as they should be
version_added: 0.1.0
description:
  - The gate before and after anything that happens to a server. It passes when the API is ready here and on all given
    servers, the node is Ready, every member of etcd has started and votes, all given servers are members, and no alarm
    is raised.
  - With O(through) it passes as soon as the next server may enter a cluster that is being founded. Every member of etcd
    has started and votes, all given servers are members, no alarm is raised, and the API to enter through is ready.
  - It fails when the time is over, or earlier once k3s has crashed several times, and says for every condition
    that does not hold what was seen, what was expected and what to do. While it waits it says now and then for what.
extends_documentation_fragment:
  - metalstack.autonomous.k3s_attributes
attributes:
  diff_mode:
    support: none
    description: There is nothing to show but that k3s was started.
options:
  node:
    description: Name of the node.
    type: str
    required: true
  servers:
    description: Address of every server that belongs to the cluster by now, by name.
    type: dict
    default: {}
  role:
    description:
      - A V(server) is asked itself. An V(agent) knows nothing, so this is to be run on a server, and looks at the node
        alone.
    type: str
    choices: [server, agent]
    default: server
  leaving:
    description: Address of a server that lost its data, whose member of etcd is about to be removed and counts no more.
    type: str
    default: ""
  through:
    description: Address of the server that others enter through while the cluster is being founded.
    type: str
    default: ""
  start:
    description:
      - Whether k3s is started first when it does not run. In check mode nothing is started, and nothing is
        waited for.
    type: bool
    default: false
  heartbeat:
    description:
      - Whether the kubelet of an V(agent) has to be heard while this waits, which it is every ten seconds. Without
        that, one that has ended is taken for ready for most of a minute.
    type: bool
    default: false
  version:
    description: Version that the node has to run, as the node itself tells it. By default any.
    type: str
    default: ""
  soak:
    description: Seconds for which everything has to hold without a break before it counts. They come after O(timeout).
    type: int
    default: 0
  restarts:
    description: Restarts of k3s that lie before this wait. Set by the action plugin.
    type: int
  heard:
    description: Heartbeat that lies before this wait. Set by the action plugin.
    type: str
  timeout:
    description: Seconds to wait at most. With V(0) it looks once.
    type: int
    default: 300
author:
  - metal-stack authors (@metal-stack)
seealso:
  - module: metalstack.autonomous.k3s_info
"""

EXAMPLES = r"""
- name: Wait for the second server
  metalstack.autonomous.k3s_wait:
    node: server2
    servers:
      server1: 198.51.100.11
      server2: 198.51.100.12
"""

RETURN = r"""
over:
  description: Whether waiting longer makes no sense, because k3s crashes again and again.
  returned: always
  type: bool
restarts:
  description: Restarts of k3s before the wait began.
  returned: always
  type: int
heard:
  description: Heartbeat that was seen first.
  returned: always
  type: str
waited:
  description: Seconds until everything held.
  returned: always
  type: float
  sample: 12.5
failures:
  description: What does not hold, each with C(condition), C(seen), C(expected) and C(remedy).
  returned: always
  type: list
  elements: dict
"""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import gate, host, observe

POLL_SECONDS = 0.5
# A server that enters may give up and be restarted now and then; one that does nothing else has a fault.
CRASHES = 6


def beats(params):
    """The heartbeat that was seen first, which the next call is to begin with, and the last one."""
    last = observe.heartbeat(params["node"])
    if params["heard"] is None:
        params["heard"] = last
    return params["heard"], last


def verdict(params):
    if params["role"] == "agent":
        heard = beats(params) if params["heartbeat"] else None
        return gate.judge_agent({"api": observe.kubernetes()}, params["node"], params["version"], heard)
    if params["through"]:
        return gate.judge_entry(observe.everything([params["through"]]), params["servers"])
    observed = observe.everything(params["servers"].values())
    return gate.judge(observed, params["node"], params["servers"], params["leaving"], params["version"])


def wait(params, before):
    """Seconds that were waited, what does not hold after them, and whether it never will."""
    begin = time.monotonic()
    good_since = None
    while True:
        failures = verdict(params)
        now = time.monotonic()
        if failures:
            good_since = None
        elif good_since is None:
            good_since = now
        waited = now - begin
        crashing = host.unit()["restarts"] - before >= CRASHES
        held = good_since is not None and now - good_since >= params["soak"]
        if held or crashing or (failures and waited >= params["timeout"]):
            return waited, failures, crashing
        time.sleep(POLL_SECONDS)


def start(module):
    """Have systemd start k3s; whether that was needed. A server alone among many is only ready with the others."""
    if not module.params["start"] or host.unit()["state"] in ("active", "activating", "reloading"):
        return False
    if not module.check_mode:
        code, output, errors = module.run_command(["systemctl", "start", "--no-block", "k3s.service"])
        if code:
            module.fail_json(msg=f"systemctl start k3s.service failed: {(errors or output).strip()}")
    return True


def main():
    module = AnsibleModule(
        argument_spec={
            "node": {"type": "str", "required": True},
            "servers": {"type": "dict", "default": {}},
            "role": {"type": "str", "choices": ["server", "agent"], "default": "server"},
            "leaving": {"type": "str", "default": ""},
            "through": {"type": "str", "default": ""},
            "start": {"type": "bool", "default": False},
            "heartbeat": {"type": "bool", "default": False},
            "version": {"type": "str", "default": ""},
            "soak": {"type": "int", "default": 0},
            "restarts": {"type": "int"},
            "heard": {"type": "str"},
            "timeout": {"type": "int", "default": 300},
        },
        supports_check_mode=True,
    )
    before = module.params["restarts"]
    before = host.unit()["restarts"] if before is None else before
    started = start(module)
    if module.check_mode and module.params["start"]:
        module.exit_json(changed=started, waited=0.0, failures=[], over=False, restarts=before, heard=None)
    waited, failures, over = wait(module.params, before)
    result = {
        "changed": started,
        "waited": round(waited, 1),
        "failures": [failure._asdict() for failure in failures],
        "over": over,
        "restarts": before,
        "heard": module.params["heard"],
    }
    if failures:
        said = host.last_words()
        module.fail_json(
            msg=f"{module.params['node']}: {gate.explain(failures)}" + (f"; k3s said: {said}" if said else ""), **result
        )
    module.exit_json(**result)


if __name__ == "__main__":
    main()
