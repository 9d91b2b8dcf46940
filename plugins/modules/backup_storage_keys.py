# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: backup_storage_keys
short_description: Keep the former keys of an object storage until it refuses them
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Before the role P(metalstack.autonomous.backup#role) gives a host other keys of its object storages, the former ones
    are kept, for root alone, to prove that they are of no use any more.
  - No key is ever part of a command line, and none is returned.
extends_documentation_fragment:
  - metalstack.autonomous.exchanged_keys
options:
  state:
    description:
      - V(known) only tells what this host has.
      - V(kept) keeps the keys of each storage whose other ones are given.
      - V(refused) tries each of the former keys, and forgets them once all are refused.
    type: str
    choices: [known, kept, refused]
    required: true
  storage:
    description: The other keys. Needed with V(known) and V(kept) as O(state).
    type: dict
    suboptions: &account
      endpoint:
        description: The endpoint that they are for, which has to be that of this host.
        type: str
        required: true
      bucket:
        description: The bucket, likewise.
        type: str
        required: true
      access_key:
        description: Access key.
        type: str
        required: true
      secret_key:
        description: Its secret.
        type: str
        required: true
  second:
    description: Those of the second object storage, if there is one.
    type: dict
    suboptions: *account
  required:
    description: Whether it is a failure that one is still accepted.
    type: bool
    default: false
requirements:
  - The role P(metalstack.autonomous.backup#role) has prepared the host.
  - boto3 on the host
"""

EXAMPLES = r"""
- name: Prove that the former keys are refused
  metalstack.autonomous.backup_storage_keys:
    state: refused
    required: true
"""

RETURN = r"""
different:
  description: Whose keys are others than those that the host has, V(first) and V(second).
  type: list
  elements: str
  returned: O(state=known)
kept:
  description: How many former keys are kept.
  type: int
  returned: success
accepted:
  description: What former keys may still do, by the URL of the storage.
  type: dict
  returned: O(state=refused), not in check mode
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import former_keys, settings
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError

SECRET = {"type": "str", "required": True, "no_log": True}
PLACE = {"type": "str", "required": True}
ACCOUNT = {"endpoint": PLACE, "bucket": PLACE, "access_key": SECRET, "secret_key": SECRET}


def wanted(params):
    given = {"first": params["storage"], "second": params["second"]}
    return {name: one for name, one in given.items() if one}


def count(found):
    return sum(map(len, former_keys.kept(found).values()))


def known(_module, found, params):
    return {"changed": False, "different": former_keys.different(found, wanted(params))}


def kept(module, found, params):
    if module.check_mode:
        return {"changed": bool(former_keys.different(found, wanted(params)))}
    return {"changed": former_keys.keep(found, wanted(params))}


def refused(module, found, params):
    if module.check_mode:
        return {"changed": False}
    accepted = former_keys.accepted(found)
    if accepted and params["required"]:
        said = "; ".join(f"{where} lets a former key {', '.join(may)}" for where, may in accepted.items())
        raise BackupError(f"{said} -> have whoever owns the storage revoke it, and run this again")
    return {"changed": not accepted and former_keys.forget(found), "accepted": accepted}


STATES = {"known": known, "kept": kept, "refused": refused}


def main():
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": list(STATES), "required": True},
            "storage": {"type": "dict", "options": ACCOUNT},
            "second": {"type": "dict", "options": ACCOUNT},
            "required": {"type": "bool", "default": False},
        },
        required_if=[("state", state, ["storage"]) for state in ("known", "kept")],
        supports_check_mode=True,
    )
    try:
        found = settings.load()
        result = STATES[module.params["state"]](module, found, module.params)
        module.exit_json(kept=count(found), **result)
    except BackupError as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=f"cannot write {error.filename or 'a file'}: {error.strerror or error}")


if __name__ == "__main__":
    main()
