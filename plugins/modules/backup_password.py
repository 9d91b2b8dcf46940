# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: backup_password
short_description: Exchange the password that the backups of a site are encrypted with
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - The states follow one another, each on all hosts before the next one, but for V(added), for which one host is
    enough. Interrupted anywhere, the same calls go on; backups are made and can be restored all the time.
  - No password is ever part of a command line, and none is returned.
extends_documentation_fragment:
  - metalstack.autonomous.exchanged_keys
options:
  state:
    description:
      - V(known) only tells what this host has.
      - V(offered) has the host read what was made with O(password), and seal its manifests with both.
      - V(added) gives every repository in both object storages a key of the next password, and every manifest a seal.
      - V(present) has the host work with O(password). It still reads what was made with the former one.
      - V(alone) takes keys and seals of the former passwords away in both object storages, and proves that restic
        refuses them.
      - V(proven) reads the newest set of each component of this host from both, with the host's own password alone.
      - V(settled) has the host forget the former passwords.
    type: str
    choices: [known, offered, added, present, alone, proven, settled]
    required: true
  password:
    description: The password. Needed with V(known), V(offered) and V(present) as O(state).
    type: str
  pruner:
    description:
      - Account that may remove versions in the object storage, C(access_key) and C(secret_key). With it O(state=alone)
        removes the former keys for good; without it they are hidden until M(metalstack.autonomous.backup_prune)
        removes them.
      - It is used for this call and written nowhere.
    type: dict
    default: {}
  second_pruner:
    description: The same of the second object storage.
    type: dict
    default: {}
requirements:
  - The role P(metalstack.autonomous.backup#role) has prepared the host.
  - boto3 and restic on the host
"""

EXAMPLES = r"""
- name: Have every host read what is made with the next password
  metalstack.autonomous.backup_password:
    state: offered
    password: "{{ next_password }}"
"""

RETURN = r"""
matches:
  description: Whether the host works with this password.
  type: bool
  returned: O(state=known)
offered:
  description: Whether it knows a next one.
  type: bool
  returned: O(state=known)
former:
  description: How many former ones it knows.
  type: int
  returned: O(state=known)
added:
  description: The repositories that had no key of the next password, by their URLs.
  type: list
  elements: str
  returned: O(state=added), not in check mode
removed:
  description: How many keys were removed.
  type: int
  returned: O(state=alone), not in check mode
refused:
  description: How many former passwords every repository refuses.
  type: int
  returned: O(state=alone), not in check mode
hidden:
  description: Why removed keys can still be had by whoever may read versions, by the URL of the repository.
  type: dict
  returned: O(state=alone), not in check mode
others:
  description: How many keys of neither this nor a former password a repository has, by its URL. Somebody else has
    made them.
  type: dict
  returned: O(state=alone), not in check mode
proven:
  description: What was read, with C(where), C(component) and C(set).
  type: list
  elements: dict
  returned: O(state=proven), not in check mode
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import former_keys, rekey, settings
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.site import Site

WRITING = ("offered", "present")


def known(found, params):
    matches = found.password == params["password"]
    return {"matches": matches, "offered": bool(found.next_password), "former": len(found.former_passwords)}


def offered(found, params):
    return {"changed": rekey.offer(found, params["password"])}


def added(found, _params):
    repositories = rekey.Rekey(Site(found)).add()
    return {"changed": bool(repositories), "added": repositories}


def present(found, params):
    return {"changed": rekey.switch(found, params["password"])}


def alone(found, params):
    given = {"first": params["pruner"], "second": params["second_pruner"]}
    pruners = {
        one.where: one.by(*(given[name][field] for field in former_keys.FIELDS))
        for name, one in former_keys.storages(found).items()
        if all(given[name].get(field) for field in former_keys.FIELDS)
    }
    outcome = rekey.Rekey(Site(found)).remove(pruners)
    return {"changed": outcome["removed"] > 0, **outcome}


def proven(found, _params):
    return {"proven": rekey.Rekey(Site(found)).prove()}


def settled(found, _params):
    return {"changed": rekey.forget(found)}


STATES = {
    "known": known, "offered": offered, "added": added, "present": present, "alone": alone, "proven": proven,
    "settled": settled,
}  # fmt: skip


def predicted(found, params):
    """What it would do, without asking the object storages."""
    password, state = params["password"], params["state"]
    return {
        "known": False,
        "offered": password not in (found.password, found.next_password),
        "added": bool(found.next_password),
        "present": password != found.password or bool(found.next_password),
        "alone": bool(found.former_passwords),
        "proven": False,
        "settled": bool(found.former_passwords),
    }[state]


def main():
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": list(STATES), "required": True},
            "password": {"type": "str", "no_log": True},
            "pruner": {"type": "dict", "default": {}, "no_log": True},
            "second_pruner": {"type": "dict", "default": {}, "no_log": True},
        },
        required_if=[("state", state, ["password"]) for state in ("known", *WRITING)],
        supports_check_mode=True,
    )
    state, params = module.params["state"], module.params
    if state in WRITING and len(params["password"].split()) != 1:
        module.fail_json(msg="password is empty or has blanks, expected one word")
    try:
        found = settings.load()
        if module.check_mode and state != "known":
            module.exit_json(changed=predicted(found, params))
        module.exit_json(**{"changed": False, **STATES[state](found, params)})
    except BackupError as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=f"cannot write {error.filename or 'a file'}: {error.strerror or error}")


if __name__ == "__main__":
    main()
