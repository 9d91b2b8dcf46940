#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: chrony_info
short_description: Read where a host has its time from
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Reads the tracking state and the sources of chronyd, which tells root alone how they are authenticated.
options:
  socket:
    description: Command socket of chronyd, if it is not the default one.
    type: path
attributes:
  check_mode:
    description: Changes nothing.
    support: full
  diff_mode:
    description: Changes nothing.
    support: N/A
"""

EXAMPLES = r"""
- name: Look at the clock
  metalstack.autonomous.chrony_info:
  register: clock
"""

RETURN = r"""
tracking:
  description: As of M(metalstack.autonomous.chrony_sources).
  type: dict
  returned: success
sources:
  description: As of M(metalstack.autonomous.chrony_sources).
  type: list
  elements: dict
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._time import daemon


def main():
    module = AnsibleModule(argument_spec={"socket": {"type": "path"}}, supports_check_mode=True)
    try:
        module.exit_json(changed=False, **daemon.Daemon(module.run_command, module.params["socket"]).facts())
    except (daemon.ChronyError, ValueError, OSError) as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
