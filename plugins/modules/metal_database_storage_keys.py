# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: metal_database_storage_keys
short_description: Keep the former keys of the backups of metal-stack's databases until they are refused
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Before the backup-restore-sidecars are deployed with other keys of their bucket, the former ones are kept in the
    Secret C(metal-database-former-keys), to prove that they are of no use any more.
  - No key is ever returned.
  - The account of the kubeconfig needs to get, create, update and delete C(secrets) in O(namespace).
extends_documentation_fragment:
  - metalstack.autonomous.exchanged_keys
  - metalstack.autonomous.metal_cluster
  - metalstack.autonomous.metal_database
options:
  state:
    description:
      - V(known) only tells what the sidecars have.
      - V(kept) tries whether the keys of O(storage) are good, where a sidecar has others, and keeps those.
      - V(refused) tries each of the former keys, and forgets them once all are refused.
    type: str
    choices: [known, kept, refused]
    required: true
  databases:
    description: Names of the databases in metal-roles, such as V(metal-db). Needed with V(known) and V(kept) as
      O(state).
    type: list
    elements: str
    default: []
  required:
    description: Whether it is a failure that one is still accepted.
    type: bool
    default: false
seealso:
  - module: metalstack.autonomous.backup_storage_keys
  - module: metalstack.autonomous.metal_stack_component
"""

EXAMPLES = r"""
- name: Prove that the former keys are refused
  metalstack.autonomous.metal_database_storage_keys:
    kubeconfig: /etc/rancher/k3s/k3s.yaml
    storage:
      endpoint: https://s3.example.net
      bucket: metal-stack-prod
      access_key: "{{ vault_sidecar_access_key }}"
      secret_key: "{{ vault_sidecar_secret_key }}"
    state: refused
    required: true
"""

RETURN = r"""
different:
  description: The databases whose sidecars have other keys.
  type: list
  elements: str
  returned: O(state=known)
kept:
  description: How many former keys are kept.
  type: int
  returned: success
accepted:
  description: What former keys may still do.
  type: list
  elements: str
  returned: O(state=refused), not in check mode
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import offered as backups
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s.client import Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import former_keys, offered
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases.errors import DatabaseError


def known(cluster, params, _dry):
    return {"changed": False, "different": former_keys.different(cluster, params["storage"], params["databases"])}


def kept(cluster, params, dry):
    due = bool(former_keys.different(cluster, params["storage"], params["databases"]))
    if dry or not due:
        return {"changed": due}
    former_keys.prove(params["storage"])
    return {"changed": former_keys.keep(cluster, params["storage"], params["databases"])}


def refused(cluster, params, dry):
    if dry:
        return {"changed": False}
    accepted = former_keys.accepted(cluster, params["storage"])
    if accepted and params["required"]:
        where = f"{params['storage']['endpoint']}/{params['storage']['bucket']}"
        raise BackupError(
            f"{where} lets a former key {', '.join(accepted)} -> have whoever owns the storage revoke it, and run this"
            " again"
        )
    return {"changed": not accepted and former_keys.forget(cluster), "accepted": accepted}


STATES = {"known": known, "kept": kept, "refused": refused}


def main():
    given = {
        **offered.OPTIONS,
        "storage": {"type": "dict", "required": True, "options": backups.OPTIONS},
        "state": {"type": "str", "choices": list(STATES), "required": True},
        "databases": {"type": "list", "elements": "str", "default": []},
        "required": {"type": "bool", "default": False},
    }
    module = AnsibleModule(argument_spec=given, supports_check_mode=True)
    try:
        cluster = offered.cluster(module.params)
        result = STATES[module.params["state"]](cluster, module.params, module.check_mode)
        module.exit_json(kept=len(former_keys.kept(cluster, module.params["storage"])), **result)
    except (BackupError, DatabaseError, Unreachable) as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
