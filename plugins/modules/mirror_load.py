# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mirror_load
short_description: Load a mirror's images into a registry
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Brings the images of a mirror, as M(metalstack.autonomous.mirror_collect) has collected them, to a registry, with
    all of their platforms and with what has signed them. Manifests and layers are the same bytes, so that every digest
    stays what it was.
  - An image is found below the name of the registry that it is of, C(docker.io/library/alpine) for example; a port is
    behind an underscore there.
  - Only what the registry lacks is sent, each layer once, after its checksum was compared with the mirror's manifest.
    Run again after an interruption, it goes on where it was. A file that is missing, truncated or tampered with is
    named at the end, and no image that needs it gets a name in the registry.
  - While the registry gives no answer, or collects what no image names any more, it is waited for.
  - This is an action plugin; it runs on the controller.
options:
  path:
    description: Directory of the mirror.
    type: path
    required: true
  url:
    description: The registry, as V(https://HOST:PORT).
    type: str
    required: true
  username:
    description: Who loads, empty for nobody in particular.
    type: str
    default: ''
  password:
    description: The password of O(username).
    type: str
    default: ''
  ca:
    description: Authorities in PEM of which one has to have issued the registry's certificate; empty, the system's.
    type: str
    default: ''
  signers:
    description: As of M(metalstack.autonomous.mirror_verify).
    type: list
    elements: str
    default: []
  prune:
    description:
      - Whether tags are removed that the mirror does not name, below the names of registries that it has images of.
        What was pushed below other names stays.
      - Their layers go with the next collection of the registry.
    type: bool
    default: false
  timeout:
    description: Seconds that a registry which gives no answer is waited for.
    type: float
    default: 300
attributes:
  check_mode:
    description: Asks the registry and tells what it would load.
    support: full
  diff_mode:
    description: Lists the images.
    support: full
  idempotent:
    description: The second run changes nothing.
    support: full
seealso:
  - module: metalstack.autonomous.mirror_collect
"""

EXAMPLES = r"""
- name: Load the site's images into the registry of this host
  metalstack.autonomous.mirror_load:
    path: /srv/mirror
    url: https://{{ ansible_host }}:5000
    username: writer
    password: "{{ vault_registry_writer_password }}"
    ca: "{{ lookup('ansible.builtin.file', '/srv/ca.crt') }}"
"""

RETURN = r"""
images:
  description: All images of the mirror, by the name that they have in references.
  type: list
  elements: str
  returned: success
loaded:
  description: Those that were, or would be, loaded or named.
  type: list
  elements: str
  returned: success
removed:
  description: What was, or would be, removed, as C(REPOSITORY:TAG).
  type: list
  elements: str
  returned: success
blobs:
  description: How many layers and configurations were, or would be, sent.
  type: int
  returned: success
bytes:
  description: How large they are together.
  type: int
  returned: success
"""
