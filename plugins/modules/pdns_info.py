#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pdns_info
short_description: Read what a PowerDNS server has
version_added: 0.2.0
author: metal-stack authors (@metal-stack)
description:
  - Reads the server's version and backends, its zones, keys and autoprimaries. Secrets are left out.
extends_documentation_fragment:
  - metalstack.autonomous.pdns_api
options:
  gather:
    description: What to read.
    type: list
    elements: str
    choices: [server, zones, tsigkeys, autoprimaries, statistics]
    default: [server, zones]
  zone:
    description: One zone to read with its settings, metadata, records and public keys.
    type: str
"""

EXAMPLES = r"""
- name: Compare the serials
  metalstack.autonomous.pdns_info:
    api_key_file: /etc/powerdns/api.key
  register: dns
"""

RETURN = r"""
server:
  description: C(version) and C(backends).
  type: dict
  returned: when gathered
zones:
  description: Zones with C(name), C(kind), C(serial), C(notified_serial), C(catalog), C(masters), C(account) and
    C(dnssec).
  type: list
  elements: dict
  returned: when gathered
tsigkeys:
  description: Keys with C(id) and C(algorithm).
  type: list
  elements: dict
  returned: when gathered
autoprimaries:
  description: Servers with C(ip), C(nameserver) and C(account); empty where the backend has none.
  type: list
  elements: dict
  returned: when gathered
statistics:
  description: Counters by name.
  type: dict
  returned: when gathered
zone:
  description: The zone with C(settings), C(metadata), C(rrsets) and C(cryptokeys); empty if there is none of that name.
  type: dict
  returned: when O(zone) is given
"""

from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import information, module

OPTIONS = {
    "gather": {
        "type": "list",
        "elements": "str",
        "choices": list(information.READERS),
        "default": ["server", "zones"],
    },
    "zone": {"type": "str"},
}


def act(ansible, client):
    return information.read(client, ansible.params["gather"], ansible.params["zone"])


def main():
    module.run(module.make(OPTIONS), act)


if __name__ == "__main__":
    main()
