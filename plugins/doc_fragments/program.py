# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules that install a program have in common."""

from __future__ import annotations


class ModuleDocFragment:
    """Where it is put, and what the module can do."""

    DOCUMENTATION = r"""
options:
  path:
    description: Where the program is put.
    type: path
    required: true
attributes:
  check_mode:
    description: Runs in check mode and tells what it would change.
    support: full
  diff_mode:
    description: The file is packed; there is nothing to read in it.
    support: none
  idempotent:
    description: The second run changes nothing.
    support: full
"""
