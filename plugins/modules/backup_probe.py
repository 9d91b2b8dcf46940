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
options:
  storage:
    description:
      - Other keys of the object storage, to be proved before a host is given them. They also have to show the lineage
        of this host's data.
      - They are used for this call and written nowhere.
    type: dict
    suboptions: &account
      access_key:
        description: Access key.
        type: str
        required: true
      secret_key:
        description: Its secret.
        type: str
        required: true
      pruner:
        description: C(access_key) and C(secret_key) of the account that may remove versions, which has to be able to.
        type: dict
        default: {}
  second:
    description: The same of the second object storage.
    type: dict
    suboptions: *account
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

- name: Prove other keys of it
  metalstack.autonomous.backup_probe:
    storage:
      access_key: "{{ vault_backup_access_key }}"
      secret_key: "{{ vault_backup_secret_key }}"
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
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import disk, former_keys, probe, settings
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError

SECRET = {"type": "str", "required": True, "no_log": True}
ACCOUNT = {
    "access_key": SECRET,
    "secret_key": SECRET,
    "pruner": {"type": "dict", "default": {}, "no_log": True},
}


def account(storage, given):
    return storage.by(*(given[name] for name in former_keys.FIELDS))


def looked(found, name, storage, given):
    if not given:
        return probe.report(storage, found.site)
    pruner = account(storage, given["pruner"]) if given["pruner"] else None
    # The second one may be empty yet.
    record = disk.read_record(found.state) if name == "first" else None
    return probe.report(account(storage, given), found.site, record.lineage if record else "", pruner)


def main():
    module = AnsibleModule(
        argument_spec={
            "storage": {"type": "dict", "options": ACCOUNT},
            "second": {"type": "dict", "options": ACCOUNT},
        },
        supports_check_mode=True,
    )
    if module.check_mode:
        module.exit_json(changed=False)
    given = {"first": module.params["storage"], "second": module.params["second"]}
    try:
        found = settings.load()
        storages = [looked(found, name, one, given[name]) for name, one in former_keys.storages(found).items()]
    except BackupError as error:
        module.fail_json(msg=str(error))
    except KeyError as error:
        module.fail_json(msg=f"{error} is missing, expected access_key and secret_key of each account")
    wrong = [f"{one['where']}: {'; '.join(one['complaints'])}" for one in storages if one["complaints"]]
    if wrong:
        module.fail_json(msg=" | ".join(wrong), storages=storages)
    module.exit_json(changed=False, storages=storages)


if __name__ == "__main__":
    main()
