#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pdns_former_keys
short_description: Tell whether a PowerDNS server has a key, and keep the one of before until it is of no use
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Looks whether a server goes by a key, of its API or for transfers, and by no other one.
  - Keeps the keys of before in a file that root alone can read, so that it can be proved by
    M(metalstack.autonomous.pdns_key_proof) that they are refused, also after a run that was interrupted.
  - No key is returned or shown.
options:
  kind:
    description: Which key.
    type: str
    choices: [api_key, transfer_key]
    required: true
  key:
    description: The key of the API, or the secret of that for transfers, which the server shall have.
    type: str
    required: true
  name:
    description: Name of the key for transfers, required for it.
    type: str
  accepted:
    description: Secrets of other keys by name that the server shall accept for transfers, too.
    type: dict
    default: {}
  state:
    description:
      - V(found) only looks.
      - V(kept) keeps O(former), and what the server has that is not O(key).
      - V(absent) removes what was kept.
    type: str
    choices: [found, kept, absent]
    default: found
  former:
    description: Keys to keep, by name.
    type: dict
    default: {}
  directory:
    description: Where the server's configuration is, and what is kept.
    type: path
    default: /etc/powerdns/metalstack
  database:
    description: The server's database.
    type: path
    default: /var/lib/powerdns/pdns.sqlite3
  api_url:
    description: Where the API of the server itself listens.
    type: str
    default: http://127.0.0.1:8081
attributes:
  check_mode:
    description: Runs in check mode and tells what it would change.
    support: full
  diff_mode:
    description: There is nothing to show of a key.
    support: none
  idempotent:
    description: Run twice with the same input, it changes nothing the second time.
    support: full
"""

EXAMPLES = r"""
- name: Look at the key of the API
  metalstack.autonomous.pdns_former_keys:
    kind: api_key
    key: "{{ vaulted_api_key }}"
"""

RETURN = r"""
current:
  description: Whether the server goes by O(key) alone.
  type: bool
  returned: success
kept:
  description: Names of the keys that are kept and are not O(key). A key of the API is named by its fingerprint.
  type: list
  elements: str
  returned: success
path:
  description: The file in which they are.
  type: str
  returned: success
"""

import sqlite3
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import database, former_keys, names
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.client import PdnsError


def looked_at(parameters):
    """What the host has of the kind."""
    if parameters["kind"] == former_keys.API:
        return former_keys.ApiKeys(Path(parameters["directory"]), parameters["api_url"], parameters["key"])
    accepted = {names.zone_name(name): str(secret) for name, secret in parameters["accepted"].items()}
    name = names.zone_name(parameters["name"])
    return former_keys.TransferKeys(Path(parameters["database"]), name, parameters["key"], accepted)


def converge(module):
    parameters = module.params
    path = Path(parameters["directory"]) / f"former-{parameters['kind'].replace('_', '-')}.json"
    keys, kept = looked_at(parameters), former_keys.read(path)
    wanted = kept
    if parameters["state"] == "kept":
        wanted = {**kept, **{str(name): str(key) for name, key in parameters["former"].items()}, **keys.others()}
    elif parameters["state"] == "absent":
        wanted = {}
    changed = wanted != kept
    if changed and not module.check_mode:
        if wanted:
            former_keys.keep(path, wanted)
        else:
            path.unlink()
    left = sorted(name for name, key in wanted.items() if keys.differs(name, key))
    return {"changed": changed, "current": keys.current(), "kept": left, "path": str(path)}


def main():
    module = AnsibleModule(
        argument_spec={
            "kind": {"type": "str", "choices": list(former_keys.KINDS), "required": True},
            "key": {"type": "str", "required": True, "no_log": True},
            "name": {"type": "str"},
            "accepted": {"type": "dict", "default": {}, "no_log": True},
            "state": {"type": "str", "choices": ["found", "kept", "absent"], "default": "found"},
            "former": {"type": "dict", "default": {}, "no_log": True},
            "directory": {"type": "path", "default": "/etc/powerdns/metalstack"},
            "database": {"type": "path", "default": "/var/lib/powerdns/pdns.sqlite3"},
            "api_url": {"type": "str", "default": "http://127.0.0.1:8081"},
        },
        required_if=[("kind", former_keys.TRANSFER, ["name"])],
        supports_check_mode=True,
    )
    try:
        module.exit_json(**converge(module))
    except (database.BadDatabase, PdnsError, ValueError, OSError, sqlite3.Error) as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
