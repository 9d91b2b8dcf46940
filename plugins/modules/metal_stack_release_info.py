#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: metal_stack_release_info
short_description: Compare a release of metal-stack with the one before
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Tells which release a stage has and, with O(vectors), what another one changes of it, whether it may follow, and
    which releases lie between. Runs on the controller.
extends_documentation_fragment:
  - metalstack.autonomous.release_vectors
  - metalstack.autonomous.k3s_attributes
  - metalstack.autonomous.k3s_attributes.info
options:
  former:
    description: Where the vector to compare with is, as O(vectors[].url), instead of what the stage has. It is read as
      the first of O(vectors), and without O(replacements). There is no checksum for it, so that one at an C(https://)
      URL takes O(verify=false).
    type: str
seealso:
  - module: metalstack.autonomous.metal_stack_release
"""

EXAMPLES = r"""
- name: Look at what an upgrade would change
  metalstack.autonomous.metal_stack_release_info:
    path: /var/lib/metal-stack
    stage: initial
    vectors: "{{ metal_stack_release_vectors }}"
  delegate_to: localhost
  register: upgrade

- name: Compare two files
  metalstack.autonomous.metal_stack_release_info:
    vectors:
      - url: /srv/releases/v0.22.19/release.yaml
    former: /srv/releases/v0.22.18/release.yaml
  delegate_to: localhost
"""

RETURN = r"""
installed:
  description: What the stage has, with C(name), C(vectors), C(roles), C(components) and C(replacements); all empty
    without a stage or a release.
  type: dict
  returned: success
release:
  description: As of M(metalstack.autonomous.metal_stack_release).
  type: dict
  returned: when O(vectors) is given
images:
  description: The images of containers that its vectors name, as C(NAME:TAG).
  type: list
  elements: str
  returned: when O(vectors) is given
artifacts:
  description: What a registry has of it beside these, its vectors and its roles, by reference.
  type: list
  elements: str
  returned: when O(vectors) is given
former:
  description: Name of the release that was compared with, if it has one.
  type: str
  returned: when O(vectors) is given
changes:
  description: As of M(metalstack.autonomous.metal_stack_release).
  type: list
  elements: dict
  returned: when O(vectors) is given
refusals:
  description:
    - Why the release may not follow, as far as its vectors tell; empty if they tell nothing against it.
    - Roles are not read for that. That one has another content at the same version, or takes a variable that no vector
      has a value for, is refused by M(metalstack.autonomous.metal_stack_release) alone, which tells it in check mode.
  type: list
  elements: str
  returned: when O(vectors) is given
walk:
  description: The releases to take one after the other, up to this one, if both are of a registry that lists them.
  type: list
  elements: str
  returned: when O(vectors) is given
  sample: [v0.22.18, v0.22.19]
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._artifact.fetch import default_cache
from ansible_collections.metalstack.autonomous.plugins.module_utils._artifact.transport import Transport
from ansible_collections.metalstack.autonomous.plugins.module_utils._release import look, options, settings
from ansible_collections.metalstack.autonomous.plugins.module_utils._release.errors import ReleaseError
from ansible_collections.metalstack.autonomous.plugins.module_utils._release.stage import Stage


def read(module):
    given = module.params
    record = Stage(Path(given["path"]), given["stage"]).record() if given["path"] else {}
    result = {"installed": look.installed(record)}
    if given["vectors"]:
        transport = Transport(default_cache() / "unreachable", module.debug)
        wanted = settings.read(given)
        former = wanted.only(given["former"]) if given["former"] else None
        result |= look.compared(wanted, former, record, transport, given["allow_downgrade"])
    return result


def main():
    module = AnsibleModule(
        argument_spec={**options.COMMON, "former": {"type": "str"}},
        required_together=[("path", "stage")],
        required_by={"former": ("vectors",)},
        supports_check_mode=True,
    )
    try:
        module.exit_json(changed=False, **read(module))
    except (ReleaseError, OSError) as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
