# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: backup_probe
short_description: Prove that an object storage does what backups count on
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Writes, reads, lists and deletes an object with the keys that the host backs up with.
  - Fails when a storage cannot be used, keeps no versions, lets the keys remove versions, does not know conditional
    writes, has another time, or locks what is written for less time than the site asks for (object lock,
    C(lock_days)).
  - It leaves a version and a delete marker below C(<site>/probe/), which M(metalstack.autonomous.backup_prune)
    removes when its time has come.
options: {}
attributes:
  check_mode:
    description: It asks nothing and changes nothing in check mode.
    support: full
  diff_mode:
    description: There is nothing to show.
    support: N/A
  idempotent:
    description: It probes each time, and never reports a change.
    support: full
requirements:
  - The role P(metalstack.autonomous.backup#role) has prepared the host.
  - boto3 on the host
"""

EXAMPLES = r"""
- name: Prove the object storage
  metalstack.autonomous.backup_probe:
"""

RETURN = r"""
storages:
  description: Each object storage of the host by its URL, C(where), with what was C(seen) and C(complaints), what is
    wrong. Seen is C(reads_what_was_written), C(lists), C(first_write_wins), C(keeps_versions),
    C(refuses_to_remove_versions), C(clock), the seconds that the storage's clock is ahead, and C(lock_days), for how
    long the bucket locks what is written; nothing where the storage cannot be used at all.
  type: list
  elements: dict
  returned: when not in check mode
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import probe, settings
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError


def main():
    module = AnsibleModule(argument_spec={}, supports_check_mode=True)
    if module.check_mode:
        module.exit_json(changed=False)
    try:
        found = settings.load()
    except BackupError as error:
        module.fail_json(msg=str(error))
    storages = [probe.report(storage, found.site) for storage in (found.storage, found.second) if storage]
    wrong = [f"{one['where']}: {'; '.join(one['complaints'])}" for one in storages if one["complaints"]]
    if wrong:
        module.fail_json(msg=" | ".join(wrong), storages=storages)
    module.exit_json(changed=False, storages=storages)


if __name__ == "__main__":
    main()
