# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ntp_sources
short_description: Sources of time in the form that the role chrony takes
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Gives each source, an address or a dictionary, as a dictionary with C(address).
positional: _input
options:
  _input:
    description: Addresses or names, or dictionaries with C(address), C(type) and C(options).
    type: list
    elements: raw
    required: true
  options:
    description: Options of chrony.conf(5) for sources that have none of their own.
    type: list
    elements: str
    default: [iburst]
"""

EXAMPLES = r"""
- name: Compose the sources
  ansible.builtin.debug:
    msg: "{{ ['198.51.100.2', {'address': 'time.example.org', 'options': ['iburst', 'nts']}]
      | metalstack.autonomous.ntp_sources }}"
"""

RETURN = r"""
_value:
  description: The sources.
  type: list
  elements: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError


def ntp_sources(sources: t.Sequence[t.Any], options: t.Sequence[str] = ("iburst",)) -> list[dict[str, t.Any]]:
    """Give each source as a dictionary."""
    found = [dict(one) if isinstance(one, t.Mapping) else {"address": str(one)} for one in sources]
    if nameless := [one for one in found if not one.get("address")]:
        raise AnsibleFilterError(f"ntp_sources: expected an address in each source, found {nameless[0]!r}")
    return [{"options": list(options), **one} for one in found]


class FilterModule:
    """One filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"ntp_sources": ntp_sources}
