# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: backup_prune
short_description: Thin out the backups of a site
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Keeps all sets of O(all_days), one of each day for O(daily_days), and of each lineage the last O(verified) verified
    ones however old they are. Removes all others, what restic needs for none of those that stay, and what was hidden
    for more than O(hidden_days).
  - Removes nothing while a manifest cannot be read, the newest set is suspect, one of the last three verified sets was
    deleted by somebody else, or a restore on this host is not confirmed.
  - It needs the keys of an account that may remove versions, which the hosts must not have. They are used for this call
    and written nowhere.
options:
  access_key:
    description: Access key of an account that may list and remove versions.
    type: str
    required: true
  secret_key:
    description: Its secret.
    type: str
    required: true
  set_components:
    description: Components that make a set complete; those that the role was given, unless set.
    type: list
    elements: str
    default: []
  all_days:
    description: Days for which every set stays, 7 or more.
    type: int
    default: 7
  daily_days:
    description: Days for which one set of each day (UTC) stays, 30 or more. It is the newest, a verified one first.
    type: int
    default: 30
  verified:
    description: How many of the last sets of each lineage that are complete and verified stay, 3 or more.
    type: int
    default: 3
  hidden_days:
    description: Days for which what was deleted or overwritten can still be had, 14 or more. It must not be less than
      the time for which the bucket locks objects.
    type: int
    default: 14
  accept_suspect:
    description: Names of suspect sets of which is known why they hold so little.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    description: Runs in check mode and tells what it would remove.
    support: full
  diff_mode:
    description: Shows the sets, and why each stays.
    support: full
  idempotent:
    description: The second run on the same day changes nothing.
    support: full
requirements:
  - The role P(metalstack.autonomous.backup#role) has prepared the host.
  - boto3 and restic on the host
"""

EXAMPLES = r"""
- name: Thin out the backups
  metalstack.autonomous.backup_prune:
    access_key: "{{ vault_pruner_access_key }}"
    secret_key: "{{ vault_pruner_secret_key }}"
"""

RETURN = r"""
stays:
  description: Sets that stay, with C(set), C(lineage), C(generation) and C(why).
  type: list
  elements: dict
  returned: success
goes:
  description: Sets that were removed, with the same fields.
  type: list
  elements: dict
  returned: success
snapshots:
  description: How many snapshots restic has forgotten.
  type: int
  returned: success
versions:
  description: How many hidden versions of objects were removed for good.
  type: int
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import prune, retention, settings
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.site import now


def described(verdicts):
    return [
        {"set": one.name, "lineage": one.lineage, "generation": one.generation, "why": why}
        for one, _stays, why in verdicts
    ]


def lines(verdicts, *more):
    rows = [f"{row['lineage']} {row['generation']} {row['set']}: {row['why']}" for row in described(verdicts)]
    return "".join(f"{row}\n" for row in (*rows, *more))


def result(planned):
    staying = [verdict for verdict in planned.verdicts if verdict.stays]
    counts = {"snapshots": sum(map(len, planned.forget.values())), "versions": len(planned.versions)}
    removed = [f"{count} {name} that are not needed" for name, count in counts.items() if count]
    return {
        "changed": planned.changes,
        "stays": described(staying),
        "goes": described(planned.going),
        **counts,
        "diff": {"before": lines(planned.verdicts, *removed), "after": lines(staying)},
    }


def main():
    module = AnsibleModule(
        argument_spec={
            "access_key": {"type": "str", "required": True, "no_log": True},
            "secret_key": {"type": "str", "required": True, "no_log": True},
            "set_components": {"type": "list", "elements": "str", "default": []},
            "accept_suspect": {"type": "list", "elements": "str", "default": []},
            **{name: {"type": "int", "default": least} for name, least in retention.FLOOR.items()},
        },
        supports_check_mode=True,
    )
    given = module.params
    try:
        site = prune.by(settings.load(), given["access_key"], given["secret_key"])
        policy = retention.Policy(**{name: given[name] for name in retention.FLOOR})
        components = given["set_components"] or site.settings.set_components
        planned = prune.plan(site, policy, components, given["accept_suspect"], now())
        if not module.check_mode:
            prune.run(site, planned)
    except BackupError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result(planned))


if __name__ == "__main__":
    main()
