# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: backup_undelete
short_description: Bring back backups that somebody has deleted
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - The keys of the hosts remove nothing for good; what they delete is hidden behind a marker. This takes the markers
    away that are younger than O(hidden_days), but for those of what M(metalstack.autonomous.backup_prune) has hidden,
    and of what hosts do not need any more, such as locks and the keys of a former password. Sets that would be removed
    by O(all_days), O(daily_days) and O(verified) do not come back.
  - It writes nothing and removes no version of an object.
  - It needs the keys of an account that may remove versions, which the hosts must not have. They are used for this call
    and written nowhere.
extends_documentation_fragment:
  - metalstack.autonomous.backup_pruner
options:
  pruned:
    description: Bring back contents and sets, too, that were hidden while old backups were removed. What is not needed
      goes again with the next removal.
    type: bool
    default: false
attributes:
  check_mode:
    description: Runs in check mode and tells what it would bring back.
    support: full
  diff_mode:
    description: Shows which objects are hidden, and since when.
    support: full
  idempotent:
    description: What is there is left alone.
    support: full
"""

EXAMPLES = r"""
- name: Bring back what was deleted
  metalstack.autonomous.backup_undelete:
    access_key: "{{ vault_pruner_access_key }}"
    secret_key: "{{ vault_pruner_secret_key }}"
"""

RETURN = r"""
sets:
  description: Names of the sets that came back.
  type: list
  elements: str
  returned: success
objects:
  description: How many objects came back.
  type: int
  returned: success
left:
  description: How many stay hidden, since they were hidden while old backups were removed; see O(pruned).
  type: int
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import (
    prune,
    pruner,
    settings,
    undelete,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.site import now


def main():
    module = AnsibleModule(
        argument_spec={**pruner.ARGUMENTS, "pruned": {"type": "bool", "default": False}},
        supports_check_mode=True,
    )
    given = module.params
    policy = pruner.policy(given)
    try:
        prune.refuse_low(policy)
        site = prune.by(settings.load(), given["access_key"], given["secret_key"])
        components = given["set_components"] or site.settings.set_components
        planned = undelete.plan(site, policy, components, now(), given["pruned"])
        if not module.check_mode:
            undelete.run(site, planned)
    except BackupError as error:
        module.fail_json(msg=str(error))
    module.exit_json(
        changed=bool(planned.back),
        sets=planned.sets,
        objects=len(planned.back),
        left=len(planned.pruned),
        diff={"before": "".join(f"{one.key}: hidden since {one.since}\n" for one in planned.back), "after": ""},
    )


if __name__ == "__main__":
    main()
