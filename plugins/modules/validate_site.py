# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: validate_site
short_description: Judge a site's inventory, and its hosts, before anything is touched
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Without O(facts) this is the offline pass, over the inventory's groups and variables and the controller's own state.
    It opens no connection.
  - With O(facts) it is the host pass, over what M(metalstack.autonomous.site_facts) read.
  - Fails with a table of B(all) mistakes. The rows are listed in C(docs/playbooks/validate.md).
  - This is an action plugin; it runs on the controller.
options:
  facts:
    description: What each host said, by its name. A host that is missing did not answer.
    type: dict
  strangers:
    description: Hardware addresses that answered for the site's addresses, by address, as each host saw it.
    type: dict
    default: {}
  leaving:
    description:
      - Hosts that need not answer, because they are about to leave. Where there are some, other hosts that are no
        servers need not either, and a warning names them.
    type: list
    elements: str
    default: []
  rotates:
    description: What the playbook rotate exchanges, so that hosts may have another one than the inventory.
    type: str
    default: ''
attributes:
  check_mode:
    description: Can run in check mode and return the same.
    support: full
  diff_mode:
    description: Returns what has changed; this action changes nothing.
    support: N/A
  idempotent:
    description: The second run changes nothing; neither does the first.
    support: full
"""

EXAMPLES = r"""
- name: Judge the inventory
  metalstack.autonomous.validate_site:
"""

RETURN = r"""
ids:
  description: The rows that were found.
  returned: always
  type: list
  elements: str
  sample: [V02, V11]
"""
