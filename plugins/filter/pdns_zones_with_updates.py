# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: pdns_zones_with_updates
short_description: Zones with the metadata that lets keys update them
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Adds the metadata for DNS UPDATE (RFC 2136) to zones in the form of M(metalstack.autonomous.pdns_zone).
  - A zone without a key takes no updates. Metadata that a zone has itself wins.
positional: _input, keys
options:
  _input:
    description: Zones, each with the options of the module.
    type: list
    elements: dict
    required: true
  keys:
    description: Keys by name, with C(zones) and C(sources), the networks from which an update may come.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Let cert-manager write challenges
  ansible.builtin.debug:
    msg: "{{ [{'zone': 'example.org'}] | metalstack.autonomous.pdns_zones_with_updates(
      {'cert-manager': {'zones': ['example.org'], 'sources': ['198.18.0.0/16']}}) }}"
"""

RETURN = r"""
_value:
  description: The zones with their metadata.
  type: list
  elements: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.updates import Keys, Zone, with_updates


def pdns_zones_with_updates(zones: list[Zone], keys: Keys) -> list[Zone]:
    """Add who may update each zone."""
    try:
        return with_updates(zones, keys)
    except (ValueError, KeyError) as error:
        raise AnsibleFilterError(f"pdns_zones_with_updates: {error}") from error


class FilterModule:
    """One filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"pdns_zones_with_updates": pdns_zones_with_updates}
