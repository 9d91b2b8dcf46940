#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: host_updates_info
short_description: Read which updates of Debian's packages a host lacks, and whether it needs a reboot
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Asks apt-get what it would do, after it has fetched the package lists.
  - A reboot is needed where F(/run/reboot-required) is there, where a newer kernel of Debian is installed than the one
    that runs, and where services still use replaced libraries, which only C(needrestart) knows, if it is installed.
options:
  packages:
    description:
      - V(security) are those whose newest version comes from an archive with the label C(Debian-Security), and what
        they need; V(all) are all.
    type: str
    choices: [security, all]
    default: security
  refresh:
    description: Whether the package lists are fetched. In check mode they are not, which would write to the disk.
    type: bool
    default: true
  refresh_timeout:
    description: Seconds that this may take.
    type: int
    default: 180
attributes:
  check_mode:
    description: Reads the package lists that are there.
    support: full
  diff_mode:
    description: Changes nothing that would be shown.
    support: N/A
seealso:
  - module: metalstack.autonomous.host_updates
"""

EXAMPLES = r"""
- name: See what is to be done
  metalstack.autonomous.host_updates_info:
  register: updates
"""

RETURN = r"""
packages:
  description: Packages that would become newer, each with C(name), C(from), C(to) and whether it is for C(security).
  type: list
  elements: dict
  returned: success
added:
  description: Packages that they need and that are not installed yet.
  type: list
  elements: str
  returned: success
removals:
  description: Packages that would have to go; none is ever removed.
  type: list
  elements: str
  returned: success
held:
  description: Packages that have a newer version and that somebody holds as they are.
  type: list
  elements: str
  returned: success
kept:
  description: Packages that have a newer version which can't be installed.
  type: list
  elements: str
  returned: success
unfinished:
  description: Packages whose installation ended half-way.
  type: list
  elements: str
  returned: success
reboot:
  description: Why the host needs a reboot by now, one text a reason.
  type: list
  elements: str
  returned: success
reboot_expected:
  description: Why it will need one after these updates, as far as that can be told before.
  type: list
  elements: str
  returned: success
lists_age:
  description: Seconds since the package lists were fetched, V(-1) where there are none.
  type: int
  returned: success
boot_id:
  description: What the kernel calls the time since its start. Containers share it with the machine that they are on.
  type: str
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._debian import apt


def main():
    module = AnsibleModule(
        argument_spec={
            "packages": {"type": "str", "choices": ["security", "all"], "default": "security"},
            "refresh": {"type": "bool", "default": True},
            "refresh_timeout": {"type": "int", "default": 180},
        },
        supports_check_mode=True,
    )
    debian = apt.Apt(module.run_command)
    try:
        if module.params["refresh"] and not module.check_mode:
            debian.refresh(module.params["refresh_timeout"])
        module.exit_json(changed=False, **debian.facts(module.params["packages"]))
    except apt.AptError as error:
        module.fail_json(msg=f"{error} -> mend that on the host, and run this again")


if __name__ == "__main__":
    main()
