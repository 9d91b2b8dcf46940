#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: k3s_images
short_description: Bring archives of container images that k3s imports when it starts
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Verifies every archive on the controller before any is transferred, and again on the host before it takes its name.
  - Archives with the right checksum are left alone; others than those given are not touched.
extends_documentation_fragment:
  - metalstack.autonomous.k3s_attributes
options:
  images:
    description: Archives to have.
    type: list
    elements: dict
    required: true
    suboptions:
      src:
        description: Path on the controller.
        type: str
        required: true
      sha256:
        description: Checksum of the archive.
        type: str
        required: true
      name:
        description: >-
          File name on the host (default the one of O(images[].src)); k3s tells by its end how to read it, which is one
          of C(.tar), C(.tar.gz), C(.tgz), C(.tar.zst), C(.tar.bz2), C(.tbz), C(.tar.lz4) and C(.txt).
        type: str
  directory:
    description: Where k3s looks for them.
    type: path
    default: /var/lib/rancher/k3s/agent/images
  transferred:
    description: Where on the host the files were transferred to, by checksum. Set by the action plugin.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Bring the container images
  metalstack.autonomous.k3s_images:
    images:
      - src: /srv/mirror/k3s-airgap-images-amd64.tar.zst
        sha256: 0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0
"""

RETURN = r"""
paths:
  description: Archives that were, or would be, brought.
  type: list
  elements: str
  returned: success
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._artifact import files
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import layout

READ = (".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.bz2", ".tbz", ".tar.lz4", ".txt")


def target(directory, image):
    return Path(directory) / Path(image["name"] or image["src"]).name


def is_there(path, image):
    return path.is_file() and files.sha256_of(path) == image["sha256"]


def main():
    module = AnsibleModule(
        argument_spec={
            "images": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "src": {"type": "str", "required": True},
                    "sha256": {"type": "str", "required": True},
                    "name": {"type": "str"},
                },
            },
            "directory": {"type": "path", "default": layout.IMAGES_DIR},
            "transferred": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    wanted = {target(module.params["directory"], image): image for image in module.params["images"]}
    missing = {path: image for path, image in wanted.items() if not is_there(path, image)}
    paths = [str(path) for path in missing]
    if unread := [path.name for path in wanted if not path.name.endswith(READ)]:
        module.fail_json(msg=f"k3s would not import {', '.join(unread)}; expected a name ending in {', '.join(READ)}")
    try:
        for path, image in missing.items() if not module.check_mode else ():
            source = Path(module.params["transferred"][image["sha256"]])
            files.place(source, path, image["sha256"], 0o644, f"transferred {image['src']}")
    except (files.ChecksumError, OSError) as error:
        module.fail_json(msg=f"cannot bring the images: {error}")
    diff = {"before": "", "after": "".join(f"{path}\n" for path in paths)}
    module.exit_json(changed=bool(missing), paths=paths, diff=diff)


if __name__ == "__main__":
    main()
