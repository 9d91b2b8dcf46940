# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: backup_databases
short_description: Have metal-stack's databases back themselves up, and save what they hold with that
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - On a server of the cluster, as its administrator, each database with a backup-restore-sidecar is counted, has its
    sidecar make a backup, and is counted once more. What was there both times is saved with the backup as its
    sentinels, by which a restore of that is compared.
  - Of a database that holds less than with its last good backup nothing is saved, and the module fails, when all others
    are through. It was backed up all the same.
  - Where a sidecar backs up to, and with which keys, is read in the cluster. A database that waits for its data, or
    whose restore is not confirmed, is left alone; so is one whose backups go to no object storage.
  - The nightly timer of the role P(metalstack.autonomous.backup#role) does the same.
options:
  namespace:
    description: Namespace of the databases (C(metal_control_plane_namespace)).
    type: str
    default: metal-control-plane
  accept:
    description: By the name of a database, tables and lists of which is known why they hold less.
    type: dict
    default: {}
  expected:
    description: Names of databases that have to be there. It fails for one that is not, or has a sidecar that cannot
      back up to an object storage.
    type: list
    elements: str
    default: []
  again:
    description: Whether also those are backed up of which this cluster has saved something in the last twelve hours.
    type: bool
    default: true
  timeout:
    description: Seconds that one question may take, counting a database among them. The making of a backup may take an
      hour, or as long where that is more.
    type: int
    default: 300
attributes:
  check_mode:
    description: Tells which it would have back themselves up.
    support: full
  diff_mode:
    description: There is nothing to show.
    support: none
  idempotent:
    description: Each call makes a backup, unless O(again) is false.
    support: partial
    details: With O(again) as V(false) a second call changes nothing.
seealso:
  - module: metalstack.autonomous.metal_database_sentinels
  - module: metalstack.autonomous.metal_database_backups_info
  - module: metalstack.autonomous.backup_info
"""

EXAMPLES = r"""
- name: Have a way back for each database
  metalstack.autonomous.backup_databases:
  run_once: true
"""

RETURN = r"""
databases:
  description: Each database (C(database)), why it was left alone (C(waits)) or was not needed (C(idle)), why it failed
    (C(error)), what it holds less of (C(drops)), what has nothing any more (C(lost)), whether it has ever held anything
    to be saved (C(holds)), and the C(version), the size (C(bytes)) and the time (C(made), ISO
    8601) of its new backup.
  type: list
  elements: dict
  returned: when the cluster answers
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import settings
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s.client import Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import nights
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases.own_cluster import OwnCluster


def state():
    """Where it is noted, on a host that is backed up."""
    try:
        return settings.load().state
    except BackupError:
        return None


def main():
    module = AnsibleModule(
        argument_spec={
            "namespace": {"type": "str", "default": "metal-control-plane"},
            "accept": {"type": "dict", "default": {}},
            "expected": {"type": "list", "elements": "str", "default": []},
            "again": {"type": "bool", "default": True},
            "timeout": {"type": "int", "default": 300},
        },
        supports_check_mode=True,
    )
    given, writes = module.params, not module.check_mode
    try:
        cluster = OwnCluster(given["namespace"], given["timeout"])
        wanted = {name: given[name] for name in ("again", "accept", "expected")}
        found = nights.run(cluster, state(), **wanted, writes=writes)
    except Unreachable as error:
        module.fail_json(msg=f"the cluster of this host: {error}")
    failed = nights.failures(found)
    changed = any(one.get("version") or not (writes or one["waits"] or one["idle"] or one["error"]) for one in found)
    if failed:
        module.fail_json(msg="; ".join(failed), changed=changed, databases=found)
    module.exit_json(changed=changed, databases=found)


if __name__ == "__main__":
    main()
