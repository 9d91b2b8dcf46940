# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: k3s_defragment
short_description: Make room in the etcd of a k3s server
version_added: 0.1.0
description:
  - Compacts the history of etcd, defragments the member on this host and takes its alarm C(NOSPACE) back. Once no
    member raises it any more, etcd can be written to again.
  - Does nothing unless the member raises the alarm, its database takes 80 % of its quota or more, or it is larger than
    100 MiB and 45 % of it are unused.
  - Run it on one server after the other, for a member does not answer while it is defragmented.
  - K3s itself defragments and takes alarms back whenever it starts, but it compacts nothing, so that the alarm returns.
  - When what is left does not fit either, it fails and the alarm stays. Objects can be deleted all the same.
extends_documentation_fragment:
  - metalstack.autonomous.k3s_attributes
attributes:
  idempotent:
    support: partial
    description:
      - A database that needs more than 80 % of its quota for what it holds now is defragmented on each call.
options:
  timeout:
    description: Seconds that the member has to answer, and those that compacting and defragmenting may take each.
    type: int
    default: 120
author:
  - metal-stack authors (@metal-stack)
seealso:
  - module: metalstack.autonomous.k3s_info
"""

EXAMPLES = r"""
- name: Make room in etcd, one server after the other
  metalstack.autonomous.k3s_defragment:
  throttle: 1
"""

RETURN = r"""
database:
  description: The member's database afterwards, with C(size) and C(quota) in bytes, and whether it raises the C(alarm).
  returned: success
  type: dict
  sample: {size: 4194304, quota: 2147483648, alarm: false}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import client, defragment, room

MEBIBYTE = 1 << 20


def shown(seen):
    return {"size": seen.size, "quota": seen.quota, "alarm": seen.alarm}


def main():
    module = AnsibleModule(
        argument_spec={"timeout": {"type": "int", "default": 120}},
        supports_check_mode=True,
    )
    seconds = module.params["timeout"]
    try:
        before = after = defragment.patiently(defragment.look, seconds)
        due = room.is_due(before)
        if due and not module.check_mode:
            after = defragment.patiently(lambda: defragment.make_room(seconds), seconds)
    except client.Unreachable as error:
        module.fail_json(msg=f"etcd on this host does not answer: {error} -> read 'journalctl -u k3s'")
    if after.alarm and not module.check_mode:
        module.fail_json(
            msg=f"etcd needs {after.size // MEBIBYTE} MiB for what it holds, of {after.quota // MEBIBYTE} MiB: the"
            " alarm NOSPACE stays -> delete objects that nobody needs, which is still possible, and run again"
        )
    module.exit_json(changed=due, database=shown(after), diff={"before": shown(before), "after": shown(after)})


if __name__ == "__main__":
    main()
