# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: metal_database_sentinels
short_description: Save what a good database of metal-stack holds, and compare a restored one with it
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - A manifest of what was counted in a database is kept with its backup, in the same bucket below C(metal-sentinels/),
    where no sidecar looks.
  - It fails when a database holds less than the manifest says. The backup schedule of one that was restored must not be
    resumed before it was compared, and no manifest is saved of one that holds less than before.
extends_documentation_fragment: [metalstack.autonomous.metal_database]
options:
  state:
    description:
      - V(compared), what was counted is compared with what was counted with the backup that was restored, or with the
        last before it that has a manifest. Nothing is written.
      - V(saved), that, and a manifest is saved with the newest backup.
    type: str
    choices: [compared, saved]
    required: true
  prefix:
    description: What the backups of the database lie below, as M(metalstack.autonomous.metal_database_gate) tells it.
    type: str
    required: true
  version:
    description: The version of the backup that was restored, or that was made of what was counted; the newest without
      it.
    type: str
    default: ""
  tables:
    description: Rows by table, numbers or texts of digits. A table that is gone, or has less than four fifths of its
      rows, is a drop. Tables or lists have to hold something, since nothing else tells an empty database.
    type: dict
    default: {}
  lists:
    description: Lists of names by what they are names of, such as C(partitions), C(projects) and C(tenants). A name
      that is missing is a drop; with V(saved) as O(state), since when the database was used, of C(projects) and
      C(tenants) only if more than a fifth is.
    type: dict
    default: {}
  accept:
    description: Tables and lists of which is known why they hold less.
    type: list
    elements: str
    default: []
  cluster:
    description: Identity of the cluster, the UID of its namespace C(kube-system).
    type: str
    default: ""
  restored:
    description: When this cluster has confirmed that it has restored the database (C(volume.began.since) of
      M(metalstack.autonomous.metal_database_info)), ISO 8601 with its zone. Its backups are this cluster's from then
      on. Nothing is saved of a database of which another cluster has saved something later, or at all without it.
    type: str
    default: ""
attributes:
  check_mode:
    description: Tells what it would save.
    support: full
  diff_mode:
    description: Shows the manifest before and after.
    support: full
  idempotent:
    description: The same counts are saved once with each backup.
    support: full
seealso:
  - module: metalstack.autonomous.metal_database_gate
  - module: metalstack.autonomous.metal_database_info
  - module: metalstack.autonomous.metal_database_restore
  - module: metalstack.autonomous.metal_database_backups_info
"""

EXAMPLES = r"""
- name: Compare the restored database before its backups go on
  metalstack.autonomous.metal_database_sentinels:
    state: compared
    prefix: rethinkdb-prod
    storage: "{{ sidecar_storage }}"
    tables:
      machine: 42
      ip: 311
    lists:
      partitions: [fra-equ01]
"""

RETURN = r"""
before:
  description: What was counted with the last good backup, null if nobody has saved any. C(key), C(version), C(bytes),
    C(made) tell of the backup, C(saved) and C(cluster) who has counted and when, C(tables) and C(lists) what.
  type: dict
  returned: always
after:
  description: The same of what is known now.
  type: dict
  returned: always
drops:
  description: What the database holds less of.
  type: list
  elements: str
  returned: always
lost:
  description: Of these, by name, the tables and lists that have nothing any more.
  type: list
  elements: str
  returned: always
"""

import datetime

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import offered
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import compared
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases.client import Client

NEEDED = {"type": "str", "required": True}
TEXT = {"type": "str", "default": ""}


def main():
    module = AnsibleModule(
        argument_spec={
            "storage": {"type": "dict", "required": True, "options": offered.OPTIONS},
            "state": {**NEEDED, "choices": [compared.COMPARED, compared.SAVED]},
            "prefix": NEEDED,
            "version": TEXT,
            "tables": {"type": "dict", "default": {}},
            "lists": {"type": "dict", "default": {}},
            "accept": {"type": "list", "elements": "str", "default": []},
            "cluster": TEXT,
            "restored": TEXT,
        },
        supports_check_mode=True,
    )
    moment = datetime.datetime.now(datetime.UTC)
    try:
        found = compared.act(module.params, Client(module.params["storage"]), moment, not module.check_mode)
    except BackupError as error:
        module.fail_json(msg=str(error), before=None, after=None, drops=[], lost=[])
    if found.drops:
        told = f"{module.params['prefix']}: {'; '.join(found.drops)}. Nothing was saved."
        if module.params["state"] == compared.SAVED:
            # Whoever goes on without saving, since the database is in use, is told all the same.
            module.warn(f"{told} If that is well, accept it; if not, restore an older backup.")
        module.fail_json(msg=told, **found._asdict())
    diff = {"before": found.before or {}, "after": found.after or {}}
    module.exit_json(changed=found.after != found.before, diff=diff, **found._asdict())


if __name__ == "__main__":
    main()
