# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: escrow_confirmed
short_description: Whether the copies of secrets that are kept elsewhere are theirs
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Compares secrets with the fingerprints of the copies that the operator keeps away from the site.
  - Gives nothing away of a secret.
positional: _input
options:
  _input:
    description: Secrets by their names; those that are empty are left out.
    type: dict
    required: true
  fingerprints:
    description: Fingerprints of the copies by the names of their secrets, as C(site_escrow_fingerprints) has them.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Tell which secrets are safe
  ansible.builtin.debug:
    msg: "{{ {'site_k3s_token': site_k3s_token}
      | metalstack.autonomous.escrow_confirmed(fingerprints=site_escrow_fingerprints) }}"
"""

RETURN = r"""
_value:
  description: Whether there is a copy of that very secret, by its name.
  type: dict
"""

import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._site.secrets import fingerprint


def escrow_confirmed(
    secrets: t.Mapping[str, t.Any], fingerprints: t.Mapping[str, str] | None = None
) -> dict[str, bool]:
    """Compare each secret with the fingerprint of its copy."""
    kept = fingerprints or {}
    return {name: kept.get(name) == fingerprint(str(secret)) for name, secret in secrets.items() if secret}


class FilterModule:
    """One filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"escrow_confirmed": escrow_confirmed}
