# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mirror_verify
short_description: Verify every byte of a mirror
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Compares a directory with its C(manifest.json), and that with its signature. Fails with the name of each file that
    is missing, foreign, truncated or tampered with.
  - This is an action plugin; it runs on the controller.
options:
  path:
    description: Directory of the mirror.
    type: path
    required: true
  signers:
    description: Public keys of OpenSSH, of which one has to have signed. Without any a warning says that nobody has to.
    type: list
    elements: str
    default: []
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
seealso:
  - module: metalstack.autonomous.mirror_collect
"""

EXAMPLES = r"""
- name: Verify the mirror
  metalstack.autonomous.mirror_verify:
    path: /srv/mirror
    signers: ["{{ lookup('ansible.builtin.file', '/srv/operator.pub') }}"]
"""

RETURN = r"""
faults:
  description: Files that are not as the manifest has them, with C(path) and C(what), which is V(missing), V(foreign),
    V(truncated) or V(tampered).
  type: list
  elements: dict
  returned: when there is a manifest and it is trusted
signer:
  description: Fingerprint of the key that has signed, empty where none was asked for.
  type: str
  returned: when there is a manifest and it is trusted
files:
  description: How many files the manifest has.
  type: int
  returned: when there is a manifest and it is trusted
bytes:
  description: How large they are together.
  type: int
  returned: when there is a manifest and it is trusted
collected_for:
  description: What the mirror was collected for.
  type: dict
  returned: when there is a manifest and it is trusted
"""
