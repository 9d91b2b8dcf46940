#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: metal_stack_release
short_description: Install a release of metal-stack for a stage
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Reads and verifies release vectors, puts the inventory's own values into them, installs the roles that they pin and
    returns the variables that these take. Runs on the controller.
  - Every stage has roles of its own. Roles of another version, or of another content, are another directory, and a link
    is switched to it; the former one stays as it is.
  - Refuses, before anything is changed, a release that is unknown, not signed, or incomplete; one that skips a release
    or a minor of Gardener; one that goes back; a tag that names something else than it did; and roles of another
    version than the vector is for.
  - Variables that an inventory defines itself do not come from here; hand the result on with less precedence, as with
    C(vars) of a play.
extends_documentation_fragment:
  - metalstack.autonomous.release_vectors
  - metalstack.autonomous.k3s_attributes
options:
  path:
    description: Directory on the controller below which each stage has one of its own.
    type: path
    required: true
  stage:
    description: Name of the stage. Stages share nothing, neither roles nor what is known of a release.
    type: str
    required: true
  roles:
    description: Directories or tar files on the controller that have a role of the release, by its name. They are taken
      as they are, and copied without C(.git) and C(__pycache__).
    type: dict
    default: {}
  deployed:
    description: What there is, as M(metalstack.autonomous.metal_stack_standing_info) tells it. Another controller may
      have gone on, so that the release is compared with this, and with the one that was installed here last only where
      nobody has told any.
    type: dict
    default: {}
    suboptions:
      release:
        description: Its name.
        type: str
        default: ""
      components:
        description: The versions of its components, by their path in the vector.
        type: dict
        default: {}
  withdrawn:
    description: Releases that are left out on purpose, and so are not skipped.
    type: list
    elements: str
    default: []
  allow_unmapped:
    description: Whether the mapping may name values that no vector has, because the inventory sets those variables
      itself. With the roles of the release there are none.
    type: bool
    default: false
  state:
    description: V(absent) forgets what the stage has, and removes its directory with its roles. A directory that has
      anything else in it is no stage's, and is refused.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: metalstack.autonomous.metal_stack_release_info
"""

EXAMPLES = r"""
- name: Install the release
  metalstack.autonomous.metal_stack_release:
    path: /var/lib/metal-stack
    stage: initial
    vectors:
      - url: oci://ghcr.io/metal-stack/releases:v0.22.19
        variable_mapping_path: metal_stack_release.mapping
        include_role_defaults: metal-roles/common/roles/defaults
        oci_cosign_verify_key: "{{ lookup('ansible.builtin.file', 'cosign.pub') }}"
    replacements:
      docker-images.metal-stack.control-plane.metal-api.tag: v0.45.1
  delegate_to: localhost
  register: release

- name: Deploy with its roles and variables
  ansible.builtin.include_role:
    name: "{{ release.roles_path }}/metal-roles/control-plane/roles/metal"
  vars:
    metal_api_image_tag: "{{ release.variables.metal_api_image_tag }}"

- name: Install it without a way out, from a mirror
  metalstack.autonomous.metal_stack_release:
    path: /var/lib/metal-stack
    stage: initial
    vectors: "{{ metal_stack_release_vectors }}"
    registry_mirrors:
      - registry: ghcr.io
        location: registry.example.org/ghcr.io
  delegate_to: localhost
"""

RETURN = r"""
release:
  description: C(name), which is the tag of the first vector of a registry that has one such as V(v0.22.19), or else of
    the first vector, and empty if that is of no registry; and its C(vectors) with C(url), C(digest) and by what each is
    C(trusted_by), V(key), V(certificate), V(checksum) or V(nothing).
  type: dict
  returned: when O(state=present)
roles:
  description: C(version), C(digest) and C(repository), which is V(local) for one of O(roles), by the name of a role.
  type: dict
  returned: when O(state=present)
roles_path:
  description: Directory that has the roles. C(PATH/STAGE/roles) is a link to it, for a path that stays.
  type: str
  returned: when O(state=present)
variables:
  description: The variables that the mapping names, called as there.
  type: dict
  returned: when O(state=present)
  sample: {metal_api_image_tag: v0.45.0}
unmapped:
  description: Variables that the mapping names and no vector has a value for, with O(allow_unmapped).
  type: list
  elements: str
  returned: when O(state=present)
components:
  description: The version of every component of the release, by its dotted path in the vector.
  type: dict
  returned: when O(state=present)
changes:
  description: What is another version than with the release before, as C(component), C(from), C(to) and C(kind), which
    is V(added), V(removed), V(upgrade), V(downgrade) or V(change).
  type: list
  elements: dict
  returned: when O(state=present)
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._artifact.fetch import default_cache
from ansible_collections.metalstack.autonomous.plugins.module_utils._artifact.transport import Transport
from ansible_collections.metalstack.autonomous.plugins.module_utils._release import install, options, settings
from ansible_collections.metalstack.autonomous.plugins.module_utils._release.errors import ReleaseError
from ansible_collections.metalstack.autonomous.plugins.module_utils._release.stage import Stage

DEPLOYED = {
    "release": {"type": "str", "default": ""},
    "components": {"type": "dict", "default": {}},
}
SPECIFICATION = {
    **options.COMMON,
    "path": {"type": "path", "required": True},
    "stage": {"type": "str", "required": True},
    "roles": {"type": "dict", "default": {}},
    "deployed": {"type": "dict", "default": {}, "options": DEPLOYED},
    "withdrawn": {"type": "list", "elements": "str", "default": []},
    "allow_unmapped": {"type": "bool", "default": False},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def act(module):
    given = module.params
    stage = Stage(Path(given["path"]), given["stage"])
    if given["state"] == "absent":
        return install.absent(stage, module.check_mode)
    transport = Transport(default_cache() / "unreachable", module.debug)
    wanted = settings.read(given)
    more = {name: given[name] for name in ("allow_downgrade", "allow_unmapped", "deployed", "withdrawn")}
    return install.Installer(wanted, stage, transport, dry=module.check_mode, **more).run()


def main():
    module = AnsibleModule(
        argument_spec=SPECIFICATION,
        required_if=[("state", "present", ("vectors",))],
        supports_check_mode=True,
    )
    try:
        module.exit_json(**act(module))
    except (ReleaseError, OSError) as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
