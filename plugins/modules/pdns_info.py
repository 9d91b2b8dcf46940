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
}


def act(ansible, client):
    database = ansible.params["database"]
    try:
        return information.read(client, ansible.params["gather"], ansible.params["zone"], database and Path(database))
    except BadDatabase as error:
        ansible.fail_json(msg=str(error))


def main():
    module.run(module.make(OPTIONS), act)


if __name__ == "__main__":
    main()
