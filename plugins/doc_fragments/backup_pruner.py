# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules have in common that use the account which may remove backups."""

from __future__ import annotations


class ModuleDocFragment:
    """Its keys, how long backups stay, and what the host has to have."""

    DOCUMENTATION = r"""
options:
  access_key:
    description: Access key of an account that may list and remove versions.
    type: str
    required: true
  secret_key:
    description: Its secret.
    type: str
    required: true
  set_components:
    description: Components that make a set complete; those that the role was given, unless set.
    type: list
    elements: str
    default: []
  all_days:
    description: Days for which every set stays, 7 or more.
    type: int
    default: 7
  daily_days:
    description: Days for which one set of each day (UTC) stays, 30 or more. It is the newest, a verified one first.
    type: int
    default: 30
  verified:
    description: How many of the last sets of each lineage that are complete and verified stay, 3 or more. As many stay
      with each component that makes no set complete.
    type: int
    default: 3
  hidden_days:
    description: Days for which what was deleted or overwritten can still be had, 14 or more. It must not be less than
      the time for which the bucket locks objects.
    type: int
    default: 14
requirements:
  - The role P(metalstack.autonomous.backup#role) has prepared the host.
  - boto3 and restic on the host
"""
