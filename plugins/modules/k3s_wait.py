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
  - It fails when the time is over, or earlier once k3s has crashed several times, and says for every condition
    that does not hold what was seen, what was expected and what to do.
extends_documentation_fragment:
  - metalstack.autonomous.k3s_attributes
  - metalstack.autonomous.k3s_attributes.info
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


def verdict(params):
    if params["role"] == "agent":
        return gate.judge_agent({"api": observe.kubernetes()}, params["node"])
    observed = observe.everything(params["servers"].values())
    return gate.judge(observed, params["node"], params["servers"])


def wait(params):
    """Seconds that were waited, and what does not hold after them."""
    begin, restarts = time.monotonic(), host.unit()["restarts"]
    while True:
        failures = verdict(params)
        waited = time.monotonic() - begin
        crashing = host.unit()["restarts"] - restarts >= CRASHES
        if not failures or waited >= params["timeout"] or crashing:
            return waited, failures
        time.sleep(POLL_SECONDS)


def main():
    module = AnsibleModule(
        argument_spec={
            "node": {"type": "str", "required": True},
            "servers": {"type": "dict", "default": {}},
            "role": {"type": "str", "choices": ["server", "agent"], "default": "server"},
            "timeout": {"type": "int", "default": 300},
        },
        supports_check_mode=True,
    )
    waited, failures = wait(module.params)
    result = {"waited": round(waited, 1), "failures": [failure._asdict() for failure in failures]}
    if failures:
        said = host.last_words()
        module.fail_json(
            msg=f"{module.params['node']}: {gate.explain(failures)}" + (f"; k3s said: {said}" if said else ""), **result
        )
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
