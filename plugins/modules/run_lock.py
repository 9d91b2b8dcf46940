# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: run_lock
short_description: Hold a host for one run of a playbook
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Writes who is at work to C(/var/lib/metalstack-autonomous/lock) of the host, and refuses while another run is.
  - A lock whose owner ran on this controller and is gone, killed or crashed, is taken over without a question.
    Of an owner on another controller nobody here can know whether it lives; O(takeover) says that it does not.
  - Held on the first server before any other host, it lets only one of two runs through that start together.
  - A lock is no part of a host's configuration, therefore it is never reported as a change.
options:
  site:
    description: The site's name, for the refusal's text.
    type: str
    required: true
  state:
    description: V(present) holds the host, V(absent) lets it go when this run holds it.
    type: str
    choices: [present, absent]
    default: present
  takeover:
    description: Take the lock away from whoever holds it.
    type: bool
    default: false
  owner:
    description: Who runs the playbook. Filled in on the controller.
    type: dict
  instead_of:
    description: The owner that may lose the lock. Filled in on the controller.
    type: dict
attributes:
  check_mode:
    description: Can run in check mode; it refuses like any other run, but holds nothing.
    support: full
  diff_mode:
    description: Returns what has changed; a lock is never reported as a change.
    support: N/A
  idempotent:
    description: The second run changes nothing.
    support: full
"""

EXAMPLES = r"""
- name: Hold the first server, which decides between runs that start together
  metalstack.autonomous.run_lock:
    site: "{{ site_name }}"
  run_once: true

- name: Hold all other hosts
  metalstack.autonomous.run_lock:
    site: "{{ site_name }}"
"""

RETURN = r"""
holder:
  description: Who holds the host now.
  returned: always
  type: dict
taken_over_from:
  description: The owner that lost the lock.
  returned: when there was one
  type: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._site import lock, lock_file


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "site": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "takeover": {"type": "bool", "default": False},
            "owner": {"type": "dict"},
            "instead_of": {"type": "dict"},
        },
        supports_check_mode=True,
    )
    owner = module.params["owner"] or {}
    if module.params["state"] == "present" and not module.check_mode:
        lock_file.take(lock.PATH, owner, module.params["instead_of"])
    elif not module.check_mode:
        lock_file.leave(lock.PATH, owner)
    module.exit_json(changed=False, holder=lock_file.read(lock.PATH))


if __name__ == "__main__":
    main()
