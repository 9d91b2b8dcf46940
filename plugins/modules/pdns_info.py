#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pdns_info
short_description: Read what a PowerDNS server has
version_added: 0.1.0
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
  database:
    description: The server's SQLite database on this host, which tells what each zone holds without asking for all of
      it by the API.
    type: path
  ask_at:
    description: Address of the server, with a port after a colon if it is not 53, at which it is asked by DNS for the
      zones of O(ask_for), as clients ask. Needs dnspython.
    type: str
  ask_for:
    description: Zones that are asked for at O(ask_at); those that the server does not have are left out.
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Compare the serials
  metalstack.autonomous.pdns_info:
    api_key_file: /etc/powerdns/api.key
  register: dns

- name: See whether names are answered
  metalstack.autonomous.pdns_info:
    api_key_file: /etc/powerdns/api.key
    gather: [server]
    ask_at: 198.51.100.11
    ask_for: [example.com]
  register: dns
  until: dns is success and dns.served['example.com.'] is not none
"""

RETURN = r"""
server:
  description: C(version) and C(backends).
  type: dict
  returned: when gathered
zones:
  description:
    - Zones with C(name), C(kind), C(serial), C(notified_serial), C(catalog), C(masters), C(account) and C(dnssec).
    - With O(database) each has C(contents) too, the C(serial), the number of C(records) beside its SOA, C(bare) if they
      are NS and no others, and a C(hash) of them, which is the same on every server that has the same
      records; SOA and signatures are left out.
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
served:
  description: The serial that each zone was answered with, by its name with a final dot; null without an answer,
    after which no other is asked for.
  type: dict
  returned: when O(ask_for) is given
"""

from pathlib import Path

from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import information, module
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.database import BadDatabase

OPTIONS = {
    "gather": {
        "type": "list",
        "elements": "str",
        "choices": list(information.READERS),
        "default": ["server", "zones"],
    },
    "zone": {"type": "str"},
    "database": {"type": "path"},
    "ask_at": {"type": "str"},
    "ask_for": {"type": "list", "elements": "str"},
}


def act(ansible, client):
    given = ansible.params
    try:
        facts = information.read(client, given["gather"], given["zone"], given["database"] and Path(given["database"]))
    except BadDatabase as error:
        ansible.fail_json(msg=str(error))
    if given["ask_at"]:
        facts["served"] = information.served(client, given["ask_at"], given["ask_for"])
    return facts


def main():
    module.run(module.make(OPTIONS, required_together=[("ask_at", "ask_for")]), act)


if __name__ == "__main__":
    main()
