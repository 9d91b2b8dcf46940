#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: host_updates
short_description: Install updates of Debian's packages
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Brings the packages to the versions that M(metalstack.autonomous.host_updates_info) tells, with what they need, and
    finishes what was begun before. It fetches no package lists.
  - Nothing is ever removed, packages that somebody holds stay, changed configuration files stay, and nothing is asked.
options:
  packages:
    description: As of M(metalstack.autonomous.host_updates_info).
    type: str
    choices: [security, all]
    default: security
attributes:
  check_mode:
    description: Tells what it would install.
    support: full
  diff_mode:
    description: Shows the packages with their versions.
    support: full
  idempotent:
    description: The second run changes nothing.
    support: full
seealso:
  - module: metalstack.autonomous.host_updates_info
"""

EXAMPLES = r"""
- name: Install the security updates
  metalstack.autonomous.host_updates:
    packages: security
"""

RETURN = r"""
packages:
  description: Packages that became newer, each with C(name), C(from), C(to) and whether it is for C(security).
  type: list
  elements: dict
  returned: success
added:
  description: Packages that came with them.
  type: list
  elements: str
  returned: success
finished:
  description: Packages whose installation had ended half-way.
  type: list
  elements: str
  returned: success
reboot:
  description: Why the host needs a reboot now, one text a reason; in check mode, why it would need one.
  type: list
  elements: str
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._debian import apt


def diff(found):
    lines = {"before": [], "after": [f"{name} added" for name in found["added"]]}
    for package in found["packages"]:
        lines["before"].append(f"{package['name']} {package['from']}")
        lines["after"].append(f"{package['name']} {package['to']}")
    return {side: "".join(f"{line}\n" for line in sorted(said)) for side, said in lines.items()}


def install(debian, found):
    """Finish what was begun, and install. A newer version may be what mends a package that can't be finished."""
    said = debian.finish() if found["unfinished"] else ""
    names = [package["name"] for package in found["packages"]]
    if said and not set(found["unfinished"]).intersection(names):
        raise apt.AptError(f"an installation that was begun before can't be finished: {said}")
    if names:
        debian.install(found["packages"])
    left = debian.unfinished()
    if left:
        raise apt.AptError(f"{', '.join(left)}: the installation ended half-way")
    return debian.reboot()


def main():
    module = AnsibleModule(
        argument_spec={"packages": {"type": "str", "choices": ["security", "all"], "default": "security"}},
        supports_check_mode=True,
    )
    debian = apt.Apt(module.run_command)
    try:
        found = debian.facts(module.params["packages"])
        if found["removals"]:
            raise apt.AptError(f"nothing was installed, since {', '.join(found['removals'])} would be removed")
        reasons = found["reboot"] + found["reboot_expected"]
        changed = bool(found["packages"] or found["unfinished"])
        if changed and not module.check_mode:
            reasons = install(debian, found)
    except apt.AptError as error:
        module.fail_json(msg=f"{error} -> mend that on the host, and run this again")
    module.exit_json(
        changed=changed,
        packages=found["packages"],
        added=found["added"],
        finished=found["unfinished"],
        reboot=reasons,
        diff=diff(found),
    )


if __name__ == "__main__":
    main()
