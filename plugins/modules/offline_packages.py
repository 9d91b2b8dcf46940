#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: offline_packages
short_description: Have a host take Debian's packages from the site's mirror alone
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Brings to the host what it lacks of the mirror for its release and architecture, and makes that its only source. A
    package that is installed in the mirror's version, or a newer one, is not brought.
  - Every file is verified on the controller before it is transferred, on the host before it has its name, and by apt,
    against Debian's own keys, before anything is installed. What apt does not believe never becomes the source.
  - The host's own sources and their lists stay as they are. apt reads none of them while C(/etc/apt/apt.conf.d) has
    C(90metalstack-offline), and all of them again once O(state=absent) has taken that away, for which nothing outside
    is asked.
  - What was transferred before an interruption is not transferred again.
options:
  mirror:
    description: Directory of the mirror on the controller, as M(metalstack.autonomous.mirror_collect) makes it.
    type: str
  signers:
    description: Public keys of OpenSSH, of which one has to have signed the mirror. Without any, nobody has to.
    type: list
    elements: str
    default: []
  keyring:
    description: File on the host with the keys by which apt verifies the packages.
    type: path
    default: /usr/share/keyrings/debian-archive-keyring.gpg
  state:
    description:
      - V(present) has the mirror be the host's source.
      - V(absent) gives the host its own sources back, and removes what was brought.
    type: str
    choices: [present, absent]
    default: present
  files:
    description: What the mirror has for hosts. Set by the action plugin.
    type: list
    elements: dict
    default: []
  archive:
    description: Where on the host files were transferred to. Set by the action plugin.
    type: path
attributes:
  check_mode:
    description: Tells what it would bring and change.
    support: full
  diff_mode:
    description: Shows the files that are brought and removed, and the configuration.
    support: full
  idempotent:
    description: The second run changes nothing.
    support: full
seealso:
  - module: metalstack.autonomous.mirror_collect
"""

EXAMPLES = r"""
- name: Take packages from the mirror alone
  metalstack.autonomous.offline_packages:
    mirror: /srv/mirror
    signers: ["{{ lookup('ansible.builtin.file', '/srv/operator.pub') }}"]

- name: Take them from the sources of the host again
  metalstack.autonomous.offline_packages:
    state: absent
"""

RETURN = r"""
brought:
  description: Files that were, or would be, brought, by their path in the mirror.
  type: list
  elements: str
  returned: success
removed:
  description: Files of the mirror that were, or would be, removed from the host.
  type: list
  elements: str
  returned: success
"""

import os
import shutil
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._artifact.files import ChecksumError
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror import debian, host
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror.errors import MirrorError
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror.manifest import Entry

SPECIFICATION = {
    "mirror": {"type": "str"},
    "signers": {"type": "list", "elements": "str", "default": []},
    "keyring": {"type": "path", "default": debian.KEYRING},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "files": {"type": "list", "elements": "dict", "default": []},
    "archive": {"type": "path"},
}


def diffs(change):
    brought = "".join(f"{entry.path}\n" for entry in change.lacking)
    removed = "".join(f"{path}\n" for path in change.removed)
    files = [{"header": host.DIRECTORY, "before": removed, "after": brought}] if brought or removed else []
    texts = sorted(change.texts.items())
    return [*files, *({"header": path, "before": before, "after": after} for path, (before, after) in texts)]


def free_bytes():
    directory = host.DIRECTORY
    while not os.path.isdir(directory):
        directory = os.path.dirname(directory)
    return shutil.disk_usage(directory).free


def present(module, here):
    entries = [Entry(**{**one, "purpose": tuple(one["purpose"])}) for one in module.params["files"]]
    if module.params["archive"]:
        here.unpack(Path(module.params["archive"]), entries)
        return {"changed": True}
    change = here.change(entries, here.place())
    if change.lacking and not module.check_mode:
        # The action plugin has to answer with these files.
        return {"transfer": {"paths": [entry.path for entry in change.lacking], "free_bytes": free_bytes()}}
    if change and not module.check_mode:
        here.apply(change)
    return told(change)


def absent(module, here):
    change = here.absent()
    if change and not module.check_mode:
        here.leave(change)
    return told(change)


def told(change):
    brought = [entry.path for entry in change.lacking]
    return {"changed": bool(change), "brought": brought, "removed": change.removed, "diff": diffs(change)}


def main():
    module = AnsibleModule(
        argument_spec=SPECIFICATION, required_if=[("state", "present", ("mirror",))], supports_check_mode=True
    )
    # apt reads as a user of its own, whatever whoever runs this has.
    os.umask(0o022)
    here = host.Host(module.run_command, module.params["keyring"])
    try:
        result = present(module, here) if module.params["state"] == "present" else absent(module, here)
    except (MirrorError, ChecksumError, OSError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
