# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: backup_copy
short_description: Bring verified backup sets to a second object storage
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Copies the verified sets of this host's lineage, with what it takes to restore them from there alone. Every file is
    checked on its way; one that is damaged in the first storage never reaches the second.
  - What is in the second storage is never replaced nor removed. Cut off, the copy goes on where it was with the next
    call.
  - That the second storage gives no answer is a warning and no failure, so that nobody has to wait for it.
options: {}
attributes:
  check_mode:
    description: It does nothing in check mode, and reports a change.
    support: partial
    details: What is missing in the second storage is not counted.
  diff_mode:
    description: There is nothing to show.
    support: none
  idempotent:
    description: What is there already is left alone.
    support: full
requirements:
  - The role P(metalstack.autonomous.backup#role) has prepared the host, with a second object storage.
  - boto3 on the host
"""

EXAMPLES = r"""
- name: Have the newest set in two places
  metalstack.autonomous.backup_copy:
"""

RETURN = r"""
copied:
  description: C(set), the newest one there now, how many C(objects) and C(bytes) were written, and in how many
    C(seconds).
  type: dict
  returned: when not in check mode and the second storage answers
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import program, settings
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError, Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.site import Site


def main():
    module = AnsibleModule(argument_spec={}, supports_check_mode=True)
    if module.check_mode:
        module.exit_json(changed=True)
    try:
        copied = program.copied(Site(settings.load()))
    except Unreachable as error:
        module.warn(f"nothing was copied to the second object storage: {error}")
        module.exit_json(changed=False)
    except BackupError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=copied["objects"] > 0, copied=copied)


if __name__ == "__main__":
    main()
