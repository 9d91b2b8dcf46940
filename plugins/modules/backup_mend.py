# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: backup_mend
short_description: Bring back from the second object storage what is damaged in the first
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Reads all that the first object storage has of this host's lineage. What is not what was written there, or is
    missing although a set needs it, is brought back from the second one, each file checked before by its checksum or
    seal.
  - Nothing is deleted. What was damaged is still there as an older version.
  - Then the sets of this host's components that are marked as damaged are verified again, which takes the mark back.
  - It fails when the second object storage has no good copy either, after it has brought back all else.
options:
  contents:
    description: Whether to read what the first storage has. Without it only what is marked is verified again.
    type: bool
    default: true
attributes:
  check_mode:
    description: Runs in check mode and tells what it would bring back and verify.
    support: full
  diff_mode:
    description: Shows which objects are damaged or missing.
    support: full
  idempotent:
    description: What is whole is left alone.
    support: full
requirements:
  - The role P(metalstack.autonomous.backup#role) has prepared the host, with a second object storage.
  - boto3 and restic on the host
"""

EXAMPLES = r"""
- name: Bring back what is damaged
  metalstack.autonomous.backup_mend:
"""

RETURN = r"""
brought:
  description: The objects that were brought back, each with its C(key) and C(why), V(damaged) or V(missing).
  type: list
  elements: dict
  returned: success
verified:
  description: What was verified again, with C(component), C(set) (nothing for the newest, in check mode) and C(level).
  type: list
  elements: dict
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import program, settings
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.site import Site


def lines(objects):
    return "".join(f"{one['key']}: {one['why']}\n" for one in objects)


def main():
    module = AnsibleModule(
        argument_spec={"contents": {"type": "bool", "default": True}},
        supports_check_mode=True,
    )
    contents = module.params["contents"]
    try:
        site = Site(settings.load())
        done = program.would_mend(site, contents) if module.check_mode else program.mended(site, contents)
    except BackupError as error:
        module.fail_json(msg=str(error))
    again = done["again"] if module.check_mode else done["verified"]
    told = {"brought": done["brought"], "verified": again, "diff": {"before": lines(done["brought"]), "after": ""}}
    module.exit_json(changed=bool(done["brought"] or again), **told)


if __name__ == "__main__":
    main()
