#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: metal_image_info
short_description: Read the images of metal-stack
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Reads images by API v2 or v1, in the form in which M(metalstack.autonomous.metal_image) takes them.
extends_documentation_fragment:
  - metalstack.autonomous.metal_api
  - metalstack.autonomous.metal_api.info
  - metalstack.autonomous.metal_api.marked
options:
  classification:
    description: Read those that are classified so only.
    type: str
    choices: [preview, supported, deprecated]
  feature:
    description: Read those only that can be installed as this.
    type: str
    choices: [machine, firewall]
"""

EXAMPLES = r"""
- name: See what keeps an image from being removed
  metalstack.autonomous.metal_image_info:
    api_url: https://v2.metal.example.org
    api_token: "{{ metal_token }}"
    ids: [ubuntu-24.04.20261101]
    usage: true

- name: See which firewalls are promised anything about, by API v1
  metalstack.autonomous.metal_image_info:
    api_url: https://api.metal.example.org/metal
    api_hmac: "{{ metal_hmac }}"
    feature: firewall
    classification: supported
"""

RETURN = r"""
images:
  description: The images, in the order of O(ids) or by id.
  type: list
  elements: dict
  returned: success
  contains:
    id:
      description: Id of the image.
      type: str
    name:
      description: Its name, empty for none.
      type: str
    description:
      description: Its description, empty for none.
      type: str
    url:
      description: Where it is.
      type: str
    features:
      description: What can be installed with it.
      type: list
      elements: str
    classification:
      description: V(preview), V(supported) or V(deprecated).
      type: str
    expires_at:
      description: From when on no machine can be installed with it, in UTC.
      type: str
    labels:
      description: Its labels.
      type: dict
      returned: by API v2
    created_at:
      description: When it was made.
      type: str
    updated_at:
      description: When it was changed last.
      type: str
    generation:
      description: How often it was changed.
      type: int
      returned: by API v2
    used_by:
      description: What has it, in words; empty if it can be removed.
      type: list
      elements: str
      returned: with O(usage)
missing:
  description: Those of O(ids) that are not there, or do not fit the other options.
  type: list
  elements: str
  returned: success
api_version:
  description: The API that was spoken, V(v1) or V(v2).
  type: str
  returned: success
"""

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import module
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kinds.image import IMAGE

OPTIONS = {
    "classification": {"type": "str", "choices": ["preview", "supported", "deprecated"]},
    "feature": {"type": "str", "choices": ["machine", "firewall"]},
}


def main() -> None:
    module.run_info(IMAGE, OPTIONS)


if __name__ == "__main__":
    main()
