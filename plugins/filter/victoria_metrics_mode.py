# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: victoria_metrics_mode
short_description: Whether the stores of a site have everything each, or together
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Tells what C(auto) is for the hosts of a site, so that what depends on it can be told too.
  - Serves the role P(metalstack.autonomous.victoria_metrics#role).
options:
  _input:
    description: The mode that is wanted, C(auto), C(replicated) or C(cluster).
    type: str
    required: true
  servers:
    description: Every host with a store, by name.
    type: dict
    required: true
  locations:
    description: Where they are, by name.
    type: dict
    default: {}
  artifacts:
    description: Their programs as P(metalstack.autonomous.artifact#lookup) has them, by name.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Tell
  ansible.builtin.debug:
    msg: "{{ 'auto' | metalstack.autonomous.victoria_metrics_mode(servers={'server1': '198.51.100.11'}) }}"
"""

RETURN = r"""
_value:
  description: C(replicated) or C(cluster); what is wanted, if that is not C(auto).
  type: str
"""

import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._monitoring import mode

Artifacts = t.Mapping[str, t.Mapping[str, t.Any]]


def victoria_metrics_mode(
    wanted: str,
    servers: t.Mapping[str, str],
    locations: t.Mapping[str, str] | None = None,
    artifacts: Artifacts | None = None,
) -> str:
    given = mode.pinned(artifacts or {})
    return mode.decided({"mode": wanted, "servers": servers.keys(), "locations": locations or {}, "given": given})


class FilterModule:
    def filters(self) -> dict:
        return {"victoria_metrics_mode": victoria_metrics_mode}
