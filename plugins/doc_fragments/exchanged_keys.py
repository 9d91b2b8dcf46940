# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules have in common that exchange a secret which backups are made with."""

from __future__ import annotations


class ModuleDocFragment:
    """Attributes of a module that has nothing to show."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Runs in check mode and tells what it would change, without asking the object storages.
    support: full
  diff_mode:
    description: There is nothing to show of a secret.
    support: none
  idempotent:
    description: The second run changes nothing.
    support: full
"""
