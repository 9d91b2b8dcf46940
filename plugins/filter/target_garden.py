# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: target_garden
short_description: What the garden of the second stage has that no other stage may have
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Gathers domains, buckets and networks of a garden and of its seeds, as C(target_shoot_second) of the role
    C(target_shoot) takes them.
positional: _input
options:
  _input:
    description: Options of the role C(gardener) without C(gardener_) before their names; and C(domains), C(buckets) and
      C(networks) that it has besides.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what is the garden's own
  ansible.builtin.debug:
    msg: "{{ {'virtual_domains': ['garden.prod.example.org'], 'backup': {'bucket': 'garden-prod'}}
      | metalstack.autonomous.target_garden }}"
"""

RETURN = r"""
_value:
  description: Its C(domains), its C(buckets), each with C(endpoint) and C(bucket), and its C(networks) by name.
  type: dict
"""

import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._target import garden


class FilterModule:
    """One filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"target_garden": garden.had}
