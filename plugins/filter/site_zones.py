# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: site_zones
short_description: Zones of a site with the names of its hosts and services
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Composes the zones that every site has, as options of M(metalstack.autonomous.pdns_zone), and adds the site's own.
options:
  _input:
    description:
      - C(domain) is the domain of the site, C(domains) the names of its zones that are not the default ones.
      - C(hosts) are addresses by the name of the host, C(services) lists of addresses by the name of the service.
      - C(name_servers) are hosts that serve the zones, C(records) more sets of the initial zone, C(zones) more zones.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Compose the zones
  ansible.builtin.debug:
    msg: "{{ site | metalstack.autonomous.site_zones }}"
  vars:
    site:
      domain: example.org
      domains: {}
      hosts: {server1: 198.51.100.11}
      services: {api.example.org: [198.51.100.10]}
      name_servers: [server1]
      records: []
      zones: []
"""

RETURN = r"""
_value:
  description: The zones.
  type: list
  elements: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.metalstack.autonomous.plugins.module_utils._site.zone_contents import compose


def site_zones(site: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    """Compose the zones of a site."""
    try:
        return compose(site)
    except (ValueError, KeyError) as error:
        raise AnsibleFilterError(f"site_zones: {error}") from error


class FilterModule:
    """One filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"site_zones": site_zones}
