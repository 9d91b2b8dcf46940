# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: backup_check
short_description: Check what a site can begin with, before anything is installed
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Says what a site without data begins with, as M(metalstack.autonomous.backup_info) does with an intent, and fails
    when that would lose data or could not be done.
  - It needs neither boto3 nor restic nor anything that the role P(metalstack.autonomous.backup#role) brings to a host,
    so that a restore is refused while nothing was changed.
  - The object storage is read, and where a site is restored it is tried whether a restore may write there. That leaves
    a version and a delete marker below C(<site>/probe/).
options:
  site:
    description: Name of the site, below which all of it lies in the bucket.
    type: str
    default: ""
  storage:
    description: The object storage. Without it only RV(holding) is told.
    type: dict
    suboptions:
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
        description: Access key that may list and read objects.
        type: str
        required: true
      secret_key:
        description: Its secret.
        type: str
        required: true
  password:
    description: Password that the backups are sealed with.
    type: str
    default: ""
  components:
    description: What this host backs up, as the role P(metalstack.autonomous.backup#role) is told.
    type: list
    elements: dict
    default: []
  set_components:
    description: Components that make a set complete.
    type: list
    elements: str
    default: []
  interval:
    description: Seconds between two backups. A timer's set is named by the beginning of its interval, and may be made
      at the end of it; of the sets of one interval the one that was made last is restored.
    type: int
    default: 3600
  state:
    description: Where the host keeps what it knows of its data.
    type: path
    default: /var/lib/metalstack/backup
  offered:
    description: The object storages that the site is given, V(first) and V(second), as the role is told of them.
    type: dict
    default: {}
  intent:
    description: What a site without data is meant to begin with; V(none) if nobody has said so.
    type: str
    choices: [none, fresh, restore]
    default: none
  set:
    description: The set to restore; without it the newest that is complete, verified, not suspect and not known to be
      damaged.
    type: str
    default: ""
  lineage:
    description: The lineage to restore, where the object storage holds several of the site.
    type: str
    default: ""
  level:
    description: How well a set has to be verified to be restored without being named.
    type: int
    default: 1
  token:
    description: The token that k3s is to be installed with. No other than that of the set opens it.
    type: str
    default: ""
  version:
    description: The release of k3s that is to be installed. An older one than that of the set may not read it.
    type: str
    default: ""
attributes:
  check_mode:
    description: In check mode it only reads, so that what takes a write is not proven.
    support: full
  diff_mode:
    description: It changes nothing.
    support: N/A
  idempotent:
    description: It changes nothing.
    support: full
"""

EXAMPLES = r"""
- name: See whether the site can be restored
  metalstack.autonomous.backup_check:
    site: metal
    storage: "{{ site_object_storage }}"
    password: "{{ site_backup_password }}"
    set_components: [k3s, powerdns]
    intent: restore
    token: "{{ site_k3s_token }}"
    version: v1.35.4+k3s1
"""

RETURN = r"""
holding:
  description: Whether this host has data, by component; what an unfinished restore has left does not count.
  type: dict
  returned: success
restoring:
  description: Restores on this host that were begun and not confirmed. C(done) tells whether their data are in place.
  type: list
  elements: dict
  returned: success
news:
  description: Which of those that are O(offered) are others than those that this host backs up to.
  type: list
  elements: str
  returned: success
beginning:
  description: What the site begins with, as M(metalstack.autonomous.backup_info) tells it.
  type: dict
  returned: with O(storage)
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import offered, unprepared
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError


def look(given, writes):
    here = unprepared.here(Path(given["state"]), given["components"])
    found = {"holding": here.holding(), "restoring": here.restoring(), "news": offered.news(given["offered"])}
    if not given["storage"]:
        return found
    told = {one: given[one] for one in ("intent", "token", "version", "lineage", "level")}
    told |= {"name": given["set"], "writes": writes}
    return {**found, "beginning": unprepared.beginning(unprepared.site(given), **told)}


def main():
    secret = {"type": "str", "default": "", "no_log": True}
    module = AnsibleModule(
        argument_spec={
            "site": {"type": "str", "default": ""},
            "storage": {"type": "dict", "options": offered.OPTIONS},
            "password": secret,
            "components": {"type": "list", "elements": "dict", "default": []},
            "set_components": {"type": "list", "elements": "str", "default": []},
            "interval": {"type": "int", "default": 3600},
            "state": {"type": "path", "default": "/var/lib/metalstack/backup"},
            "offered": {"type": "dict", "default": {}, "no_log": True},
            "intent": {"type": "str", "choices": ["none", "fresh", "restore"], "default": "none"},
            "set": {"type": "str", "default": ""},
            "lineage": {"type": "str", "default": ""},
            "level": {"type": "int", "default": 1},
            "token": secret,
            "version": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    try:
        module.exit_json(changed=False, **look(module.params, not module.check_mode))
    except BackupError as error:
        module.fail_json(msg=f"{error}. Nothing was changed.")


if __name__ == "__main__":
    main()
