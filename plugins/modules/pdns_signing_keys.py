#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pdns_signing_keys
short_description: Read the private keys of signed zones from the database of a PowerDNS server
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Reads what a server signs zones with from its SQLite database, for the server that takes its place
    (O(metalstack.autonomous.pdns_catalog#module:signing_keys)). The server may run, or be stopped, or the database be
    one out of a backup set.
  - Those are the keys and, of the metadata, what has to do with signatures and is not transferred (NSEC3PARAM,
    NSEC3NARROW, PUBLISH-CDNSKEY, PUBLISH-CDS, SIGNALING-ZONE, SOA-EDIT).
  - B(It returns private keys.) Run it with C(no_log), which does not keep the result from being registered.
  - It changes nothing.
options:
  database:
    description: The database.
    type: path
    default: /var/lib/powerdns/pdns.sqlite3
  zones:
    description: Zones to look at; all if empty.
    type: list
    elements: str
    default: []
  catalog:
    description: Only zones of this catalog zone are looked at.
    type: str
attributes:
  check_mode:
    description: Does the same in check mode, since it changes nothing.
    support: full
  diff_mode:
    description: There is nothing to show.
    support: N/A
  idempotent:
    description: It changes nothing.
    support: full
"""

EXAMPLES = r"""
- name: Read the keys of the server that is to be relieved
  metalstack.autonomous.pdns_signing_keys:
  delegate_to: ns1
  register: read
  no_log: true

- name: Become the primary in its place
  metalstack.autonomous.pdns_catalog:
    api_key_file: /etc/powerdns/api.key
    zone: catalog.invalid
    role: producer
    promote: true
    signing_keys: "{{ read.signing_keys }}"
"""

RETURN = r"""
signing_keys:
  description: The private keys and metadata of all zones that have keys in this database, as one text (JSON in base64).
  type: str
  returned: success
zones:
  description: Names of those zones.
  type: list
  elements: str
  returned: success
presigned:
  description: Names of the zones that this server serves as another one has signed them, whose keys are not here.
  type: list
  elements: str
  returned: success
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import names, signing_database, signing_keys


def read(parameters):
    zones = [names.zone_name(zone) for zone in parameters["zones"]]
    catalog = names.zone_name(parameters["catalog"]) if parameters["catalog"] else None
    found, presigned = signing_database.read(Path(parameters["database"]), zones, catalog)
    return {"signing_keys": signing_keys.render(found), "zones": sorted(found), "presigned": presigned}


def main():
    module = AnsibleModule(
        argument_spec={
            "database": {"type": "path", "default": "/var/lib/powerdns/pdns.sqlite3"},
            "zones": {"type": "list", "elements": "str", "default": []},
            "catalog": {"type": "str"},
        },
        supports_check_mode=True,
    )
    try:
        module.exit_json(changed=False, **read(module.params))
    except ValueError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
