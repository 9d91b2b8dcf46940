#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: acme_program
short_description: Install the program that asks for certificates by ACME
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Packs the collection's own code for certificates into one file and puts it on the host, where a timer runs it. It
    decides which certificates are due, has the client C(lego) ask for them, puts them in place, and reloads services.
  - The same release always makes the same file.
extends_documentation_fragment:
  - metalstack.autonomous.program
"""

EXAMPLES = r"""
- name: Install the program
  metalstack.autonomous.acme_program:
    path: /usr/local/bin/metalstack-acme
"""

RETURN = r"""
checksum:
  description: SHA-1 of the program.
  type: str
  returned: changed
"""
