# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  path:
    description: File of the certificate. Its private key is kept beside it with C(.key) appended.
    type: path
    required: true
  owner:
    description: User who may read the key besides root; root alone if empty.
    type: str
    default: ''
  certificate:
    description: Used by the action plugin.
    type: str
  key:
    description: Used by the action plugin.
    type: str
attributes:
  check_mode:
    description: Can run in check mode and tells whether it would issue a certificate.
    support: full
  diff_mode:
    description: Says why a certificate is replaced; its text is not shown.
    support: full
  idempotent:
    description: The second run changes nothing.
    support: full
"""
