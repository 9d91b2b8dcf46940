# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: new_file
short_description: Write a file on the controller unless there is one
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Writes a file, and the directories above it, that somebody may edit afterwards. What exists is never touched.
  - This is an action plugin; it runs on the controller.
options:
  path:
    description: The file.
    type: path
    required: true
  content:
    description: Its content.
    type: str
    required: true
attributes:
  check_mode:
    description: Can run in check mode and tells whether it would write the file.
    support: full
  diff_mode:
    description: Shows the content of a file that is written.
    support: full
  idempotent:
    description: The second run changes nothing.
    support: full
"""

EXAMPLES = r"""
- name: Write a README to start from
  metalstack.autonomous.new_file:
    path: ~/site/README.md
    content: |
      # My site
"""

RETURN = r"""
path:
  description: The file.
  returned: always
  type: str
  sample: /home/operator/site/README.md
"""
