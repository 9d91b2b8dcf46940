#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: metal_image
short_description: Manage operating system images of metal-stack
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Brings any number of images to what is given, in one call, by API v2 or v1, and sends only what differs.
  - Everything is checked before anything is sent, and all that is wrong is told at once. An update is refused if
    somebody else changed the image since it was read.
  - The servers ask for the head of a URL that is new or changes, and refuse one that is not there. One image that they
    refuse does not keep the others from their turn; in the end the task fails and says which was not done, and why.
  - An image is not removed while a machine or firewall has it.
extends_documentation_fragment:
  - metalstack.autonomous.metal_api
  - metalstack.autonomous.metal_api.list
options:
  images:
    description: The images. What one of them does not give stays as it is.
    type: list
    elements: dict
    required: true
    suboptions:
      id:
        description: Operating system and version, such as V(ubuntu-24.04) or V(ubuntu-24.04.20261101).
        type: str
        required: true
      state:
        description: Whether it shall be there.
        type: str
        choices: [present, absent]
        default: present
      name:
        description: A readable name, 2 to 128 characters.
        type: str
      description:
        description: A description, up to 256 characters.
        type: str
      url:
        description: Where the image is. A new one needs it.
        type: str
      features:
        description: What can be installed with it. A new one needs it, and it cannot be emptied.
        type: list
        elements: str
        choices: [machine, firewall]
      classification:
        description: What is promised about it; a new one is a V(preview) if not given.
        type: str
        choices: [preview, supported, deprecated]
      expires_at:
        description: >-
          From when on no machine can be installed with it, such as V(2027-01-31T12:00:00Z); in UTC if it does not say.
          A new one is good for 90 days if not given. API v2 takes no time that is past.
        type: str
      labels:
        description: Labels; null as a value removes one. API v1 has none for images, nor an O(owner) therefore.
        type: dict
"""

EXAMPLES = r"""
- name: The images of this control plane, and no others of ours
  metalstack.autonomous.metal_image:
    api_url: https://v2.metal.example.org
    api_token: "{{ metal_token }}"
    owner: site-a
    mode: exact
    images:
      - id: ubuntu-24.04.20261101
        name: Ubuntu 24.04
        url: https://images.example.org/metal-os/ubuntu/24.04/20261101/img.tar.lz4
        features: [machine]
        classification: supported
        expires_at: "2027-05-01T00:00:00Z"
      - id: firewall-ubuntu-3.0.20261101
        name: Firewall 3
        url: https://images.example.org/metal-os/firewall/3.0/20261101/img.tar.lz4
        features: [firewall]
"""

RETURN = r"""
images:
  description: The images of the task that are, or would be, there, as M(metalstack.autonomous.metal_image_info)
    returns them.
  type: list
  elements: dict
  returned: success, and where some could not be changed
created:
  description: Ids of those that were, or would be, made.
  type: list
  elements: str
  returned: success, and where some could not be changed
updated:
  description: Ids of those that were, or would be, changed.
  type: list
  elements: str
  returned: success, and where some could not be changed
removed:
  description: Ids of those that were, or would be, removed.
  type: list
  elements: str
  returned: success, and where some could not be changed
problems:
  description: What is wrong with the task, or was not done, one by one.
  type: list
  elements: str
  returned: failure
api_version:
  description: The API that was spoken, V(v1) or V(v2).
  type: str
  returned: success, and where some could not be changed
"""

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import module
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kinds.image import IMAGE

OPTIONS = {
    "name": {"type": "str"},
    "description": {"type": "str"},
    "url": {"type": "str"},
    "features": {"type": "list", "elements": "str", "choices": ["machine", "firewall"]},
    "classification": {"type": "str", "choices": ["preview", "supported", "deprecated"]},
    "expires_at": {"type": "str"},
}


def main() -> None:
    module.run(IMAGE, OPTIONS)


if __name__ == "__main__":
    main()
