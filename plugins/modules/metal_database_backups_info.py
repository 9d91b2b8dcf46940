# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: metal_database_backups_info
short_description: Look at the backups of metal-stack's databases
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Lists what the backup-restore-sidecars have backed up, all of it and not only the first thousand versions, and tells
    what a sidecar would restore of it.
  - It reads only.
extends_documentation_fragment:
  - metalstack.autonomous.metal_database
  - metalstack.autonomous.metal_database.looked_at
options:
  newest:
    description: How many backups of each database are told, beginning with the newest.
    type: int
    default: 20
attributes:
  check_mode:
    description: It changes nothing.
    support: full
  diff_mode:
    description: It changes nothing.
    support: N/A
  idempotent:
    description: It changes nothing.
    support: full
seealso:
  - module: metalstack.autonomous.metal_database_backups
  - module: metalstack.autonomous.metal_database_gate
"""

EXAMPLES = r"""
- name: Look at the backups of the database of machines
  metalstack.autonomous.metal_database_backups_info:
    stage: prod
    storage:
      endpoint: https://s3.example.net
      bucket: metal-stack-prod
      access_key: "{{ vault_sidecar_access_key }}"
      secret_key: "{{ vault_sidecar_secret_key }}"
    databases:
      - name: metal-db
        engine: rethinkdb
"""

RETURN = r"""
databases:
  description:
    - Each database, its C(name) and C(prefix), and how many backups there are below exactly that (C(count)).
    - C(backups), newest first, each with C(key), C(version), C(bytes), C(made), C(age) (seconds) and whether it is
      C(encrypted); the C(newest) apart, null where there is none, and by which share that is larger than the one before
      (C(change)).
    - C(suspect), why the newest is not trusted, empty where it is. It has less than half the bytes of those before, or
      of the last one whose sentinels were saved.
    - C(restores), what a sidecar with an empty data directory would restore now; C(unseen), how many backups it does
      not see; C(strange), keys that it takes for backups of its own and that are none.
    - C(sentinels), what was counted with the newest good backup, null if nobody has saved any.
  type: list
  elements: dict
  returned: success
"""

import datetime

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import offered
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import backups, options
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases.client import Client


def main():
    module = AnsibleModule(
        argument_spec={
            "storage": {"type": "dict", "required": True, "options": offered.OPTIONS},
            **options.LOOKED_AT,
            "newest": {"type": "int", "default": 20},
        },
        supports_check_mode=True,
    )
    try:
        moment = datetime.datetime.now(datetime.UTC)
        module.exit_json(changed=False, databases=backups.look(module.params, Client(module.params["storage"]), moment))
    except BackupError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
