# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: backup_storage_check
short_description: Prove object storages that a site is given which lives, before anything is changed
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Fails when a storage cannot be used, does not do what backups count on, as M(metalstack.autonomous.backup_probe)
    finds out, or holds what the data on this host could not be backed up beside, such as the sets of another cluster
    under the site's name.
  - It needs neither boto3 nor restic nor anything that the role P(metalstack.autonomous.backup#role) brings to a host,
    and writes nothing there. In the storage it leaves a version and a delete marker below C(<site>/probe/).
options:
  site:
    description: Name of the site, below which all of it lies in the bucket.
    type: str
    required: true
  storage:
    description: The object storage; not looked at without it.
    type: dict
    suboptions: &storage
      endpoint:
        description: URL, https.
        type: str
        required: true
      region:
        description: Region that requests are signed for.
        type: str
        default: us-east-1
      bucket:
        description: Bucket.
        type: str
        required: true
      path_style:
        description: Whether the bucket is named in the path rather than in the host's name.
        type: bool
        default: true
      ca:
        description: Authority of the endpoint's certificate in PEM; the system's without it.
        type: str
        default: ""
      access_key:
        description: Access key that backups are written with.
        type: str
        required: true
      secret_key:
        description: Its secret.
        type: str
        required: true
      lock_days:
        description: Days that the bucket has to lock for what is written; 0 if it need not.
        type: int
        default: 0
  second:
    description: The second object storage; not looked at without it.
    type: dict
    suboptions: *storage
  components:
    description: Names of the components that this host backs up.
    type: list
    elements: str
    default: []
  state:
    description: Where the host keeps what it knows of its data.
    type: path
    default: /var/lib/metalstack/backup
attributes:
  check_mode:
    description: In check mode it only reads, so that what takes a write is not proven.
    support: full
  diff_mode:
    description: There is nothing to show.
    support: N/A
  idempotent:
    description: It looks each time, and never reports a change.
    support: full
"""

EXAMPLES = r"""
- name: Prove the object storage before the site counts on it
  metalstack.autonomous.backup_storage_check:
    site: metal
    storage:
      endpoint: https://s3.example.net
      bucket: metal-backup
      access_key: "{{ vault_backup_access_key }}"
      secret_key: "{{ vault_backup_secret_key }}"
    components: [k3s, powerdns]
"""

RETURN = r"""
storages:
  description: Each storage, C(where) it is, with what was C(seen) as M(metalstack.autonomous.backup_probe) tells it,
    and C(complaints), what is wrong.
  type: list
  elements: dict
  returned: always
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import offered
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import observe

STORAGE = {**offered.OPTIONS, "lock_days": {"type": "int", "default": 0}}


def look(given, writes):
    lineage = observe.kubernetes()["lineage"] if "k3s" in given["components"] else ""
    rest = (given["site"], lineage, given["components"], Path(given["state"]), writes)
    storages = {"first": given["storage"], "second": given["second"]}
    return [offered.judged(name, one, *rest) for name, one in storages.items() if one]


def main():
    module = AnsibleModule(
        argument_spec={
            "site": {"type": "str", "required": True},
            "storage": {"type": "dict", "options": STORAGE},
            "second": {"type": "dict", "options": STORAGE},
            "components": {"type": "list", "elements": "str", "default": []},
            "state": {"type": "path", "default": "/var/lib/metalstack/backup"},
        },
        supports_check_mode=True,
    )
    storages = look(module.params, not module.check_mode)
    wrong = [f"{one['where']}: {complaint}" for one in storages for complaint in one["complaints"]]
    if wrong:
        module.fail_json(msg=f"{'; '.join(wrong)}. Nothing was changed.", storages=storages)
    module.exit_json(changed=False, storages=storages)


if __name__ == "__main__":
    main()
