#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pdns_rrset
short_description: Manage one set of records of a PowerDNS zone
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Brings the records of one name and type to what is given, or adds and removes single ones.
  - For many sets M(metalstack.autonomous.pdns_zone) does all in one task.
extends_documentation_fragment:
  - metalstack.autonomous.pdns_api
options:
  zone:
    description: Name of the zone, which has to be there.
    type: str
    required: true
  name:
    description: Owner, relative to the zone or absolute; V(@) is the zone itself.
    type: str
    default: "@"
  type:
    description: Type of the records.
    type: str
    required: true
  ttl:
    description: Seconds, or a form such as V(1h). A set that is there keeps its own if not given, a new one has an
      hour.
    type: str
  records:
    description: Data of each record, as in M(metalstack.autonomous.pdns_zone). Required unless the set
      goes.
    type: list
    elements: str
    default: []
  state:
    description:
      - V(present) makes the set hold these records and no others; V(absent) removes it.
      - V(added) and V(removed) touch only the given records, in one step of the server where it can (4.9.12, 5.0.2).
    type: str
    choices: [present, absent, added, removed]
    default: present
  notify:
    description: Whether secondaries are told of a change at once.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: One more address
  metalstack.autonomous.pdns_rrset:
    api_key_file: /etc/powerdns/api.key
    zone: example.org
    name: www
    type: A
    records: [192.0.2.7]
    state: added
"""

RETURN = r"""
records:
  description: Data of the set's records as the server has them, or would have them.
  type: list
  elements: str
  returned: success
serial:
  description: Serial of the zone; that before the change in check mode.
  type: int
  returned: success
"""

from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import module, names, single
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.zone import Zone

OPTIONS = {
    "zone": {"type": "str", "required": True},
    "name": {"type": "str", "default": "@"},
    "type": {"type": "str", "required": True},
    "ttl": {"type": "str"},
    "records": {"type": "list", "elements": "str", "default": []},
    "state": {"type": "str", "choices": ["present", "absent", "added", "removed"], "default": "present"},
    "notify": {"type": "bool", "default": True},
}


def act(ansible, client):
    zone = Zone(client, names.zone_name(ansible.params["zone"]))
    return single.converge(zone, ansible.params, ansible.check_mode)


def main():
    needs_records = [("state", state, ["records"]) for state in ("present", "added", "removed")]
    module.run(module.make(OPTIONS, required_if=needs_records), act)


if __name__ == "__main__":
    main()
