# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mirror_import
short_description: Take a mirror that was carried to a site
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Makes a directory the same as a carried one, with its manifest and signature. Every file is verified.
  - Files that are missing there, truncated or tampered with are named, and the mirror stays what it was; the others are
    kept, so that only those have to be carried again. Run again after an interruption, it goes on where it was.
  - What the carried mirror does not have any more is removed.
  - This is an action plugin; it runs on the controller.
options:
  source:
    description: Directory that was carried.
    type: path
    required: true
  path:
    description: Directory of the site's mirror.
    type: path
    required: true
  signers:
    description: As of M(metalstack.autonomous.mirror_verify).
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    description: Tells what it would take, and what can't be taken.
    support: full
  diff_mode:
    description: Lists the files.
    support: full
  idempotent:
    description: The second run changes nothing.
    support: full
seealso:
  - module: metalstack.autonomous.mirror_collect
"""

EXAMPLES = r"""
- name: Take what is on the disk
  metalstack.autonomous.mirror_import:
    source: /media/disk/mirror
    path: /srv/mirror
    signers: ["{{ lookup('ansible.builtin.file', '/srv/operator.pub') }}"]
"""

RETURN = r"""
added:
  description: Files that came, or would come, by their path in the mirror.
  type: list
  elements: str
  returned: success
replaced:
  description: Files that have another content now.
  type: list
  elements: str
  returned: success
removed:
  description: Files that were removed.
  type: list
  elements: str
  returned: success
idle:
  description: As of M(metalstack.autonomous.mirror_collect), and always empty.
  type: list
  elements: str
  returned: success
foreign:
  description: Files in the directory that are not the mirror's.
  type: list
  elements: str
  returned: success
signed:
  description: Whether there is another signature than before.
  type: bool
  returned: success
"""
