# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: k3s_token
short_description: Exchange the tokens that nodes enter a k3s cluster with
version_added: 0.1.0
description:
  - With O(state=exchanged) one live server has k3s make another token, which is then given to the others with
    O(state=present). From then on no server starts with the former one; each that runs goes on with it until it is
    restarted.
  - Agents have a token of their own (O(of=agents)), which is chosen elsewhere and given to hosts with
    O(state=present), and to the datastore by one live server with O(state=exchanged). Each server lets agents in with
    the former one until it is restarted.
  - No token is ever part of a command line, and none is returned.
  - Interrupted, the same calls go on.
extends_documentation_fragment:
  - metalstack.autonomous.k3s_attributes
attributes:
  diff_mode:
    support: none
    description: There is nothing to show of a token.
options:
  of:
    description:
      - Whose token. That of servers is in C(/etc/rancher/k3s/token), the former one in
        C(/var/lib/rancher/k3s/former-token); that of agents in C(/etc/rancher/k3s/agent-token), and former ones on
        servers alone in C(/var/lib/rancher/k3s/former-agent-token).
    type: str
    choices: [servers, agents]
    default: servers
  state:
    description:
      - V(exchanged) has k3s make another token, unless it has, and puts it into its file; with O(of=agents) it has the
        datastore know the token that is there.
      - V(present) puts O(token) there. In both cases the former one is kept.
      - V(verified) fails unless the server on this host takes the token that is there and refuses the former one. On an
        agent it waits until k3s runs.
      - V(settled) removes the former one.
    type: str
    choices: [exchanged, present, verified, settled]
    required: true
  before:
    description: Fingerprint of the servers' former token. Needed with O(state=exchanged) and O(state=present).
    type: str
  token:
    description: The token to put there. Needed with O(state=present).
    type: str
author:
  - metal-stack authors (@metal-stack)
seealso:
  - module: metalstack.autonomous.k3s_info
"""

EXAMPLES = r"""
- name: Have k3s make another token
  metalstack.autonomous.k3s_token:
    state: exchanged
    before: 9f86d081884c7d65

- name: Prove that the former one is refused
  metalstack.autonomous.k3s_token:
    state: verified
"""

RETURN = r"""
fingerprint:
  description: The first digits of the SHA-256 of the token that is there now.
  returned: success
  type: str
  sample: 9f86d081884c7d65
refused:
  description: Whether the former token was tried and refused; it can't be tried any more once it was removed.
  returned: O(state=verified)
  type: bool
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import agent_token, retoken, tokens


def exchanged(module):
    before = module.params["before"]
    due = tokens.fingerprint(retoken.written()) == before or retoken.kept() != retoken.written()
    if due and not module.check_mode:
        retoken.exchange(before)
    return {"changed": due}


def present(module):
    token = tokens.password(module.params["token"])
    due = retoken.kept() != token
    if due and not module.check_mode:
        retoken.keep(token, module.params["before"])
    return {"changed": due}


def verified(_module):
    return {"changed": False, "refused": retoken.prove()}


def settled(module):
    due = bool(retoken.former())
    if due and not module.check_mode:
        retoken.forget()
    return {"changed": due}


def agents_exchanged(module):
    if not module.check_mode:
        agent_token.spread()
    return {"changed": True}


def agents_present(module):
    token = tokens.password(module.params["token"])
    due = agent_token.kept() != token
    if due and not module.check_mode:
        agent_token.keep(token)
    if not module.check_mode:
        agent_token.outweigh()
    return {"changed": due}


def agents_verified(_module):
    return {"changed": False, "refused": agent_token.prove()}


def agents_settled(module):
    due = bool(agent_token.former())
    if due and not module.check_mode:
        agent_token.forget()
    return {"changed": due}


STATES = {
    "servers": {"exchanged": exchanged, "present": present, "verified": verified, "settled": settled},
    "agents": {
        "exchanged": agents_exchanged,
        "present": agents_present,
        "verified": agents_verified,
        "settled": agents_settled,
    },
}
KEPT = {"servers": retoken.kept, "agents": agent_token.kept}


def main():
    module = AnsibleModule(
        argument_spec={
            "of": {"type": "str", "choices": list(STATES), "default": "servers"},
            "state": {"type": "str", "choices": list(STATES["servers"]), "required": True},
            "before": {"type": "str"},
            "token": {"type": "str", "no_log": True},
        },
        required_if=[("state", "present", ["token"])],
        supports_check_mode=True,
    )
    of, state = module.params["of"], module.params["state"]
    if of == "servers" and state in ("exchanged", "present") and not module.params["before"]:
        module.fail_json(msg=f"before is missing, expected with the state {state} of servers")
    try:
        result = STATES[of][state](module)
    except (retoken.Failed, agent_token.Failed) as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=f"cannot write {error.filename or 'a file'}: {error.strerror or error}")
    module.exit_json(fingerprint=tokens.fingerprint(KEPT[of]()), **result)


if __name__ == "__main__":
    main()
