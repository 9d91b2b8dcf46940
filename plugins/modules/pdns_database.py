#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pdns_database
short_description: Make the SQLite database of a PowerDNS server and have all zones transferred with a key
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Makes the database with the tables that the package brings, if it is not there. One that is there keeps its data.
  - >-
    With O(transfer_key) every zone is given to holders of that TSIG key only, and asked for with it: those that are
    there, and by a trigger in the database also those that clients of the API or a catalog zone make later. PowerDNS
    itself has no setting for that.
options:
  path:
    description: The database.
    type: path
    default: /var/lib/powerdns/pdns.sqlite3
  state:
    description:
      - V(left) puts a database aside that is of the past, into a directory C(left-TIME) beside it, so that the server
        has no zones any more. PowerDNS has to be stopped.
    type: str
    choices: [present, left]
    default: present
  schema:
    description: File with the tables.
    type: path
    default: /usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql
  owner:
    description: User and group that a new database belongs to; who runs the module if empty.
    type: str
    default: pdns
  transfer_key:
    description:
      - Name of the key. Keys are left alone if not given.
      - Without O(transfer_secret) it is made by M(metalstack.autonomous.pdns_tsigkey).
    type: str
  transfer_secret:
    description: Its secret in base64, of which this module makes the key (HMAC-SHA256).
    type: str
  former_keys:
    description: Secrets of other keys by name, which are accepted beside O(transfer_key).
    type: dict
    default: {}
  update_keys:
    description:
      - Names of the keys for DNS UPDATE, which M(metalstack.autonomous.pdns_tsigkey) makes. One that was among them
        before and is not any more is removed with O(step=only).
      - Left alone if not given.
    type: list
    elements: str
  step:
    description:
      - How far O(transfer_key) takes the place of the key that an earlier call has given. Servers that all take one
        step before the next one go on to transfer zones meanwhile.
      - With V(accepted) zones are given to holders of either, and asked for with the one of before.
      - With V(used) they are asked for with the new one.
      - With V(only) those of before are removed, from zones and from the server.
    type: str
    choices: [accepted, used, only]
    default: used
  catalog:
    description: Name of a catalog zone, to tell by it what the server is.
    type: str
  compared_with:
    description: Address of a server whose catalog O(catalog) is compared with this one, which needs dnspython.
    type: str
attributes:
  check_mode:
    description: Runs in check mode and tells what it would change.
    support: full
  diff_mode:
    description: Tells what is changed when run with C(--diff).
    support: full
  idempotent:
    description: Run twice with the same input, it changes nothing the second time.
    support: full
"""

EXAMPLES = r"""
- name: Make the database
  metalstack.autonomous.pdns_database:
    transfer_key: transfer.example.org

- name: Have another key take the place of the one of before
  metalstack.autonomous.pdns_database:
    transfer_key: transfer-2.example.org
    transfer_secret: "{{ vaulted_secret }}"
    step: "{{ item }}"
  loop: [accepted, used, only]

- name: Have a server without zones, whose own were restored elsewhere in the meantime
  metalstack.autonomous.pdns_database:
    state: left
"""

RETURN = r"""
created:
  description: Whether the database was, or would be, made.
  type: bool
  returned: O(state=present)
kept:
  description: Where the database was put; empty when there was none, and in check mode.
  type: str
  returned: O(state=left)
role:
  description: V(producer) or V(consumer) of O(catalog), empty if the database has no such zone.
  type: str
  returned: when O(catalog) is given
superseded:
  description: Whether the other server has a newer catalog.
  type: bool
  returned: when O(compared_with) is given
"""

import pwd
import sqlite3
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import (
    database,
    keys,
    names,
    serving,
    soa,
    transfer_keys,
)


def account(name):
    if not name:
        return None
    found = pwd.getpwnam(name)
    return found.pw_uid, found.pw_gid


def wanted(parameters):
    """The keys that the task names, none if it leaves them alone."""
    if not parameters["transfer_key"]:
        return None
    former = {names.zone_name(name): str(secret) for name, secret in parameters["former_keys"].items()}
    for secret in [parameters["transfer_secret"], *former.values()]:
        keys.require_secret(secret)
    updates = parameters["update_keys"]
    return transfer_keys.Keys(
        names.zone_name(parameters["transfer_key"]),
        parameters["transfer_secret"] or "",
        former,
        None if updates is None else [names.zone_name(name) for name in updates],
        parameters["step"],
    )


def superseded(path, catalog, server):
    own, there = database.catalog_serial(path, catalog), serving.serial_of(server, catalog)
    return own is not None and there is not None and soa.is_newer(there, own)


def left(module):
    path = Path(module.params["path"])
    found = database.present(path)
    kept = database.leave(path) if found and not module.check_mode else ""
    before = "".join(f"{file}\n" for file in found)
    return {"changed": bool(found), "kept": str(kept), "diff": {"before": before, "after": ""}}


def converge(module):
    path, schema = Path(module.params["path"]), Path(module.params["schema"])
    key = wanted(module.params)
    created = not path.exists()
    done = ["created"] if created else []
    database.require_no_log(path)
    if created and not module.check_mode:
        database.create(path, schema.read_text(encoding="utf-8"), account(module.params["owner"]))
    if key and created and module.check_mode:
        done.append(f"new zones get the key {key.name}")
    elif key:
        done += database.require_keys(path, key, module.check_mode)
    after = database.describe(path, done)
    result = {"changed": bool(done), "created": created, "diff": {"before": "", "after": after}}
    if module.params["catalog"]:
        catalog = names.zone_name(module.params["catalog"])
        result["role"] = database.role(path, catalog)
        if module.params["compared_with"]:
            result["superseded"] = superseded(path, catalog, module.params["compared_with"])
    return result


def main():
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "default": "/var/lib/powerdns/pdns.sqlite3"},
            "state": {"type": "str", "choices": ["present", "left"], "default": "present"},
            "schema": {"type": "path", "default": "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql"},
            "owner": {"type": "str", "default": "pdns"},
            "transfer_key": {"type": "str", "no_log": False},
            "transfer_secret": {"type": "str", "no_log": True},
            "former_keys": {"type": "dict", "default": {}, "no_log": True},
            "update_keys": {"type": "list", "elements": "str", "no_log": False},
            "step": {"type": "str", "choices": list(transfer_keys.STEPS), "default": transfer_keys.USED},
            "catalog": {"type": "str"},
            "compared_with": {"type": "str"},
        },
        required_by={"compared_with": ["catalog"], "transfer_secret": ["transfer_key"]},
        supports_check_mode=True,
    )
    try:
        module.exit_json(**(converge(module) if module.params["state"] == "present" else left(module)))
    except (database.BadDatabase, ValueError, KeyError, OSError, sqlite3.Error) as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
