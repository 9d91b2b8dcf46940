# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: metal_database_backups
short_description: Have an older backup of a database of metal-stack be its newest
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - The backup-restore-sidecar restores the newest backup alone when a database is deployed. Where that is damaged, or
    was made of a database that somebody had emptied, an older one is made the newest by copying it over, within the
    object storage. Nothing is removed.
  - What was counted with the older backup is kept with the copy, too, so that
    M(metalstack.autonomous.metal_database_sentinels) compares with it what comes back.
  - Stop the sidecar before, or restore at once. The next backup that it makes is the newest again.
extends_documentation_fragment: [metalstack.autonomous.metal_database]
options:
  prefix:
    description: What the backups of the database lie below, as M(metalstack.autonomous.metal_database_gate) tells it.
    type: str
    required: true
  version:
    description: The version of the backup that is to be the newest, as
      M(metalstack.autonomous.metal_database_backups_info) lists it. An object of more than 5 GB is refused by the
      storage.
    type: str
    required: true
attributes:
  check_mode:
    description: Tells what it would copy.
    support: full
  diff_mode:
    description: Shows the newest backup before and after.
    support: full
  idempotent:
    description: A version is copied once, while its copy is the newest.
    support: full
seealso:
  - module: metalstack.autonomous.metal_database_backups_info
  - module: metalstack.autonomous.metal_database_gate
"""

EXAMPLES = r"""
- name: Look which backups there are of the database of machines
  metalstack.autonomous.metal_database_backups_info:
    stage: prod
    storage: "{{ sidecar_storage }}"
    databases:
      - name: metal-db
        engine: rethinkdb
  register: found

- name: Have the last but one be the newest
  metalstack.autonomous.metal_database_backups:
    storage: "{{ sidecar_storage }}"
    prefix: "{{ found.databases[0].prefix }}"
    version: "{{ found.databases[0].backups[1].version }}"
  register: chosen

- name: Let pass the restore of what somebody has chosen
  metalstack.autonomous.metal_database_gate:
    stage: prod
    storage: "{{ sidecar_storage }}"
    databases:
      - name: metal-db
        engine: rethinkdb
        intent: restore
        version: "{{ chosen.after.version }}"
        volume:
          exists: false
        provider: s3
        object_max_keep: 480
        object_days_max_keep: 14
"""

RETURN = r"""
before:
  description: The newest backup that was found, with its C(key), C(version), C(bytes), C(made) and whether it is
    C(encrypted).
  type: dict
  returned: success
after:
  description: The same of the newest backup that is there now. In check mode C(version) and C(made) of a copy are
    empty.
  type: dict
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import offered
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import chosen
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases.client import Client

NEEDED = {"type": "str", "required": True}


def main():
    module = AnsibleModule(
        argument_spec={
            "storage": {"type": "dict", "required": True, "options": offered.OPTIONS},
            "prefix": NEEDED,
            "version": NEEDED,
        },
        supports_check_mode=True,
    )
    try:
        found = chosen.act(module.params, Client(module.params["storage"]), not module.check_mode)
    except BackupError as error:
        module.fail_json(msg=str(error))
    diff = {"before": found.before or {}, "after": found.after or {}}
    module.exit_json(changed=found.before != found.after, diff=diff, **found._asdict())


if __name__ == "__main__":
    main()
