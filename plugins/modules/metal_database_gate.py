# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: metal_database_gate
short_description: Decide how metal-stack's databases begin, before they are deployed
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - The backup-restore-sidecar decides by one thing, whether the data directory is empty. If it is not, it backs up what
    is there; if it is, it restores the newest of what it lists, and where that is nothing, it starts an empty database
    and backs that up. So a wrong name, a restore that was cut short, or a stage whose name begins another's end in an
    empty or foreign database that is backed up over a good one.
  - This module holds what each database is meant to begin with against what lies in the bucket and what the cluster
    has. It fails unless all of them may be deployed, and names all reasons at once. Nothing is changed.
extends_documentation_fragment: [metalstack.autonomous.metal_database]
options:
  stage:
    description: Name of the stage (C(metal_control_plane_stage_name)), of small letters, digits and hyphens.
    type: str
    required: true
  others:
    description: All other stages that there are. None may have the same name or the same bucket.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Its name.
        type: str
        required: true
      endpoint:
        description: Object storage that it backs up to; the same as ours without it.
        type: str
        default: ""
      bucket:
        description: Bucket that it backs up to; the same as ours without it.
        type: str
        default: ""
  production:
    description: Whether what is in the databases must not be lost. If so, no backups are local, and they stay for long
      enough.
    type: bool
    default: true
  cluster:
    description: Identity of the cluster, the UID of its namespace C(kube-system). Databases that another cluster has
      the newest sentinels of are not kept, unless they were saved before O(databases[].volume) was restored here.
    type: str
    default: ""
  quiet:
    description: Seconds within which a backup that this cluster did not make shows that another one still lives. It is
      raised to twice the longest time that the O(databases[].schedule) lets pass between two backups. It counts by the
      clock of the storage.
    type: int
    default: 600
  databases:
    description: The databases.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Its name in metal-roles, such as V(metal-db) or V(ipam-db).
        type: str
        required: true
      engine:
        description: What it is.
        type: str
        choices: [postgres, rethinkdb, valkey]
        required: true
      prefix:
        description: What its role is given as C(object_prefix); what metal-roles writes below without it.
          C(headscale-db) needs one, since metal-roles gives it no stage.
        type: str
        default: ""
      intent:
        description:
          - V(fresh), it has no data yet and no backup. One that has begun so in this cluster, as O(databases[].volume)
            tells, is kept, so that the same may be said again.
          - V(restore), it has no data, and gets the newest backup. One that was restored so in this cluster and was
            confirmed is kept, and that is told. One whose restore was begun and not confirmed may go on or begin anew,
            see O(databases[].volume.begun).
          - V(keep), it has its data.
        type: str
        choices: [fresh, keep, restore]
        required: true
      volume:
        description: What the cluster has of it, as M(metalstack.autonomous.metal_database_info) tells it. What is not
          said of it is taken for not there.
        type: dict
        required: true
        suboptions:
          exists:
            description: Whether there is a volume of its data.
            type: bool
            default: false
          entries:
            description: Names of what is in its data directory (C(db-data-directory)), hidden ones as well.
            type: list
            elements: str
            default: []
          restoring:
            description: Whether a restore was begun there that nobody has confirmed, see
              M(metalstack.autonomous.metal_database_restore).
            type: bool
            default: false
          begun:
            description: The restore that was begun and not confirmed. It goes on if it is of the newest backup still,
              was begun in O(cluster), is unbroken, and is not untouched. Else it may begin anew if its volume was made
              for it, and the database does not answer and is untouched, or O(databases[].discard) says so, since then
              nobody has gone on with what is there. That it does not answer is not enough, since it may have before.
            type: dict
            suboptions:
              version:
                description: The version that is restored.
                type: str
                default: ""
              cluster:
                description: Identity of the cluster.
                type: str
                default: ""
              made:
                description: Whether the volume was made for it, or had nothing before.
                type: bool
                default: false
              unbroken:
                description: Whether the pod that has begun it is there still, and its sidecar has never started anew.
                type: bool
                default: false
              untouched:
                description: Whether no database can have run on what it has brought back, as its data directory tells.
                type: bool
                default: false
          running:
            description: Whether the database answers. Valkey has its data in memory between two backups.
            type: bool
            default: false
          began:
            description: How its data have begun in this cluster, see M(metalstack.autonomous.metal_database_restore).
            type: dict
            suboptions:
              how:
                description: V(fresh), without data; V(restore), by a restore that was confirmed.
                type: str
                choices: [fresh, restore]
                required: true
              since:
                description: When that was marked, in ISO 8601.
                type: str
                required: true
      provider:
        description: Where its sidecar backs up to; as in metal-roles it is local unless set. Of local backups, which
          are refused in production, nothing is looked at, so that O(databases[].volume) alone decides.
        type: str
        choices: [gcp, local, s3]
        default: local
      schedule:
        description: When its sidecar backs up. To restore without O(databases[].fenced) it has to be of every n minutes
          or hours, or daily.
        type: str
        default: "*/3 * * * *"
      object_max_keep:
        description: How many versions stay at least, 480 or more in production.
        type: int
      object_days_max_keep:
        description: For how many days versions stay at least, 14 or more in production. metal-roles blanks it for most
          databases.
        type: int
      encrypted:
        description: Whether its sidecar is given a key, without which it restores no encrypted backup.
        type: bool
        default: false
      size_floor:
        description: Bytes that a backup has at least to be restored.
        type: int
        default: 256
      version:
        description: The version that is to be restored; the newest, unless it is suspect. As the sidecar restores the
          newest alone, this has to be it, and who names it knows why it has less than half of those
          before, or of the last one whose sentinels were saved.
        type: str
        default: ""
      fenced:
        description: Whether it is sure that nobody else writes its backups, though the newest is young.
        type: bool
        default: false
      without_sentinels:
        description: Whether it may be restored though nobody has saved what it holds, with
          M(metalstack.autonomous.metal_database_sentinels), so that nothing tells whether it comes back whole.
        type: bool
        default: false
      discard:
        description: Whether a restore that was begun and not confirmed may begin anew though the database answers, or
          may have answered before, so that what was written to it since is lost. With O(databases[].version) it may be
          another backup than the one that was begun.
        type: bool
        default: false
attributes:
  check_mode:
    description: It changes nothing.
    support: full
  diff_mode:
    description: It changes nothing.
    support: N/A
  idempotent:
    description: It looks each time, and never reports a change.
    support: full
seealso:
  - module: metalstack.autonomous.metal_database_backups
  - module: metalstack.autonomous.metal_database_backups_info
  - module: metalstack.autonomous.metal_database_info
  - module: metalstack.autonomous.metal_database_restore
  - module: metalstack.autonomous.metal_database_sentinels
"""

EXAMPLES = r"""
- name: Decide how the databases begin
  metalstack.autonomous.metal_database_gate:
    stage: prod
    storage:
      endpoint: https://s3.example.net
      bucket: metal-stack-prod
      access_key: "{{ vault_sidecar_access_key }}"
      secret_key: "{{ vault_sidecar_secret_key }}"
    databases:
      - name: metal-db
        engine: rethinkdb
        intent: restore
        volume:
          exists: false
        provider: s3
        object_max_keep: 480
        object_days_max_keep: 14
  register: databases
"""

RETURN = r"""
databases:
  description:
    - Each database, its C(name), C(prefix), and C(action), one of V(fresh), V(keep), V(restore) and V(refuse).
    - C(reasons), why it may not be deployed; C(alarms), what somebody has to look after although it may;
      these are warned of as well.
    - C(backups), how many it has below exactly its prefix; null if they were not looked at.
    - C(restores), the backup that the sidecar will restore, with C(key), C(version), C(bytes), C(made) and
      C(encrypted).
    - C(goes_on), whether it is a restore that was begun and goes on, so that nothing of it is cleared away, and it is
      only compared.
    - C(schedule), the one to deploy it with. One that is restored gets one that no day has, so that nothing is backed
      up before its sentinels were compared.
  type: list
  elements: dict
  returned: always
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import offered
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import (
    beginning,
    decision,
    gate,
    options,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases.client import Client

NEEDED = {"type": "str", "required": True}
TEXT = {"type": "str", "default": ""}
FLAG = {"type": "bool", "default": False}
VOLUME = {
    "exists": FLAG,
    "entries": {"type": "list", "elements": "str", "default": []},
    "restoring": FLAG,
    "running": FLAG,
    "begun": {
        "type": "dict",
        "options": {"version": TEXT, "cluster": TEXT, "made": FLAG, "unbroken": FLAG, "untouched": FLAG},
    },
    "began": {
        "type": "dict",
        "options": {"how": {**NEEDED, "choices": [beginning.FRESH, beginning.RESTORE]}, "since": NEEDED},
    },
}
DATABASE = {
    **options.DATABASE,
    "intent": {**NEEDED, "choices": list(decision.INTENTS)},
    "volume": {"type": "dict", "required": True, "options": VOLUME},
    "provider": {"type": "str", "choices": [gate.GCP, gate.LOCAL, gate.S3], "default": gate.LOCAL},
    "schedule": {"type": "str", "default": "*/3 * * * *"},
    "object_max_keep": {"type": "int"},
    "object_days_max_keep": {"type": "int"},
    "encrypted": FLAG,
    "size_floor": {"type": "int", "default": 256},
    "version": TEXT,
    "fenced": FLAG,
    "without_sentinels": FLAG,
    "discard": FLAG,
}


def main():
    module = AnsibleModule(
        argument_spec={
            "storage": {"type": "dict", "required": True, "options": offered.OPTIONS},
            "stage": NEEDED,
            "others": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {"name": NEEDED, "endpoint": TEXT, "bucket": TEXT},
            },
            "production": {"type": "bool", "default": True},
            "cluster": TEXT,
            "quiet": {"type": "int", "default": 600},
            "databases": {"type": "list", "elements": "dict", "required": True, "options": DATABASE},
        },
        supports_check_mode=True,
    )
    try:
        client = Client(module.params["storage"])
    except BackupError as error:
        module.fail_json(msg=str(error), databases=[])
    found = gate.judge(module.params, client)
    for one in found["databases"]:
        for alarm in one["alarms"]:
            module.warn(f"{one['name']}: {alarm}")
    if found["complaints"]:
        module.fail_json(msg=f"{'; '.join(found['complaints'])}. Nothing was changed.", databases=found["databases"])
    module.exit_json(changed=False, databases=found["databases"])


if __name__ == "__main__":
    main()
