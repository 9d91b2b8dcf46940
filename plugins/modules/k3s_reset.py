# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: k3s_reset
short_description: Remove what k3s leaves on a host
version_added: 0.1.0
description:
  - Kills the containers, unmounts their file systems, deletes the pods' network, kube-proxy's rules and the files of
    k3s. The unit has to be stopped before.
  - Nothing is deleted as long as anything is still mounted below it.
  - The binary stays; M(metalstack.autonomous.versioned_binary) removes it.
extends_documentation_fragment:
  - metalstack.autonomous.k3s_attributes
options:
  purge:
    description:
      - More paths to delete, such as the one that persistent volumes lie in. Without, their data stays.
    type: list
    elements: path
    default: []
  keep:
    description: Paths that must survive. One that lies inside what is removed is a reason to refuse.
    type: list
    elements: path
    default: []
  containers_only:
    description: Whether only what runs or is mounted goes, and no file is deleted.
    type: bool
    default: false
author:
  - metal-stack authors (@metal-stack)
"""

EXAMPLES = r"""
- name: Remove everything but the volumes
  metalstack.autonomous.k3s_reset:
"""

RETURN = r"""
leftovers:
  description: What was found, with C(processes), C(mounts), C(links), C(rules) and C(paths).
  returned: always
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import host, reset


def main():
    module = AnsibleModule(
        argument_spec={
            "purge": {"type": "list", "elements": "path", "default": []},
            "keep": {"type": "list", "elements": "path", "default": []},
            "containers_only": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    if lost := reset.holding(module.params["keep"]):
        module.fail_json(msg=f"{', '.join(lost)} is to be kept, and lies inside what is removed -> move it away first")
    paths = [] if module.params["containers_only"] else [*reset.PATHS, *module.params["purge"]]
    if host.unit()["pid"] and not module.check_mode:
        module.fail_json(msg="k3s is running, expected it stopped -> stop k3s.service first")
    found = reset.leftovers(paths)
    changed = any(found.values())
    if changed and not module.check_mode:
        try:
            reset.clean(paths)
        except (reset.Stuck, OSError) as error:
            module.fail_json(msg=str(error), leftovers=found)
    module.exit_json(
        changed=changed,
        leftovers=found,
        diff={"before": found, "after": {key: type(value)() for key, value in found.items()}},
    )


if __name__ == "__main__":
    main()
