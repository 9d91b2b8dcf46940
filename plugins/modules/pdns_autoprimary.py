#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pdns_autoprimary
short_description: Manage a server from which PowerDNS takes new zones by itself
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Registers an autoprimary. A catalog zone is the better way, for it removes zones too; this is for primaries that
    have none.
  - The LMDB backend has no autoprimaries.
extends_documentation_fragment:
  - metalstack.autonomous.pdns_api
options:
  ip:
    description: Address from which notifications come.
    type: str
    required: true
  nameserver:
    description: Name of the server in the NS records of its zones.
    type: str
    required: true
  account:
    description: Account of the zones that it brings.
    type: str
    default: ""
  state:
    description: Whether the server shall be registered.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: Take new zones from the partition's primary
  metalstack.autonomous.pdns_autoprimary:
    api_key_file: /etc/powerdns/api.key
    ip: 192.0.2.53
    nameserver: ns1.example.org
"""

RETURN = r""" # """

import ipaddress

from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import module, names
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.server import Server

OPTIONS = {
    "ip": {"type": "str", "required": True},
    "nameserver": {"type": "str", "required": True},
    "account": {"type": "str", "default": ""},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def registered(client, wanted):
    name = wanted["nameserver"]
    listed = client.get("/autoprimaries")
    return next(
        (one for one in listed if (one["ip"], names.zone_name(one["nameserver"])) == (wanted["ip"], name)), None
    )


def act(ansible, client):
    Server(client).require_autoprimaries()
    wanted = {
        "ip": str(ipaddress.ip_address(ansible.params["ip"])),
        "nameserver": names.zone_name(ansible.params["nameserver"]),
        "account": ansible.params["account"],
    }
    found = registered(client, wanted)
    after = wanted if ansible.params["state"] == "present" else None
    before = {**wanted, "account": found.get("account", "")} if found else None
    if before != after and not ansible.check_mode:
        if found:
            client.request("DELETE", f"/autoprimaries/{found['ip']}/{found['nameserver']}")
        if after:
            # The server compares the name without its final dot with those of NS records.
            client.request("POST", "/autoprimaries", {**after, "nameserver": after["nameserver"].rstrip(".")})
    return {"changed": before != after, "diff": {"before": before or {}, "after": after or {}}}


def main():
    module.run(module.make(OPTIONS), act)


if __name__ == "__main__":
    main()
