# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: metrics_program
short_description: Install the program that tells Prometheus of a host
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Packs the collection's own code for metrics into one file and puts it on the host, so that timers and units run what
    the modules run.
  - The same release always makes the same file.
extends_documentation_fragment:
  - metalstack.autonomous.program
"""

EXAMPLES = r"""
- name: Install the program
  metalstack.autonomous.metrics_program:
    path: /usr/local/bin/metalstack-metrics
"""

RETURN = r"""
checksum:
  description: SHA-1 of the program.
  type: str
  returned: changed
"""
